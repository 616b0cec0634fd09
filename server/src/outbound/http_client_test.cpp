#include "outbound/http_client.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "outbound/testing/local_server.hpp"

namespace zimu::outbound {
namespace {

using ::testing::HasSubstr;
using testing::LocalServer;
using ::testing::Not;
using testing::ranged;
using testing::Reply;
using testing::Seen;

HttpRequest request_for(std::string url) {
  HttpRequest request;
  request.url = std::move(url);
  return request;
}

/// A port that nothing listens on.
int closed_port() {
  const LocalServer server([](const Seen&) { return Reply{}; });
  return server.port();
}

TEST(HttpClient, AnswersStatusHeadersAndBody) {
  const LocalServer server(
      [](const Seen&) { return Reply{.status = 404, .headers = {"X-Thing:  one "}, .body = "gone"}; });
  const auto answer = HttpClient().get(request_for(server.url("/a?b=c")));
  ASSERT_TRUE(answer) << answer.error().message;
  EXPECT_EQ(answer->status, 404);
  EXPECT_EQ(answer->header("x-thing"), "one");
  EXPECT_EQ(answer->body, "gone");
  EXPECT_EQ(server.seen().at(0).path, "/a?b=c");
}

TEST(HttpClient, FollowsRedirectsAndKeepsTheirHeaders) {
  const LocalServer server([](const Seen& seen) {
    if (seen.path == "/a")
      return Reply{.status = 302, .headers = {"Location: /b", "X-Linked-Etag: \"abc\""}, .body = "moved"};
    return Reply{.body = "here"};
  });
  const auto answer = HttpClient().get(request_for(server.url("/a")));
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->body, "here");
  EXPECT_EQ(answer->url, server.url("/b"));
  ASSERT_EQ(answer->redirects.size(), 1U);
  EXPECT_EQ(answer->redirects[0].at("x-linked-etag"), "\"abc\"");
}

TEST(HttpClient, ALoopOfRedirectsEnds) {
  const LocalServer server([](const Seen&) { return Reply{.status = 302, .headers = {"Location: /again"}}; });
  const auto answer = HttpClient().get(request_for(server.url("/")));
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code, ErrorCode::kProtocol);
  EXPECT_EQ(server.seen().size(), static_cast<std::size_t>(kMaxRedirects) + 1);
}

TEST(HttpClient, ARedirectToAnotherSchemeIsRefused) {
  const LocalServer server(
      [](const Seen&) { return Reply{.status = 302, .headers = {"Location: file:///etc/passwd"}}; });
  const auto answer = HttpClient().get(request_for(server.url("/")));
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code, ErrorCode::kProtocol);
}

TEST(HttpClient, ATokenIsNotSentOnToAnotherHost) {
  const LocalServer other([](const Seen&) { return Reply{.body = "data"}; });
  const LocalServer hub(
      [&other](const Seen&) { return Reply{.status = 302, .headers = {"Location: " + other.url("/x")}}; });
  HttpRequest request = request_for(hub.url("/"));
  request.headers = {{"Authorization", "Bearer hf_secret"}};
  ASSERT_TRUE(HttpClient().get(request));
  EXPECT_EQ(hub.seen().at(0).headers.at("authorization"), "Bearer hf_secret");
  EXPECT_FALSE(other.seen().at(0).headers.contains("authorization"));
}

TEST(HttpClient, OnlyHttpAddressesAreTaken) {
  for (const char* url :
       {"file:///etc/passwd", "ftp://example.org/x", "example.org/x", "", "http://", "gopher://x/"}) {
    const auto answer = HttpClient().get(request_for(url));
    ASSERT_FALSE(answer) << url;
    EXPECT_EQ(answer.error().code, ErrorCode::kInvalidArgument) << url;
  }
}

TEST(HttpClient, RefusedConnectionsSaySoWithoutSecrets) {
  const auto answer = HttpClient().get(
      request_for(fmt::format("http://user:pa55@127.0.0.1:{}/p?token=s3cret", closed_port())));
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code, ErrorCode::kUnavailable);
  EXPECT_THAT(answer.error().message, HasSubstr("refused the connection"));
  EXPECT_THAT(answer.error().message, HasSubstr("127.0.0.1"));
  EXPECT_THAT(answer.error().message + answer.error().action, Not(HasSubstr("pa55")));
  EXPECT_THAT(answer.error().message + answer.error().action, Not(HasSubstr("s3cret")));
}

