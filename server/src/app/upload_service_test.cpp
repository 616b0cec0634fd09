#include "app/upload_service.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "storage/test_support.hpp"

namespace zimu::app {
namespace {

namespace fs = std::filesystem;
using storage::testing::must;
using storage::testing::TempDir;

constexpr std::uint64_t kMost = 1U << 20U;

std::span<const std::byte> bytes_of(std::string_view text) { return std::as_bytes(std::span(text.data(), text.size())); }

class Uploads : public ::testing::Test {
 protected:
  Uploads() { open(); }
  void open(std::chrono::seconds leftover_age = UploadService::kLeftoverAge) {
    uploads_.reset();
    media_.reset();
    store_.reset();
    store_ = storage::testing::open_store(dir_.path());
    media_ = std::make_unique<MediaService>(*store_, bus_, dir_.path() / "uploads");
    uploads_ = std::make_unique<UploadService>(*store_, *media_, kMost, leftover_age);
  }
  std::string create(std::optional<std::uint64_t> size, const std::string& name = "a.wav") {
    return must(uploads_->create({size, name, "audio/wav", "filename YS53YXY="})).upload.id;
  }
  Result<> append(const std::string& id, std::uint64_t offset, std::string_view text) {
    ZIMU_TRY(const auto writer, uploads_->open(id, offset));
    ZIMU_TRY_VOID(writer->append(bytes_of(text)));
    ZIMU_TRY(const auto media, writer->close());
    static_cast<void>(media);
    return {};
  }
  fs::path incoming() const { return dir_.path() / "uploads" / "incoming"; }
  fs::path part(const std::string& id) const { return incoming() / (id + ".part"); }
  std::size_t recordings() const { return must(media_->list({})).items.size(); }
  std::string content(const std::string& media_id) const {
    return must(read_file(media_->content_path(must(media_->get(media_id)))));
  }
  void expire(const std::string& id) const {
    auto upload = must(store_->upload(id));
    upload.expires_at = now_utc() - std::chrono::hours(1);
    ASSERT_TRUE(store_->update_upload(upload));
  }

