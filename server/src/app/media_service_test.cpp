#include "app/media_service.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <future>

#include "base/file.hpp"
#include "storage/test_support.hpp"

namespace zimu::app {
namespace {

namespace fs = std::filesystem;
using domain::MediaState;
using storage::testing::must;
using storage::testing::TempDir;

class MediaLibrary : public ::testing::Test {
 protected:
  MediaLibrary() { open(); }
  void open() {
    media_.reset();
    store_.reset();
    store_ = storage::testing::open_store(dir_.path());
    media_ = std::make_unique<MediaService>(*store_, bus_, uploads());
  }
  fs::path uploads() const { return dir_.path() / "uploads"; }
  fs::path staged(const std::string& content) const {
    const fs::path path = media_->new_staging_path();
    EXPECT_TRUE(write_file_atomic(path, content));
    return path;
  }
  domain::Media adopt(const std::string& content, const std::string& name = "Talk.MP4") {
    return must(media_->adopt(staged(content), name, "upload"));
  }
  template <class Payload>
  int events() const {
    int count = 0;
    for (const BusEvent& event : bus_.read_after(0, EventBus::kKept).events) {
      count += std::holds_alternative<Payload>(event.payload) ? 1 : 0;
    }
    return count;
  }

  TempDir dir_;
  std::unique_ptr<storage::SqliteStore> store_;
  EventBus bus_;
  std::unique_ptr<MediaService> media_;
};

TEST_F(MediaLibrary, AdoptMovesTheFileAndQueuesItForInspection) {
  const fs::path path = staged("sound");
  const auto media = must(media_->adopt(path, "C:\\x\\会议 Talk.MP4", "openai"));
  EXPECT_EQ(media.file_name, "会议 Talk.MP4");
  EXPECT_EQ(media.title, "会议 Talk");
  EXPECT_EQ(media.content_type, "video/mp4");
  EXPECT_EQ(media.size_bytes, 5U);
  EXPECT_EQ(media.source, "openai");
  EXPECT_EQ(media.state, MediaState::kInspecting);
  EXPECT_FALSE(fs::exists(path));
  EXPECT_EQ(media_->content_path(media), uploads() / media.id / "original.mp4");
  EXPECT_EQ(read_file(media_->content_path(media)).value_or(""), "sound");
  EXPECT_EQ(must(media_->get(media.id)).title, media.title);
  EXPECT_EQ(events<domain::Media>(), 1);
}

TEST_F(MediaLibrary, NamesNeverBecomePaths) {
  for (const std::string name : {"../../../etc/passwd", "..", "a/../../b.wav", "\\..\\x.mp3", "a.m/p3", "x.\xff\xff"}) {
    const auto media = adopt("x", name);
    const fs::path path = media_->content_path(media);
    EXPECT_EQ(path.parent_path(), uploads() / media.id) << name;
    EXPECT_TRUE(path.filename().string().starts_with("original")) << name;
    EXPECT_TRUE(fs::is_regular_file(path)) << name;
  }
}

TEST_F(MediaLibrary, AdoptRefusesWhatIsNoPlainFile) {
  const auto missing = media_->adopt(uploads() / "incoming" / "nothing", "a.wav", "upload");
  EXPECT_EQ(missing.error().code, ErrorCode::kNotFound);
  fs::create_directories(uploads() / "incoming" / "folder");
  EXPECT_EQ(media_->adopt(uploads() / "incoming" / "folder", "a.wav", "upload").error().code, ErrorCode::kInvalidArgument);
  EXPECT_TRUE(fs::is_directory(uploads() / "incoming" / "folder"));
  const fs::path secret = dir_.path() / "secret";
  ASSERT_TRUE(write_file_atomic(secret, "s"));
  fs::create_symlink(secret, uploads() / "incoming" / "link");
  EXPECT_EQ(media_->adopt(uploads() / "incoming" / "link", "a.wav", "upload").error().code, ErrorCode::kInvalidArgument);
  EXPECT_EQ(media_->adopt_as("not-an-id", staged("x"), "a.wav", "upload").error().code, ErrorCode::kInvalidArgument);
  EXPECT_TRUE(must(media_->list({})).items.empty());
  // Nothing is left lying about but `incoming` itself.
  EXPECT_EQ(std::distance(fs::directory_iterator(uploads()), fs::directory_iterator()), 1);
}

TEST_F(MediaLibrary, AdoptingTwiceUnderOneIdIsOneRecording) {
  const std::string id = new_uuid();
  const fs::path path = staged("sound");
  const auto first = must(media_->adopt_as(id, path, "a.wav", "upload"));
  const auto second = must(media_->adopt_as(id, path, "a.wav", "upload"));
  EXPECT_EQ(first.id, second.id);
  EXPECT_EQ(must(media_->list({})).items.size(), 1U);
  EXPECT_EQ(events<domain::Media>(), 1);
}

TEST_F(MediaLibrary, ACrashBetweenRenameAndRowIsMadeGood) {
  const std::string id = new_uuid();
  fs::create_directories(uploads() / id);
  ASSERT_TRUE(write_file_atomic(uploads() / id / "original.wav", "moved before"));
  const auto media = must(media_->adopt_as(id, uploads() / "incoming" / (id + ".part"), "a.wav", "upload"));
  EXPECT_EQ(media.size_bytes, 12U);
  EXPECT_EQ(read_file(media_->content_path(media)).value_or(""), "moved before");
}

TEST_F(MediaLibrary, RenameKeepsTheFileNameAndItsLimits) {
  const auto media = adopt("x");
  const auto renamed = must(media_->rename(media.id, " Ein Titel\n"));
  EXPECT_EQ(renamed.title, "Ein Titel");
  EXPECT_EQ(renamed.file_name, "Talk.MP4");
  EXPECT_TRUE(media_->rename(media.id, std::string(500, 'x')));
  for (const std::string& bad : {std::string(), std::string("\n"), std::string(501, 'x')}) {
    EXPECT_EQ(media_->rename(media.id, bad).error().code, ErrorCode::kInvalidArgument);
  }
  EXPECT_EQ(media_->rename(new_uuid(), "x").error().code, ErrorCode::kNotFound);
  EXPECT_EQ(events<domain::Media>(), 3);
}

TEST_F(MediaLibrary, RemoveTakesTheFilesTheJobsAndTheRow) {
  const auto media = adopt("x");
  ASSERT_TRUE(write_file_atomic(media_->peaks_path(media.id), "ZPK1"));
  std::string asked;
  media_->set_before_remove([&](const std::string& id) {
    asked = id;
    EXPECT_TRUE(media_->get(id)) << "before anything is gone";
  });
  ASSERT_TRUE(media_->remove(media.id));
  EXPECT_EQ(asked, media.id);
  EXPECT_FALSE(fs::exists(uploads() / media.id));
  EXPECT_EQ(std::distance(fs::directory_iterator(uploads() / "incoming"), fs::directory_iterator()), 0);
  EXPECT_EQ(media_->get(media.id).error().code, ErrorCode::kNotFound);
  EXPECT_EQ(media_->remove(media.id).error().code, ErrorCode::kNotFound);
  EXPECT_EQ(events<MediaRemoved>(), 1);
  EXPECT_EQ(media_->remove("../..").error().code, ErrorCode::kInvalidArgument);
}

TEST_F(MediaLibrary, TagsAreCleanAndEachOnce) {
  const auto media = adopt("x");
  const auto before = events<domain::Media>();
  const auto tagged = must(media_->edit(media.id, {.tags = std::vector<std::string>{" work ", "WORK", "会\n议", "Würde"}}));
  EXPECT_EQ(tagged.tags, (std::vector<std::string>{"Würde", "work", "会 议"}));
  EXPECT_EQ(tagged.title, media.title) << "what was not given stays";
  EXPECT_EQ(events<domain::Media>(), before + 1);
  EXPECT_EQ(must(media_->edit(media.id, {.title = "New"})).tags.size(), 3U);
  EXPECT_EQ(must(media_->tags()).size(), 3U);
  EXPECT_TRUE(must(media_->edit(media.id, {.tags = std::vector<std::string>{}})).tags.empty());
  EXPECT_TRUE(must(media_->tags()).empty());
}

TEST_F(MediaLibrary, TagsHaveLimits) {
  const auto media = adopt("x");
  const auto with = [&](std::vector<std::string> tags) { return media_->edit(media.id, {.tags = std::move(tags)}); };
  EXPECT_TRUE(with({std::string(kMaxTagBytes, 'a')}));
  for (const std::string& tag : {std::string(), std::string(" \t"), std::string(kMaxTagBytes + 1, 'a')}) {
    const auto refused = with({"fine", tag});
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, ErrorCode::kInvalidArgument);
    EXPECT_NE(refused.error().message.find("'tags'"), std::string::npos);
  }
  std::vector<std::string> many;
  for (std::size_t i = 0; i < kMaxTags; ++i) many.push_back("t" + std::to_string(i));
  EXPECT_TRUE(with(many));
  many.push_back("T0");
  EXPECT_TRUE(with(many)) << "that one is there already";
  many.push_back("one more");
  EXPECT_EQ(with(many).error().code, ErrorCode::kInvalidArgument);
  EXPECT_EQ(must(media_->get(media.id)).tags.size(), kMaxTags);
}

TEST_F(MediaLibrary, ADuplicateIsNamedAndToldWhenItIsNoneAnyMore) {
  const auto first = adopt("same");
  const auto second = adopt("same");
  const std::string hash(64, 'a');
  ASSERT_TRUE(media_->inspected(first.id, {}, hash));
  ASSERT_TRUE(media_->inspected(second.id, {}, hash));
  EXPECT_EQ(must(media_->get(first.id)).duplicate_of, "");
  EXPECT_EQ(must(media_->get(second.id)).duplicate_of, first.id);
  const auto last = bus_.last_id();
  ASSERT_TRUE(media_->remove(first.id));
  const auto told = bus_.read_after(last, EventBus::kKept).events;
  ASSERT_EQ(told.size(), 2U);
  const auto* changed = std::get_if<domain::Media>(&told.back().payload);
  ASSERT_NE(changed, nullptr);
  EXPECT_EQ(changed->id, second.id);
  EXPECT_EQ(changed->duplicate_of, "");
}

TEST_F(MediaLibrary, APosterIsThereOnceItsFileIs) {
  const auto media = adopt("film");
  EXPECT_FALSE(must(media_->get(media.id)).has_poster);
  ASSERT_TRUE(write_file_atomic(media_->poster_path(media.id), "jpeg"));
  ASSERT_TRUE(media_->inspected(media.id, {}, ""));
  EXPECT_TRUE(must(media_->get(media.id)).has_poster);
  EXPECT_TRUE(must(media_->list({})).items.at(0).has_poster);
  const auto told = bus_.read_after(0, EventBus::kKept).events;
  EXPECT_TRUE(std::get<domain::Media>(told.back().payload).has_poster);
}

/// What a recording of an older Zimu has beside its file.
void make_old(const MediaService& media, const std::string& id) {
  for (const auto& entry : fs::directory_iterator(media.uploads_dir() / id)) {
    if (!entry.path().filename().string().starts_with("original")) fs::remove(entry.path());
  }
}

TEST_F(MediaLibrary, OldRecordingsAreLookedAtAgainOnceTheyAreShown) {
  const auto looked_at = [this](const std::string& content) {
    const auto media = adopt(content);
    EXPECT_TRUE(write_file_atomic(media_->peaks_path(media.id), "peaks"));
    EXPECT_TRUE(media_->inspected(media.id, {}, ""));
    return media;
  };
  const auto opened = looked_at("opened");
  const auto listed = looked_at("listed");
  const auto fresh = looked_at("fresh");
  const auto deleted = looked_at("deleted");
  const auto waiting = adopt("waiting");
  for (const auto& media : {opened, listed, deleted}) make_old(*media_, media.id);
  EXPECT_FALSE(media_->has_outdated()) << "nobody has asked for them";
  must(media_->get(opened.id));
  must(media_->get(fresh.id));
  must(media_->get(opened.id));
  must(media_->list({}));
  ASSERT_TRUE(media_->remove(deleted.id));
  EXPECT_TRUE(must(media_->waits_to_inspect()));

  ASSERT_TRUE(media_->has_outdated());
  const auto first = media_->next_outdated();
  ASSERT_TRUE(first);
  EXPECT_EQ(first->id, opened.id) << "the one that was shown first";
  media_->put_back(first->id);
  EXPECT_EQ(media_->next_outdated()->id, opened.id);
  ASSERT_TRUE(write_file_atomic(media_->peaks_path(opened.id), "peaks"));
  domain::MediaInfo info;
  info.duration = Milliseconds(1234);
  ASSERT_TRUE(media_->refreshed(opened.id, &info, std::string(64, 'c')));
  EXPECT_EQ(must(media_->get(opened.id)).info.duration.count(), 1234);
  EXPECT_EQ(media_->next_outdated()->id, listed.id);
  ASSERT_TRUE(media_->refreshed(listed.id, nullptr, ""));
  EXPECT_EQ(must(media_->get(listed.id)).state, MediaState::kReady) << "what cannot be read any more stays as it was";
  EXPECT_FALSE(media_->next_outdated()) << "neither the deleted one nor those that are new";

  open();
  must(media_->list({}));
  const auto again = media_->next_outdated();
  ASSERT_TRUE(again) << "without a waveform it is tried again after a restart";
  EXPECT_EQ(again->id, listed.id);
  EXPECT_FALSE(media_->next_outdated());
}

TEST_F(MediaLibrary, OnlySoManyOldRecordingsWait) {
  for (std::size_t i = 0; i < kMaxOutdated + 3; ++i) {
    auto media = storage::testing::sample_media();
    media.state = MediaState::kReady;
    ASSERT_TRUE(store_->insert_media(media));
    must(media_->get(media.id));
  }
  std::size_t waiting = 0;
  while (media_->next_outdated()) ++waiting;
  EXPECT_EQ(waiting, kMaxOutdated);
  must(media_->list({.limit = kMaxPageSize}));
  waiting = 0;
  while (media_->next_outdated()) ++waiting;
  EXPECT_EQ(waiting, 3U) << "the others, now that there is room";
}

TEST_F(MediaLibrary, RemoveWorksWithoutTheFiles) {
  const auto media = adopt("x");
  fs::remove_all(uploads() / media.id);
  EXPECT_TRUE(media_->remove(media.id));
  EXPECT_FALSE(media_->get(media.id));
}

TEST_F(MediaLibrary, CheckFindsWhatIsLostAndNamesWhatIsUnknown) {
  const auto whole = adopt("x");
  const auto lost = adopt("y");
  const auto damaged = adopt("z");
  ASSERT_TRUE(media_->unreadable(damaged.id, {ErrorCode::kBadMedia, "no sound", "send another"}));
  fs::remove(media_->content_path(lost));
  fs::remove(media_->content_path(damaged));
  const std::string stranger = new_uuid();
  fs::create_directories(uploads() / stranger);
  ASSERT_TRUE(write_file_atomic(uploads() / stranger / "precious", "keep me"));
  ASSERT_TRUE(write_file_atomic(uploads() / "notes.txt", "mine"));
  ASSERT_TRUE(write_file_atomic(uploads() / ".zimu", "the mark of the mounted folder is no stranger"));

  const auto check = must(media_->check_files());
  EXPECT_EQ(check.lost, std::vector<std::string>{lost.id});
  auto unknown = check.unknown_folders;
  std::ranges::sort(unknown);
  EXPECT_EQ(unknown, (std::vector<fs::path>{uploads() / stranger, uploads() / "notes.txt"}));
  EXPECT_TRUE(fs::exists(uploads() / stranger / "precious"));
  const auto now = must(media_->get(lost.id));
  EXPECT_EQ(now.state, MediaState::kUnreadable);
  EXPECT_NE(now.problem.find(media_->content_path(lost).string()), std::string::npos);
  EXPECT_EQ(must(media_->get(whole.id)).state, MediaState::kInspecting);
  EXPECT_EQ(must(media_->get(damaged.id)).problem, "no sound; send another") << "its own problem stays";
  EXPECT_TRUE(must(media_->check_files()).lost.empty()) << "said once";
}

TEST_F(MediaLibrary, ARemovalThatWasCutShortIsUndone) {
  const auto media = adopt("x");
  fs::rename(uploads() / media.id, uploads() / "incoming" / ("removed-" + media.id));
  open();
  const auto check = must(media_->check_files());
  EXPECT_TRUE(check.lost.empty());
  EXPECT_EQ(read_file(media_->content_path(media)).value_or(""), "x");
}

TEST_F(MediaLibrary, CheckWorksWithoutAnyFolder) {
  const auto check = must(media_->check_files());
  EXPECT_TRUE(check.lost.empty());
  EXPECT_TRUE(check.unknown_folders.empty());
}

TEST_F(MediaLibrary, InspectionTakesTheOldestAndStoresWhatWasFound) {
  EXPECT_EQ(must(media_->wait_to_inspect(std::chrono::milliseconds(0))), std::nullopt);
  const auto first = adopt("1");
  const auto second = adopt("2");
  EXPECT_EQ(must(media_->wait_to_inspect(std::chrono::milliseconds(0))).value().id, first.id);
  domain::MediaInfo info{"wav", Milliseconds{5000}, Milliseconds{-20}, false, {}};
  info.streams.push_back({0, "audio", "pcm", "", 1, 16'000, 0, 0, true});
  ASSERT_TRUE(media_->inspected(first.id, info, std::string(64, 'a')));
  const auto ready = must(media_->get(first.id));
  EXPECT_EQ(ready.state, MediaState::kReady);
  EXPECT_EQ(ready.info.duration, Milliseconds{5000});
  EXPECT_EQ(ready.info.streams.size(), 1U);
  EXPECT_EQ(ready.sha256, std::string(64, 'a'));
  EXPECT_EQ(must(media_->wait_to_inspect(std::chrono::milliseconds(0))).value().id, second.id);
  ASSERT_TRUE(media_->unreadable(second.id, {ErrorCode::kBadMedia, "no sound", ""}));
  EXPECT_EQ(must(media_->get(second.id)).problem, "no sound");
  EXPECT_EQ(must(media_->wait_to_inspect(std::chrono::milliseconds(0))), std::nullopt);
  EXPECT_EQ(media_->inspected(new_uuid(), info, "").error().code, ErrorCode::kNotFound);
}

TEST_F(MediaLibrary, AWaitingInspectionIsWoken) {
  auto waiting = std::async(std::launch::async, [&] { return must(media_->wait_to_inspect(std::chrono::minutes(5))); });
  const auto media = adopt("x");
  EXPECT_EQ(waiting.get().value().id, media.id);
  ASSERT_TRUE(media_->inspected(media.id, {}, ""));
  auto stopped = std::async(std::launch::async, [&] { return must(media_->wait_to_inspect(std::chrono::minutes(5))); });
  while (stopped.wait_for(std::chrono::milliseconds(5)) != std::future_status::ready) media_->wake();
  EXPECT_EQ(stopped.get(), std::nullopt);
}

TEST(MediaOnAFullDisk, AFileThatCannotBeTakenStaysWhereItWas) {
  const storage::testing::TinyDisk disk("6m");
  if (!disk.mounted()) GTEST_SKIP() << "this process may not mount";
  const auto store = storage::testing::open_store(disk.path());
  EventBus bus;
  MediaService media(*store, bus, disk.path() / "uploads");
  const fs::path staged = media.new_staging_path();
  ASSERT_TRUE(write_file_atomic(staged, "sound"));
  disk.fill();
  // A long source, so that no room left by chance takes the row.
  const std::string id = new_uuid();
  const auto adopted = media.adopt_as(id, staged, "a.wav", std::string(200'000, 'x'));
  ASSERT_FALSE(adopted);
  EXPECT_EQ(adopted.error().code, ErrorCode::kNoSpace);
  EXPECT_EQ(read_file(staged).value_or(""), "sound");
  EXPECT_FALSE(fs::exists(disk.path() / "uploads" / id));
  disk.make_room();
  EXPECT_TRUE(media.adopt_as(id, staged, "a.wav", "upload"));
  EXPECT_EQ(must(media.list({})).items.size(), 1U);
}

TEST(MediaOnAFullDisk, RemovingARecordingMakesTheRoomThatItNeeds) {
  const storage::testing::TinyDisk disk("6m");
  if (!disk.mounted()) GTEST_SKIP() << "this process may not mount";
  const auto store = storage::testing::open_store(disk.path());
  EventBus bus;
  MediaService media(*store, bus, disk.path() / "uploads");
  const fs::path staged = media.new_staging_path();
  ASSERT_TRUE(write_file_atomic(staged, std::string(1U << 20U, 'x')));
  const auto one = must(media.adopt(staged, "a.wav", "upload"));
  disk.fill();
  EXPECT_TRUE(media.remove(one.id));
  EXPECT_FALSE(media.get(one.id));
  EXPECT_FALSE(fs::exists(disk.path() / "uploads" / one.id));
}

}  // namespace
}  // namespace zimu::app