TEST(HttpClient, AnUnknownHostIsADnsFailure) {
  const auto answer = HttpClient().get(request_for("http://no-such-host.invalid/"));
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code, ErrorCode::kUnavailable);
  EXPECT_THAT(answer.error().message, HasSubstr("(DNS)"));
}

TEST(HttpClient, AServerWithoutTlsIsATlsFailure) {
  const LocalServer server([](const Seen&) { return Reply{}; });
  const auto answer = HttpClient().get(request_for(fmt::format("https://127.0.0.1:{}/", server.port())));
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code, ErrorCode::kUnavailable);
  EXPECT_THAT(answer.error().message, HasSubstr("TLS"));
}

TEST(HttpClient, SilenceTimesOut) {
  const LocalServer server([](const Seen&) { return Reply{.silent = true}; });
  HttpRequest total = request_for(server.url("/"));
  total.total_timeout = std::chrono::milliseconds{200};
  HttpRequest idle = request_for(server.url("/"));
  idle.idle_timeout = std::chrono::milliseconds{1000};
  for (const auto& request : {total, idle}) {
    const auto answer = HttpClient().get(request);
    ASSERT_FALSE(answer);
    EXPECT_EQ(answer.error().code, ErrorCode::kTimeout);
    EXPECT_THAT(answer.error().message, HasSubstr("did not answer"));
  }
}

TEST(HttpClient, ABrokenOffAnswerIsNoAnswer) {
  const LocalServer server([](const Seen&) { return Reply{.body = "0123456789", .cut_after = 4}; });
  const auto answer = HttpClient().get(request_for(server.url("/")));
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code, ErrorCode::kUnavailable);
  EXPECT_THAT(answer.error().message, HasSubstr("broke off"));
}

TEST(HttpClient, TheBodyLimitHolds) {
  for (const bool no_length : {false, true}) {
    const LocalServer server(
        [no_length](const Seen&) { return Reply{.body = std::string(101, 'x'), .no_length = no_length}; });
    HttpRequest request = request_for(server.url("/"));
    request.max_bytes = 101;
    EXPECT_TRUE(HttpClient().get(request));
    request.max_bytes = 100;
    const auto answer = HttpClient().get(request);
    ASSERT_FALSE(answer);
    EXPECT_EQ(answer.error().code, ErrorCode::kTooLarge);
  }
}

TEST(HttpClient, AStopEndsARunningRequest) {
  std::stop_source stop;
  const LocalServer server([&stop](const Seen&) {
    stop.request_stop();
    return Reply{.silent = true};
  });
  HttpRequest request = request_for(server.url("/"));
  request.stop = stop.get_token();
  for (int i = 0; i < 2; ++i) {  // while waiting, and before it starts
    const auto answer = HttpClient().get(request);
    ASSERT_FALSE(answer);
    EXPECT_EQ(answer.error().code, ErrorCode::kCancelled);
  }
  EXPECT_EQ(server.seen().size(), 1U);
}

TEST(HttpClient, PrivateAddressesAreRefusedAtEveryHop) {
  const LocalServer server([](const Seen&) { return Reply{.body = "secret"}; });
  for (const char* host :
       {"127.0.0.1", "localhost", "[::ffff:127.0.0.1]", "0.0.0.0", "2130706433", "0x7f.1"}) {
    HttpRequest request = request_for(fmt::format("http://{}:{}/", host, server.port()));
    request.allow_private_addresses = false;
    const auto answer = HttpClient().get(request);
    ASSERT_FALSE(answer) << host;
    EXPECT_EQ(answer.error().code, ErrorCode::kPermission) << host << ": " << answer.error().message;
  }
  EXPECT_TRUE(server.seen().empty());
}

TEST(HttpClient, HeadersCannotSmuggleLines) {
  const LocalServer server([](const Seen&) { return Reply{}; });
  HttpRequest request = request_for(server.url("/"));
  request.headers = {{"Authorization", "a\r\nX-Other: b"}};
  const auto answer = HttpClient().get(request);
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code, ErrorCode::kInvalidArgument);
  EXPECT_THAT(answer.error().message, Not(HasSubstr("X-Other")));
}