  TempDir dir_;
  std::unique_ptr<storage::SqliteStore> store_;
  EventBus bus_;
  std::unique_ptr<MediaService> media_;
  std::unique_ptr<UploadService> uploads_;
};

TEST_F(Uploads, AreCreatedWithinTheirLimits) {
  const auto created = must(uploads_->create({kMost, "C:\\会议.MP4", " video/mp4\n", "filename x"}));
  EXPECT_EQ(created.offset, 0U);
  EXPECT_EQ(created.upload.file_name, "会议.MP4");
  EXPECT_EQ(created.upload.content_type, "video/mp4");
  EXPECT_EQ(created.upload.metadata, "filename x");
  EXPECT_EQ(created.upload.expires_at - created.upload.created_at, UploadService::kLifetime);
  EXPECT_TRUE(fs::exists(part(created.upload.id)));
  EXPECT_EQ(must(uploads_->status(created.upload.id)).upload.size, kMost);

  EXPECT_EQ(uploads_->create({kMost + 1, "a", "", ""}).error().code, ErrorCode::kTooLarge);
  EXPECT_EQ(uploads_->create({1, "a", "", std::string(UploadService::kMaxMetadataBytes + 1, 'x')}).error().code,
            ErrorCode::kTooLarge);
  EXPECT_TRUE(uploads_->create({1, "a", "", std::string(UploadService::kMaxMetadataBytes, 'x')}));
  // The largest that a number can say, with a service that allows it: the disk does not.
  UploadService boundless(*store_, *media_, UINT64_MAX);
  EXPECT_EQ(boundless.create({UINT64_MAX, "a", "", ""}).error().code, ErrorCode::kNoSpace);
  EXPECT_EQ(uploads_->status(new_uuid()).error().code, ErrorCode::kNotFound);
  EXPECT_EQ(uploads_->status("../../etc/passwd").error().code, ErrorCode::kInvalidArgument);
}

TEST_F(Uploads, BecomeARecordingWithTheLastByte) {
  const std::string id = create(10);
  ASSERT_TRUE(append(id, 0, "hello"));
  EXPECT_EQ(must(uploads_->status(id)).offset, 5U);
  EXPECT_EQ(recordings(), 0U);
  auto writer = must(uploads_->open(id, 5));
  ASSERT_TRUE(writer->append(bytes_of("world")));
  const auto media = must(writer->close());
  ASSERT_TRUE(media);
  writer.reset();
  EXPECT_EQ(media->file_name, "a.wav");
  EXPECT_EQ(media->size_bytes, 10U);
  EXPECT_EQ(media->source, "upload");
  EXPECT_EQ(content(media->id), "helloworld");
  EXPECT_FALSE(fs::exists(part(id)));

  const auto status = must(uploads_->status(id));
  EXPECT_EQ(status.offset, 10U);
  EXPECT_EQ(status.upload.media_id, media->id);
  const auto more = uploads_->open(id, 10);
  EXPECT_EQ(more.error().code, ErrorCode::kConflict);
  EXPECT_NE(more.error().message.find(media->id), std::string::npos);
  EXPECT_EQ(recordings(), 1U);
}

TEST_F(Uploads, AWrongOffsetIsAConflictAndChangesNothing) {
  const std::string id = create(10);
  ASSERT_TRUE(append(id, 0, "hello"));
  for (const std::uint64_t wrong : {std::uint64_t{0}, std::uint64_t{4}, std::uint64_t{6}, std::uint64_t{10}, UINT64_MAX}) {
    EXPECT_EQ(uploads_->open(id, wrong).error().code, ErrorCode::kConflict) << wrong;
  }
  EXPECT_EQ(must(uploads_->status(id)).offset, 5U);
  EXPECT_TRUE(append(id, 5, "world")) << "and it is not locked";
}

TEST_F(Uploads, ASecondWriterHasToWait) {
  const std::string id = create(10);
  auto first = must(uploads_->open(id, 0));
  ASSERT_TRUE(first->append(bytes_of("hel")));
  EXPECT_EQ(uploads_->open(id, 0).error().code, ErrorCode::kUnavailable);
  EXPECT_EQ(uploads_->open(id, 3).error().code, ErrorCode::kUnavailable);
  EXPECT_EQ(uploads_->terminate(id).error().code, ErrorCode::kUnavailable);
  EXPECT_EQ(must(uploads_->status(id)).offset, 3U) << "asking is always allowed";
  const std::string other = create(1);
  EXPECT_TRUE(append(other, 0, "x")) << "another upload is not in the way";
  first.reset();  // a cut connection
  EXPECT_EQ(must(uploads_->status(id)).offset, 3U) << "what came in stays";
  EXPECT_TRUE(append(id, 3, "loworld"));
}

TEST_F(Uploads, GoOnAfterARestart) {
  const std::string id = create(10);
  ASSERT_TRUE(append(id, 0, "hello"));
  open();
  EXPECT_EQ(must(uploads_->status(id)).offset, 5U);
  ASSERT_TRUE(append(id, 5, "world"));
  EXPECT_EQ(content(must(uploads_->status(id)).upload.media_id), "helloworld");
}

TEST_F(Uploads, MoreThanWasDeclaredIsRefusedAndNotWritten) {
  const std::string id = create(5);
  {
    auto writer = must(uploads_->open(id, 0));
    ASSERT_TRUE(writer->append(bytes_of("hel")));
    EXPECT_EQ(writer->append(bytes_of("lo!")).error().code, ErrorCode::kTooLarge);
    EXPECT_EQ(writer->offset(), 3U);
    EXPECT_TRUE(writer->append(bytes_of("lo")));
    EXPECT_TRUE(must(writer->close()));
  }
  const std::string unknown = create(std::nullopt);
  auto writer = must(uploads_->open(unknown, 0));
  ASSERT_TRUE(writer->append(bytes_of(std::string(kMost, 'x'))));
  EXPECT_EQ(writer->append(bytes_of("x")).error().code, ErrorCode::kTooLarge);
}

TEST_F(Uploads, AChecksumMismatchRollsBackToWhereTheRequestBegan) {
  const std::string id = create(10);
  ASSERT_TRUE(append(id, 0, "hello"));
  {
    auto writer = must(uploads_->open(id, 5));
    ASSERT_TRUE(writer->append(bytes_of("wrong")));
    ASSERT_TRUE(writer->roll_back());
    EXPECT_EQ(writer->offset(), 5U);
  }
  EXPECT_EQ(fs::file_size(part(id)), 5U);
  EXPECT_EQ(must(uploads_->status(id)).offset, 5U);
  EXPECT_EQ(recordings(), 0U);
  ASSERT_TRUE(append(id, 5, "world"));
  EXPECT_EQ(content(must(uploads_->status(id)).upload.media_id), "helloworld");
}

TEST_F(Uploads, TheLengthMayComeLater) {
  const std::string id = create(std::nullopt);
  ASSERT_TRUE(append(id, 0, "hello"));
  EXPECT_EQ(must(uploads_->status(id)).upload.size, std::nullopt);
  EXPECT_EQ(uploads_->set_size(id, 4).error().code, ErrorCode::kConflict);
  EXPECT_EQ(uploads_->set_size(id, kMost + 1).error().code, ErrorCode::kTooLarge);
  ASSERT_TRUE(uploads_->set_size(id, 10));
  EXPECT_TRUE(uploads_->set_size(id, 10));
  EXPECT_EQ(uploads_->set_size(id, 11).error().code, ErrorCode::kConflict);
  ASSERT_TRUE(append(id, 5, "world"));
  EXPECT_EQ(recordings(), 1U);
}

TEST_F(Uploads, AnEmptyFileIsARecordingAtOnce) {
  const auto created = must(uploads_->create({0, "empty.wav", "", ""}));
  EXPECT_NE(created.upload.media_id, "");
  EXPECT_EQ(content(created.upload.media_id), "");
}

// ── a crash at each point between the last byte and the end ────────────────

TEST_F(Uploads, ACrashAfterTheLastByteIsMadeGoodByAsking) {
  const std::string id = create(5);
  ASSERT_TRUE(write_file_atomic(part(id), "hello"));
  open();
  const auto status = must(uploads_->status(id));
  EXPECT_EQ(status.offset, 5U);
  EXPECT_EQ(content(status.upload.media_id), "hello");
  EXPECT_EQ(must(uploads_->status(id)).upload.media_id, status.upload.media_id);
  EXPECT_EQ(recordings(), 1U);
}

TEST_F(Uploads, ACrashAfterTheLastByteIsMadeGoodByAnEmptyPatch) {
  const std::string id = create(5);
  ASSERT_TRUE(write_file_atomic(part(id), "hello"));
  open();
  auto writer = must(uploads_->open(id, 5));
  const auto media = must(writer->close());
  ASSERT_TRUE(media);
  EXPECT_EQ(content(media->id), "hello");
  EXPECT_EQ(recordings(), 1U);
}

TEST_F(Uploads, ACrashBetweenRenameAndRowIsMadeGood) {
  const std::string id = create(5);
  ASSERT_TRUE(write_file_atomic(part(id), "hello"));
  // As MediaService names it.
  const fs::path target = dir_.path() / "uploads" / id / "original.wav";
  fs::create_directories(target.parent_path());
  fs::rename(part(id), target);
  open();
  const auto status = must(uploads_->status(id));
  EXPECT_EQ(status.offset, 5U);
  EXPECT_EQ(content(status.upload.media_id), "hello");
  EXPECT_EQ(must(uploads_->status(id)).offset, 5U);
  EXPECT_EQ(recordings(), 1U);
  EXPECT_TRUE(must(media_->check_files()).unknown_folders.empty());
}

TEST_F(Uploads, ACrashBetweenTheTwoRowsIsMadeGood) {
  const std::string id = create(5);
  ASSERT_TRUE(write_file_atomic(part(id), "hello"));
  const auto media = must(media_->adopt_as(id, part(id), "a.wav", "upload"));
  ASSERT_EQ(must(store_->upload(id)).media_id, "");
  open();
  EXPECT_EQ(must(uploads_->status(id)).upload.media_id, media.id);
  EXPECT_EQ(recordings(), 1U);
}

TEST_F(Uploads, BytesThatAreGoneAreNotFound) {
  const std::string id = create(5);
  fs::remove(part(id));
  EXPECT_EQ(uploads_->status(id).error().code, ErrorCode::kNotFound);
  EXPECT_EQ(uploads_->open(id, 0).error().code, ErrorCode::kNotFound);
  EXPECT_EQ(recordings(), 0U);
  EXPECT_TRUE(uploads_->terminate(id));
}

TEST_F(Uploads, ALinkInPlaceOfTheBytesIsNotFollowed) {
  const std::string id = create(6);
  const fs::path secret = dir_.path() / "secret";
  ASSERT_TRUE(write_file_atomic(secret, "secret"));
  fs::remove(part(id));
  fs::create_symlink(secret, part(id));
  EXPECT_FALSE(uploads_->status(id));
  EXPECT_FALSE(uploads_->open(id, 6));
  EXPECT_FALSE(uploads_->open(id, 0));
  EXPECT_EQ(must(read_file(secret)), "secret");
  EXPECT_EQ(recordings(), 0U);
}

// ── ends without a recording ───────────────────────────────────────────────

TEST_F(Uploads, TerminateForgetsTheUploadButNotItsRecording) {
  const std::string id = create(5);
  ASSERT_TRUE(append(id, 0, "he"));
  ASSERT_TRUE(uploads_->terminate(id));
  EXPECT_FALSE(fs::exists(part(id)));
  EXPECT_EQ(uploads_->status(id).error().code, ErrorCode::kNotFound);
  EXPECT_EQ(uploads_->terminate(id).error().code, ErrorCode::kNotFound);

  const std::string finished = create(1);
  ASSERT_TRUE(append(finished, 0, "x"));
  ASSERT_TRUE(uploads_->terminate(finished));
  EXPECT_EQ(recordings(), 1U);
}

TEST_F(Uploads, SweepTakesTheExpiredAndNoOther) {
  const std::string live = create(5);
  const std::string expired = create(5);
  const std::string busy = create(5);
  const std::string finished = create(1);
  ASSERT_TRUE(append(finished, 0, "x"));
  auto writer = must(uploads_->open(busy, 0));
  for (const std::string& id : {expired, busy, finished}) expire(id);
  EXPECT_EQ(uploads_->status(expired).error().code, ErrorCode::kNotFound);
  EXPECT_EQ(uploads_->open(expired, 0).error().code, ErrorCode::kNotFound);
  EXPECT_EQ(uploads_->set_size(expired, 5).error().code, ErrorCode::kNotFound);

  EXPECT_EQ(must(uploads_->sweep()), 2);
  EXPECT_FALSE(fs::exists(part(expired)));
  EXPECT_FALSE(store_->upload(expired));
  EXPECT_TRUE(fs::exists(part(live)));
  EXPECT_TRUE(uploads_->status(live));
  EXPECT_TRUE(fs::exists(part(busy))) << "somebody is writing it";
  EXPECT_TRUE(writer->append(bytes_of("hello")));
  EXPECT_EQ(recordings(), 1U) << "what became a recording stays one";
  writer.reset();
  EXPECT_EQ(must(uploads_->sweep()), 1);
}

TEST_F(Uploads, SweepTakesOldLeftoversAndNothingElse) {
  const std::string live = create(5);
  const auto kept = must(media_->adopt([&] {
    const auto path = media_->new_staging_path();
    EXPECT_TRUE(write_file_atomic(path, "x"));
    return path;
  }(), "a.wav", "upload"));
  fs::rename(dir_.path() / "uploads" / kept.id, incoming() / ("removed-" + kept.id));
  const std::string uuid = new_uuid();
  const std::vector<std::string> leftovers{uuid + ".part", uuid + ".stage"};
  const std::vector<std::string> others{"notes.txt", "x.part", uuid + ".txt", uuid + ".part.bak", "." + uuid + ".part", uuid};
  for (const auto& name : others) ASSERT_TRUE(write_file_atomic(incoming() / name, "x"));
  for (const auto& name : leftovers) ASSERT_TRUE(write_file_atomic(incoming() / name, "x"));
  fs::create_directories(incoming() / ("removed-" + uuid) / "inside");
  fs::create_directories(incoming() / "removed-by-hand");
  fs::create_directories(incoming() / (new_uuid() + ".part"));
  fs::create_symlink("/etc/passwd", incoming() / (new_uuid() + ".stage"));
  const auto there = [&] { return std::distance(fs::directory_iterator(incoming()), fs::directory_iterator()); };
  const auto before = there();

  EXPECT_EQ(must(uploads_->sweep()), 0) << "they are young: somebody may be making them";
  EXPECT_EQ(there(), before);
  open(std::chrono::seconds(-10));  // whatever is there counts as old
  EXPECT_EQ(must(uploads_->sweep()), 3);
  EXPECT_EQ(there(), before - 3);
  for (const auto& name : others) EXPECT_TRUE(fs::exists(incoming() / name)) << name;
  EXPECT_TRUE(fs::exists(part(live)));
  EXPECT_TRUE(fs::exists(incoming() / ("removed-" + kept.id))) << "its row is there: it is put back at the start";
  EXPECT_TRUE(fs::exists(incoming() / "removed-by-hand"));
}

// ── files of one request ───────────────────────────────────────────────────

TEST_F(Uploads, AStagedFileGoesUnlessItIsAdopted) {
  const auto count = [&] { return std::distance(fs::directory_iterator(incoming()), fs::directory_iterator()); };
  {
    auto staged = must(uploads_->stage());
    ASSERT_TRUE(staged->append(bytes_of("hello")));
    EXPECT_EQ(staged->size(), 5U);
    EXPECT_EQ(count(), 1);
  }
  EXPECT_EQ(count(), 0);
  {
    auto staged = must(uploads_->stage());
    ASSERT_TRUE(staged->append(bytes_of("hello")));
    const auto media = must(staged->adopt(*media_, "b.mp3", "openai"));
    EXPECT_EQ(media.source, "openai");
    staged.reset();
    EXPECT_EQ(content(media.id), "hello");
  }
  EXPECT_EQ(count(), 0);
  auto staged = must(uploads_->stage());
  ASSERT_TRUE(staged->append(bytes_of(std::string(kMost, 'x'))));
  EXPECT_EQ(staged->append(bytes_of("x")).error().code, ErrorCode::kTooLarge);
}

TEST_F(Uploads, AStagedFileUnderAnIdThatIsTakenGivesTheOtherRecording) {
  const std::string id = new_uuid();
  const auto send = [&](std::string_view text) {
    auto staged = must(uploads_->stage());
    EXPECT_TRUE(staged->append(bytes_of(text)));
    return must(staged->adopt_as(id, *media_, "b.mp3", "openai"));
  };
  EXPECT_EQ(send("first").id, id);
  EXPECT_EQ(send("second").id, id);
  EXPECT_EQ(content(id), "first");
  EXPECT_EQ(recordings(), 1U);
  EXPECT_TRUE(fs::is_empty(incoming()));
}

// ── the disk is really full ────────────────────────────────────────────────

class UploadsOnASmallDisk : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!disk_.mounted()) GTEST_SKIP() << "this process may not mount";
  }
  // The bytes are on the small disk, the database is not: its own fullness is tested with the jobs.
  storage::testing::TinyDisk disk_{"80m"};
  TempDir dir_;
  std::unique_ptr<storage::SqliteStore> store_ = storage::testing::open_store(dir_.path());
  EventBus bus_;
  MediaService media_{*store_, bus_, disk_.path() / "uploads"};
  UploadService uploads_{*store_, media_, 1U << 30U};
};

