// tus 1.0.0 over real sockets, bytes on a real disk.
#include "api/site_fixture_test.hpp"

namespace zimu::api {
namespace {

using storage::testing::must;
using testing::Answer;
using testing::RawClient;
using testing::request;

constexpr const char* kTus = "Tus-Resumable: 1.0.0\r\n";
constexpr const char* kBytes = "Content-Type: application/offset+octet-stream\r\n";

class Uploads : public testing::Site {
 protected:
  Answer tus(const std::string& method, const std::string& path, const std::string& fields = "", const std::string& body = "") {
    return ask(method, path, kTus + fields, body);
  }
  std::string create(const std::string& fields) {
    const Answer answer = tus("POST", "/api/v1/uploads", fields);
    EXPECT_EQ(answer.status, 201) << answer.body;
    return answer.header("location");
  }
  Answer patch(const std::string& path, std::uint64_t offset, const std::string& body, const std::string& fields = "") {
    return tus("PATCH", path, fmt::format("{}Upload-Offset: {}\r\n{}", kBytes, offset, fields), body);
  }
  std::string offset(const std::string& path) { return tus("HEAD", path).header("upload-offset"); }
  std::string content(const std::string& media_id) { return ask("GET", "/api/v1/media/" + media_id + "/content").body; }
  static std::string id_of(const std::string& path) { return path.substr(path.rfind('/') + 1); }
};

TEST_F(Uploads, SaysWhatIsOffered) {
  const Answer answer = ask("OPTIONS", "/api/v1/uploads");
  EXPECT_EQ(answer.status, 204);
  EXPECT_EQ(answer.header("tus-version"), "1.0.0");
  EXPECT_EQ(answer.header("tus-checksum-algorithm"), "sha1,sha256");
  EXPECT_EQ(answer.header("tus-max-size"), std::to_string(testing::kMaxUpload));
  EXPECT_NE(answer.header("tus-extension").find("creation-with-upload"), std::string::npos);
}

TEST_F(Uploads, InPiecesBecomesARecording) {
  const std::string path = create("Upload-Length: 10\r\nUpload-Metadata: filename dGFsay5tcDM=,filetype YXVkaW8vbXBlZw==\r\n");
  const Answer first = patch(path, 0, "01234");
  EXPECT_EQ(first.status, 204) << first.body;
  EXPECT_EQ(first.header("upload-offset"), "5");
  EXPECT_EQ(first.header("tus-resumable"), "1.0.0");
  EXPECT_TRUE(first.header("upload-expires").ends_with("GMT"));
  EXPECT_EQ(first.header("zimu-media-id"), "");
  const Answer head = tus("HEAD", path);
  EXPECT_EQ(head.status, 200);
  EXPECT_EQ(head.header("upload-offset"), "5");
  EXPECT_EQ(head.header("upload-length"), "10");
  EXPECT_EQ(head.header("cache-control"), "no-store");
  EXPECT_EQ(head.header("upload-metadata"), "filename dGFsay5tcDM=,filetype YXVkaW8vbXBlZw==");
  const Answer last = patch(path, 5, "56789");
  EXPECT_EQ(last.status, 204) << last.body;
  const std::string media_id = last.header("zimu-media-id");
  EXPECT_EQ(content(media_id), "0123456789");
  EXPECT_EQ(json_of(ask("GET", "/api/v1/media/" + media_id)).at("file_name"), "talk.mp3");
  EXPECT_EQ(tus("HEAD", path).header("zimu-media-id"), media_id) << "for a client that lost the last answer";
  EXPECT_EQ(patch(path, 10, "x").status, 409);
}

TEST_F(Uploads, GoesOnAfterABrokenConnection) {
  const std::string path = create("Upload-Length: 10\r\n");
  RawClient broken(server->port());
  broken.send(fmt::format("PATCH {} HTTP/1.1\r\nHost: a\r\n{}{}Upload-Offset: 0\r\nContent-Length: 10\r\n\r\n0123", path, kTus,
                          kBytes));
  broken.close_sending();
  broken.read_answer();  // by then the upload is free again
  EXPECT_EQ(offset(path), "4");
  EXPECT_EQ(content(patch(path, 4, "456789").header("zimu-media-id")), "0123456789");
}

TEST_F(Uploads, ChecksummedBytesCountAllOrNotAtAll) {
  const std::string path = create("Upload-Length: 11\r\n");
  const std::string sum = "Upload-Checksum: sha1 Kq5sNclPz7QV2+lfQIuc6R7oRu0=\r\n";
  expect_problem(patch(path, 0, "hello worle", sum), 460, "checksum");
  EXPECT_EQ(offset(path), "0");
  RawClient broken(server->port());
  broken.send(fmt::format("PATCH {} HTTP/1.1\r\nHost: a\r\n{}{}{}Upload-Offset: 0\r\nContent-Length: 11\r\n\r\nhello", path, kTus,
                          kBytes, sum));
  broken.close_sending();
  broken.read_answer();
  EXPECT_EQ(offset(path), "0");
  expect_problem(patch(path, 0, "x", "Upload-Checksum: md5 AAAA\r\n"), 400, "md5");
  const Answer good = patch(path, 0, "hello world", sum);
  EXPECT_EQ(good.status, 204) << good.body;
  EXPECT_EQ(content(good.header("zimu-media-id")), "hello world");
}

TEST_F(Uploads, RefusesAWrongOffsetLengthTypeOrVersion) {
  const std::string path = create("Upload-Length: 4\r\n");
  expect_problem(patch(path, 2, "ab"), 409, "offset");
  expect_problem(patch(path, 0, "abcdef"), 413, "4 bytes");
  EXPECT_EQ(offset(path), "0");
  expect_problem(tus("PATCH", path, "Upload-Offset: 0\r\n", "ab"), 415, "application/offset+octet-stream");
  expect_problem(tus("PATCH", path, kBytes, "ab"), 400, "Upload-Offset");
  expect_problem(tus("PATCH", path, fmt::format("{}Upload-Offset: -1\r\n", kBytes), "ab"), 400, "Upload-Offset");
  const Answer old = ask("POST", "/api/v1/uploads", "Tus-Resumable: 0.2.2\r\nUpload-Length: 1\r\n");
  expect_problem(old, 412, "1.0.0");
  EXPECT_EQ(old.header("tus-version"), "1.0.0");
  EXPECT_EQ(ask("HEAD", path).status, 412);
}

TEST_F(Uploads, RefusesBadCreations) {
  const auto refused = [this](const std::string& fields, int status, const std::string& what) {
    expect_problem(tus("POST", "/api/v1/uploads", fields), status, what);
  };
  refused("", 400, "Upload-Length");
  refused("Upload-Length: 1\r\nUpload-Defer-Length: 1\r\n", 400, "Upload-Defer-Length");
  refused("Upload-Defer-Length: 2\r\n", 400, "Upload-Defer-Length");
  refused("Upload-Length: ten\r\n", 400, "Upload-Length");
  refused("Upload-Length: 99999999999999999999999\r\n", 400, "Upload-Length");
  refused(fmt::format("Upload-Length: {}\r\n", testing::kMaxUpload + 1), 413, "ZIMU_MAX_UPLOAD_BYTES");
  refused("Upload-Length: 1\r\nUpload-Metadata: filename ?\r\n", 400, "Upload-Metadata");
  refused("Upload-Length: 1\r\nUpload-Concat: partial\r\n", 400, "concatenation");
  expect_problem(tus("POST", "/api/v1/uploads", "Upload-Length: 1\r\nContent-Type: text/plain\r\n", "a"), 415, "Content-Type");
  EXPECT_TRUE(parts.incoming().empty());
}

TEST_F(Uploads, WithTheCreation) {
  const Answer whole = tus("POST", "/api/v1/uploads", fmt::format("{}Upload-Length: 5\r\n", kBytes), "hello");
  EXPECT_EQ(whole.status, 201) << whole.body;
  EXPECT_EQ(whole.header("upload-offset"), "5");
  EXPECT_EQ(content(whole.header("zimu-media-id")), "hello");
  const Answer part = tus("POST", "/api/v1/uploads", fmt::format("{}Upload-Length: 10\r\n", kBytes), "hello");
  EXPECT_EQ(part.header("upload-offset"), "5");
  EXPECT_EQ(content(patch(part.header("location"), 5, "world").header("zimu-media-id")), "helloworld");
  EXPECT_EQ(tus("POST", "/api/v1/uploads", fmt::format("{}Upload-Length: 2\r\n", kBytes), "hello").status, 413);
  EXPECT_TRUE(parts.incoming().empty()) << "what the client cannot know of is taken back";
  const Answer empty = tus("POST", "/api/v1/uploads", "Upload-Length: 0\r\n");
  EXPECT_TRUE(is_uuid(empty.header("zimu-media-id")));
}

TEST_F(Uploads, LengthMayComeLater) {
  const std::string path = create("Upload-Defer-Length: 1\r\n");
  EXPECT_EQ(tus("HEAD", path).header("upload-defer-length"), "1");
  EXPECT_EQ(patch(path, 0, "hello").header("upload-offset"), "5");
  EXPECT_EQ(patch(path, 5, "", "Upload-Length: 3\r\nContent-Length: 0\r\n").status, 409) << "less than there is";
  const Answer last = patch(path, 5, "", "Upload-Length: 5\r\nContent-Length: 0\r\n");
  EXPECT_EQ(last.status, 204) << last.body;
  EXPECT_EQ(content(last.header("zimu-media-id")), "hello");
}

TEST_F(Uploads, Ends) {
  const std::string path = create("Upload-Length: 10\r\n");
  EXPECT_EQ(tus("DELETE", path).status, 204);
  EXPECT_EQ(tus("HEAD", path).status, 404);
  EXPECT_EQ(patch(path, 0, "a").status, 404);
  EXPECT_EQ(tus("DELETE", path).status, 404);
  EXPECT_TRUE(parts.incoming().empty());
}

TEST_F(Uploads, UnknownAndExpired) {
  EXPECT_EQ(tus("HEAD", "/api/v1/uploads/" + new_uuid()).status, 404);
  expect_problem(tus("DELETE", "/api/v1/uploads/nothing"), 404, "upload");
  app::Upload old;
  old.id = new_uuid();
  old.size = 3;
  old.created_at = now_utc() - std::chrono::hours(200);
  old.expires_at = now_utc() - std::chrono::hours(1);
  ASSERT_OK(parts.store->insert_upload(old));
  const Answer answer = patch("/api/v1/uploads/" + old.id, 0, "abc");
  expect_problem(answer, 404, "expired");
}

TEST_F(Uploads, OneWriterAtATime) {
  const std::string path = create("Upload-Length: 10\r\n");
  {
    const auto writer = must(parts.uploads.open(id_of(path), 0));
    EXPECT_EQ(patch(path, 0, "a").status, 423);
    EXPECT_EQ(tus("DELETE", path).status, 423);
  }
  EXPECT_EQ(patch(path, 0, "a").status, 204);
}

TEST_F(Uploads, MethodOverride) {
  const std::string path = create("Upload-Length: 5\r\n");
  const Answer answer =
      tus("POST", path, fmt::format("X-HTTP-Method-Override: PATCH\r\n{}Upload-Offset: 0\r\n", kBytes), "hello");
  EXPECT_EQ(answer.status, 204) << answer.body;
  EXPECT_EQ(tus("POST", path).status, 405);
  EXPECT_EQ(tus("POST", path, "X-HTTP-Method-Override: DELETE\r\n").status, 204);
}

TEST_F(Uploads, LargeOneArrivesWhole) {
  std::string big(5'000'000, '\0');
  for (std::size_t i = 0; i < big.size(); ++i) big[i] = static_cast<char>(i * 131 >> 3U);
  const std::string path = create(fmt::format("Upload-Length: {}\r\n", big.size()));
  const Answer answer = patch(path, 0, big);
  EXPECT_EQ(answer.status, 204) << answer.body;
  EXPECT_TRUE(content(answer.header("zimu-media-id")) == big);
}

}  // namespace
}  // namespace zimu::api