TEST(HttpClient, StreamsABodyWithHeadAndProgress) {
  const std::string body(300'000, 'z');
  const LocalServer server([&body](const Seen& seen) { return ranged(seen, body); });
  HttpRequest request = request_for(server.url("/"));
  request.resume_from = 100'000;
  std::string got;
  int heads = 0;
  std::uint64_t last = 0;
  const StreamHandlers handlers{.on_head = [&](const HttpResponse& head) -> Result<> {
                                  ++heads;
                                  EXPECT_EQ(head.status, 206);
                                  EXPECT_EQ(head.header("content-range"), "bytes 100000-299999/300000");
                                  return {};
                                },
                                .on_body = [&](std::span<const std::byte> piece) -> Result<> {
                                  got.append(reinterpret_cast<const char*>(piece.data()), piece.size());
                                  return {};
                                },
                                .on_progress =
                                    [&](std::uint64_t done, std::uint64_t total) {
                                      EXPECT_EQ(total, 200'000U);
                                      EXPECT_GE(done, last);
                                      last = done;
                                    }};
  const auto answer = HttpClient().stream(request, handlers);
  ASSERT_TRUE(answer) << answer.error().message;
  EXPECT_EQ(heads, 1);
  EXPECT_EQ(got.size(), 200'000U);
  EXPECT_EQ(last, 200'000U);
  EXPECT_TRUE(answer->body.empty());
}

TEST(HttpClient, ASinksErrorIsTheResult) {
  const LocalServer server([](const Seen&) { return Reply{.body = "abc"}; });
  const auto full = [] { return fail(ErrorCode::kNoSpace, "full"); };
  for (const bool in_head : {true, false}) {
    StreamHandlers handlers;
    if (in_head) handlers.on_head = [&full](const HttpResponse&) -> Result<> { return full(); };
    if (!in_head) handlers.on_body = [&full](std::span<const std::byte>) -> Result<> { return full(); };
    const auto answer = HttpClient().stream(request_for(server.url("/")), handlers);
    ASSERT_FALSE(answer);
    EXPECT_EQ(answer.error().code, ErrorCode::kNoSpace);
  }
}

TEST(HttpClient, OfAStreamedErrorAnswerOnlyTheStartIsKept) {
  const LocalServer server(
      [](const Seen&) { return Reply{.status = 500, .body = std::string(4 * kMaxErrorBody, 'e')}; });
  bool touched = false;
  const StreamHandlers handlers{.on_head = [&](const HttpResponse&) -> Result<> {
                                  touched = true;
                                  return {};
                                },
                                .on_body = [&](std::span<const std::byte>) -> Result<> {
                                  touched = true;
                                  return {};
                                }};
  const auto answer = HttpClient().stream(request_for(server.url("/")), handlers);
  ASSERT_TRUE(answer) << answer.error().message;
  EXPECT_EQ(answer->status, 500);
  EXPECT_LE(answer->body.size(), kMaxErrorBody);
  EXPECT_FALSE(touched);
}

TEST(HttpClient, ABodyMakesAPost) {
  const LocalServer server(
      [](const Seen& seen) { return Reply{.body = "{\"n\":1}\n{\"n\":2}\n" + seen.body}; });
  HttpRequest request = request_for(server.url("/api/chat"));
  request.headers = {{"Content-Type", "application/json"}};
  request.body = std::string("{\"a\":\0}", 7);
  std::string got;
  const StreamHandlers handlers{.on_body = [&](std::span<const std::byte> piece) -> Result<> {
    got.append(reinterpret_cast<const char*>(piece.data()), piece.size());
    return {};
  }};
  ASSERT_TRUE(HttpClient().stream(request, handlers));
  EXPECT_EQ(got, "{\"n\":1}\n{\"n\":2}\n" + *request.body);
  EXPECT_EQ(server.seen().at(0).method, "POST");
  EXPECT_EQ(server.seen().at(0).headers.at("content-type"), "application/json");
}

TEST(OriginOf, ShowsSchemeHostAndPortOnly) {
  EXPECT_EQ(origin_of("https://u:p@example.org:8443/a?b#c").value(), "https://example.org:8443");
  EXPECT_EQ(origin_of("http://example.org").value(), "http://example.org");
  EXPECT_FALSE(origin_of("javascript:alert(1)"));
  EXPECT_FALSE(origin_of(std::string("http://a\0.example.org/", 22)));
}

}  // namespace
}  // namespace zimu::outbound