TEST_F(UploadsOnASmallDisk, WhatWillNotFitIsRefusedUpFront) {
  const auto refused = uploads_.create({40U << 20U, "a.wav", "", ""});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::kNoSpace);
  EXPECT_NE(refused.error().action, "");
  EXPECT_TRUE(fs::is_empty(disk_.path() / "uploads" / "incoming"));
  EXPECT_TRUE(uploads_.create({1U << 20U, "a.wav", "", ""}));
  disk_.fill();
  EXPECT_EQ(uploads_.create({1, "a.wav", "", ""}).error().code, ErrorCode::kNoSpace);
  EXPECT_EQ(uploads_.stage().error().code, ErrorCode::kNoSpace);
}

TEST_F(UploadsOnASmallDisk, FullInTheMiddleLosesNothingAndGoesOn) {
  constexpr std::size_t kSize = 4U << 20U;
  std::string bytes(kSize, '\0');
  for (std::size_t i = 0; i < kSize; ++i) bytes[i] = static_cast<char>(i * 31 + i / 4096);
  const std::string id = must(uploads_.create({kSize, "a.wav", "", ""})).upload.id;
  std::uint64_t offset = 0;
  {
    auto writer = must(uploads_.open(id, 0));
    ASSERT_TRUE(writer->append(bytes_of(bytes).first(kSize / 2)));
    disk_.fill();
    const auto appended = writer->append(bytes_of(bytes).subspan(kSize / 2));
    ASSERT_FALSE(appended);
    EXPECT_EQ(appended.error().code, ErrorCode::kNoSpace);
    offset = writer->offset();
  }
  EXPECT_GE(offset, kSize / 2);
  EXPECT_EQ(must(uploads_.status(id)).offset, offset);
  disk_.make_room();
  auto writer = must(uploads_.open(id, offset));
  ASSERT_TRUE(writer->append(bytes_of(bytes).subspan(static_cast<std::size_t>(offset))));
  const auto media = must(writer->close());
  ASSERT_TRUE(media);
  EXPECT_EQ(must(read_file(media_.content_path(*media))), bytes);
}

}  // namespace
}  // namespace zimu::app
