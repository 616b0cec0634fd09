// Forms over real sockets, files on a real disk.
#include "api/receive_form.hpp"

#include <gtest/gtest.h>

#include "api/form_fixture_test.hpp"

namespace zimu::api {
namespace {

using http::testing::Answer;
using http::testing::LiveServer;
using http::testing::RawClient;
using testing::closing;
using testing::field;
using testing::file;
using testing::Parts;
using testing::post;

/// Answers with what was received; the file stays in the library.
http::Awaitable<http::Response> echo(Context* context, http::Request* request) {
  const FormLimits limits{.field_bytes = 100, .fields = 3};
  const auto form = co_await receive_form(*context, *request, "file", limits);
  if (!form) co_return http::Response::problem(form.error());
  std::string text;
  for (const auto& [name, value] : (*form)->fields) text += name + "=" + value + ";";
  if (!(*form)->file) co_return http::Response::text(200, text + "no file");
  const auto adopt = [context, form = *form] {
    return form->file->adopt(context->media, form->file_name, "openai");
  };
  const auto media = co_await http::run_blocking(context->pool, adopt);
  if (!media) co_return http::Response::problem(media.error());
  co_return http::Response::text(200, text + fmt::format("{} {} {}", (*form)->file_name, (*form)->file_type, media->id));
}

class ReceiveForm : public ::testing::Test {
 protected:
  ReceiveForm() {
    http::Router router;
    router.add("POST", "/form", [this](http::Request& request) { return echo(&parts_.context, &request); },
               http::BodyPolicy::kStream);
    server_ = std::make_unique<LiveServer>(std::move(router));
  }
  Answer send(const std::string& body) { return RawClient(server_->port()).ask(post("/form", body)); }
  void expect_refused(const std::string& body, int status, const std::string& why) {
    const Answer answer = send(body);
    EXPECT_EQ(answer.status, status) << answer.body;
    EXPECT_NE(answer.body.find(why), std::string::npos) << answer.body;
    EXPECT_TRUE(parts_.recordings().empty());
    EXPECT_TRUE(parts_.incoming().empty());
  }

  storage::testing::TempDir dir_;
  Parts parts_{dir_.path()};
  std::unique_ptr<LiveServer> server_;
};

TEST_F(ReceiveForm, TakesFieldsBeforeAndAfterTheFile) {
  const Answer answer = send(field("a", "1") + file("sound", "file", "会议.mp3") +
                             field("b", "two lines\r\nof text") + field("a", "") + closing());
  ASSERT_EQ(answer.status, 200) << answer.body;
  EXPECT_EQ(answer.body.find("a=1;b=two lines\r\nof text;a=;会议.mp3 text/plain "), 0U) << answer.body;
  const auto recordings = parts_.recordings();
  ASSERT_EQ(recordings.size(), 1U);
  EXPECT_EQ(recordings[0].source, "openai");
  EXPECT_EQ(*read_file(parts_.media.content_path(recordings[0])), "sound");
  EXPECT_TRUE(parts_.incoming().empty());
}

TEST_F(ReceiveForm, WritesABigFileAsItComes) {
  std::string content;
  for (int i = 0; i < 400'000; ++i) content += fmt::format("{}\r\n--", i);
  ASSERT_EQ(send(file(content) + closing()).status, 200);
  const auto recordings = parts_.recordings();
  ASSERT_EQ(recordings.size(), 1U);
  EXPECT_EQ(*read_file(parts_.media.content_path(recordings[0])), content);
}

TEST_F(ReceiveForm, WithoutAFileHasNone) { EXPECT_EQ(send(field("a", "1") + closing()).body, "a=1;no file"); }

TEST_F(ReceiveForm, RefusesASecondFile) {
  expect_refused(file("one") + file("two") + closing(), 400, "two files in 'file'");
}

TEST_F(ReceiveForm, RefusesAFileUnderAnotherName) {
  expect_refused(file("one") + file("two", "audio") + closing(), 400, "'audio' is a file");
}

TEST_F(ReceiveForm, RefusesTooLongAndTooManyFields) {
  EXPECT_EQ(send(field("a", std::string(100, 'x')) + closing()).status, 200);
  expect_refused(file("one") + field("a", std::string(101, 'x')) + closing(), 413, "'a' is over 100 bytes");
  expect_refused(file("one") + field("a", "") + field("b", "") + field("c", "") + field("d", "") + closing(), 413,
                 "more than 3 fields");
}

TEST_F(ReceiveForm, RefusesFieldsThatAreNotUtf8) {
  expect_refused(file("one") + field("prompt", "caf\xE9") + closing(), 400, "'prompt' is not UTF-8");
}

TEST_F(ReceiveForm, RefusesABodyWithoutItsEnd) { expect_refused(file("one"), 400, "closing boundary"); }

TEST_F(ReceiveForm, RefusesOtherContentTypes) {
  const Answer answer = RawClient(server_->port())
                            .ask("POST /form HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n"
                                 "Content-Length: 2\r\n\r\n{}");
  EXPECT_EQ(answer.status, 415);
}

TEST_F(ReceiveForm, LeavesNothingWhenTheClientGoesAway) {
  {
    RawClient client(server_->port());
    const std::string request = post("/form", file(std::string(1'000'000, 'x')) + closing());
    ASSERT_TRUE(client.send(request.substr(0, request.size() - 1000)));
  }
  server_->stop();
  server_->join();
  EXPECT_TRUE(parts_.incoming().empty());
  EXPECT_TRUE(parts_.recordings().empty());
}

TEST(ReceiveFormDisk, AFullDiskIs507) {
  const storage::testing::TinyDisk disk("72m");
  if (!disk.mounted()) GTEST_SKIP() << "this process may not mount";
  Parts parts(disk.path());
  http::Router router;
  router.add("POST", "/form", [&](http::Request& request) { return echo(&parts.context, &request); },
             http::BodyPolicy::kStream);
  LiveServer server(std::move(router));
  RawClient client(server.port());
  client.send(post("/form", file(std::string(80U << 20U, 'x')) + closing()));
  const Answer answer = client.read_answer();
  EXPECT_EQ(answer.status, 507) << answer.body;
  EXPECT_TRUE(parts.incoming().empty());
}

}  // namespace
}  // namespace zimu::api
