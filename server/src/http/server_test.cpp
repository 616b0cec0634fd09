// Requests and answers over real sockets: parsing, guards, routing, errors, keep-alive.
#include "http/server.hpp"

#include <gtest/gtest.h>

#include "base/uuid.hpp"
#include "http/testing/live_server.hpp"
#include "http/testing/raw_client.hpp"

namespace zimu::http {
namespace {

using std::string_literals::operator""s;
using testing::Answer;
using testing::answering;
using testing::LiveServer;
using testing::RawClient;

Router sample() {
  Router router;
  router.add("GET", "/hello", answering([](Request&) { return Response::text(200, "hello"); }));
  router.add("GET", "/echo/{id}", answering([](Request& request) {
               std::string text =
                   request.method + " " + request.path + " " + std::string(request.path_param("id"));
               for (const auto& [name, value] : request.query) text += " " + name + "=" + value;
               return Response::text(200, text);
             }));
  router.add("POST", "/form", answering([](Request&) { return Response::empty(201); }), BodyPolicy::kSmall);
  router.add("GET", "/nothing", answering([](Request&) { return Response::text(204, "must not be sent"); }));
  router.add("GET", "/throw/{what}", answering([](Request& request) -> Response {
               if (request.path_param("what") == "int") throw 7;
               if (request.path_param("what") == "memory") throw std::bad_alloc();
               throw std::runtime_error("secret insides");
             }));
  return router;
}

std::string get(const std::string& target, const std::string& fields = "") {
  return "GET " + target + " HTTP/1.1\r\nHost: a\r\n" + fields + "\r\n";
}

TEST(Server, AnswersWithItsOwnHeaders) {
  LiveServer server(sample());
  RawClient client(server.port());
  const Answer answer = client.ask(get("/hello"));
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.body, "hello");
  EXPECT_EQ(answer.header("server"), "Zimu");
  EXPECT_EQ(answer.header("content-type"), "text/plain; charset=utf-8");
  EXPECT_EQ(answer.header("x-content-type-options"), "nosniff");
  EXPECT_TRUE(answer.header("date").ends_with(" GMT"));
  EXPECT_TRUE(is_uuid(answer.header("x-request-id")));
  EXPECT_EQ(answer.header("connection"), "");
}

TEST(Server, KeepsAProxysRequestIdWhenItIsOne) {
  LiveServer server(sample());
  RawClient client(server.port());
  const std::string id = new_uuid();
  EXPECT_EQ(client.ask(get("/hello", "X-Request-Id: " + id + "\r\n")).header("x-request-id"), id);
  EXPECT_NE(client.ask(get("/hello", "X-Request-Id: <script>\r\n")).header("x-request-id"), "<script>");
}

TEST(Server, DecodesPathParametersAndQuery) {
  LiveServer server(sample());
  RawClient client(server.port());
  EXPECT_EQ(client.ask(get("/echo/a%2Fb%20c?q=x+y&z=%C3%A9")).body, "GET /echo/a/b c a/b c q=x y z=é");
  EXPECT_EQ(client.ask(get("http://other:99/echo/1?a=b")).body, "GET /echo/1 1 a=b");
}

TEST(Server, ServesPipelinedRequestsInOrder) {
  LiveServer server(sample());
  RawClient client(server.port());
  std::string many;
  for (int i = 0; i < 50; ++i) many += get("/echo/" + std::to_string(i)) + (i % 7 == 0 ? "\r\n" : "");
  client.send(many);
  for (int i = 0; i < 50; ++i) {
    const Answer answer = client.read_answer();
    EXPECT_EQ(answer.body, "GET /echo/" + std::to_string(i) + " " + std::to_string(i));
  }
}

TEST(Server, TakesAHeaderByteByByte) {
  LiveServer server(sample());
  RawClient client(server.port());
  for (const char c : get("/hello")) ASSERT_TRUE(client.send({&c, 1}));
  EXPECT_EQ(client.read_answer().body, "hello");
}

TEST(Server, HeadAndOptionsHaveNoBody) {
  LiveServer server(sample());
  RawClient client(server.port());
  const Answer head = client.ask("HEAD /hello HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_EQ(head.status, 200);
  EXPECT_EQ(head.header("content-length"), "5");
  const Answer options = client.ask("OPTIONS /form HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_EQ(options.status, 204);
  EXPECT_EQ(options.header("allow"), "POST, OPTIONS");
  EXPECT_EQ(client.ask("OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n").status, 204);
  const Answer nothing = client.ask(get("/nothing"));
  EXPECT_EQ(nothing.status, 204);
  EXPECT_EQ(nothing.header("content-length"), "");
  const Answer missing = client.ask("HEAD /missing HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_EQ(missing.status, 404);
  EXPECT_EQ(client.ask(get("/hello")).body, "hello") << "the connection is in sync after all of these";
}

TEST(Server, ProblemsForMissingAndForbidden) {
  LiveServer server(sample());
  RawClient client(server.port());
  const Answer missing = client.ask(get("/no%22where"));
  EXPECT_EQ(missing.status, 404);
  EXPECT_EQ(missing.header("content-type"), "application/problem+json");
  EXPECT_EQ(
      missing.body,
      R"({"type":"about:blank","title":"Not Found","status":404,"detail":"there is nothing at /no\"where",)"
      R"("code":"not_found"})");
  const Answer wrong = client.ask("DELETE /form HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_EQ(wrong.status, 405);
  EXPECT_EQ(wrong.header("allow"), "POST, OPTIONS");
  EXPECT_NE(wrong.body.find("\"status\":405"), std::string::npos);
}

TEST(Server, BadTargetsAre400AndKeepTheConnection) {
  LiveServer server(sample());
  RawClient client(server.port());
  for (const char* target :
       {"/%", "/%zz", "/a%00b", "/%ff", "/../etc/passwd", "/a/%2e%2e/b", "/hello?a=%", "/a#b"}) {
    EXPECT_EQ(client.ask(get(target)).status, 400) << target;
  }
  EXPECT_EQ(client.ask(get("/hello")).status, 200);
}

TEST(Server, HandlerExceptionsAre500WithAnIdAndTheProcessLives) {
  LiveServer server(sample());
  for (const auto& [what, status] :
       {std::pair{"runtime", 500}, std::pair{"int", 500}, std::pair{"memory", 503}}) {
    RawClient client(server.port());
    const Answer answer = client.ask(get("/throw/"s + what));
    EXPECT_EQ(answer.status, status);
    EXPECT_EQ(answer.body.find("secret"), std::string::npos);
    EXPECT_EQ(answer.header("connection"), "close");
    EXPECT_TRUE(client.at_end());
    ASSERT_FALSE(server.errors().empty());
    EXPECT_NE(server.errors().back().find(answer.header("x-request-id")), std::string::npos);
  }
  EXPECT_NE(server.errors().front().find("secret insides"), std::string::npos);
  EXPECT_EQ(RawClient(server.port()).ask(get("/hello")).status, 200);
}

TEST(Server, SpeaksHttp10) {
  LiveServer server(sample());
  RawClient once(server.port());
  const Answer closed = once.ask("GET /hello HTTP/1.0\r\n\r\n");
  EXPECT_EQ(closed.body, "hello");
  EXPECT_EQ(closed.header("connection"), "close");
  EXPECT_TRUE(once.at_end());
  RawClient kept(server.port());
  const std::string keep = "GET /hello HTTP/1.0\r\nConnection: keep-alive\r\n\r\n";
  EXPECT_EQ(kept.ask(keep).header("connection"), "keep-alive");
  EXPECT_EQ(kept.ask(keep).body, "hello");
}

TEST(Server, ClosesWhenAsked) {
  LiveServer server(sample());
  RawClient client(server.port());
  EXPECT_EQ(client.ask(get("/hello", "Connection: close\r\n")).header("connection"), "close");
  EXPECT_TRUE(client.at_end());
}

TEST(Server, ReportsEveryResponse) {
  LiveServer server(sample());
  RawClient client(server.port());
  client.ask(get("/echo/1"));
  client.ask(get("/missing"));
  client.ask(get("/hello", "Connection: close\r\n"));
  ASSERT_TRUE(client.at_end());
  const std::vector<std::string> want{"GET /echo/{id} 200", "GET  404", "GET /hello 200"};
  EXPECT_EQ(server.responses(), want);
}

struct GuardCase {
  std::string request;
  int status;
};

class ServerGuard : public ::testing::TestWithParam<GuardCase> {};

TEST_P(ServerGuard, RefusesAndCloses) {
  LiveServer server(sample());
  RawClient client(server.port());
  // A good request behind the bad one must never be answered: that would be the smuggled one.
  const Answer answer = client.ask(GetParam().request + get("/hello"));
  EXPECT_EQ(answer.status, GetParam().status);
  EXPECT_EQ(answer.header("connection"), "close");
  EXPECT_EQ(answer.header("content-type"), "application/problem+json");
  client.close_sending();
  EXPECT_TRUE(client.at_end());
}

std::string post(const std::string& fields) {
  return "POST /form HTTP/1.1\r\nHost: a\r\n" + fields + "\r\n";
}

INSTANTIATE_TEST_SUITE_P(
    Framing, ServerGuard,
    ::testing::Values(
        GuardCase{post("Content-Length: 3\r\nTransfer-Encoding: chunked\r\n") + "0\r\n\r\n", 400},
        GuardCase{post("Transfer-Encoding: gzip, chunked\r\n") + "0\r\n\r\n", 400},
        GuardCase{post("Transfer-Encoding: xchunked\r\n"), 400},
        GuardCase{"POST /form HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400},
        GuardCase{post("Content-Length: 1\r\nContent-Length: 1\r\n") + "x", 400},
        GuardCase{post("Content-Length: 1, 1\r\n") + "x", 400},
        GuardCase{post("Content-Length: -1\r\n"), 400}, GuardCase{post("Content-Length: 1x\r\n"), 400},
        GuardCase{post("Content-Length: 99999999999999999999\r\n"), 400},
        GuardCase{post("X: a\r\n b\r\n"), 400}, GuardCase{post("X : a\r\n"), 400},
        GuardCase{post("X: a\nY: b\r\n"), 400}, GuardCase{post("X: a\rb\r\n"), 400},
        GuardCase{post("X: a\0b\r\n"s), 400}, GuardCase{"GET /hello HTTP/1.1\nHost: a\n\n", 400},
        GuardCase{"GET /hello HTTP/1.1\r\n\r\n", 400}, GuardCase{post("Host: b\r\n"), 400},
        GuardCase{"GET /hello HTTP/2.0\r\nHost: a\r\n\r\n", 505},
        GuardCase{"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505}, GuardCase{"nonsense\r\n\r\n", 400},
        GuardCase{"GET /hello HTTP/1.1\r\nHost: a\r\nX: " + std::string(17000, 'x') + "\r\n\r\n", 431},
        GuardCase{"GET /" + std::string(17000, 'x') + " HTTP/1.1\r\nHost: a\r\n\r\n", 431}));

TEST(Server, SaysWhyItCannotListen) {
  LiveServer first(sample());
  BlockingPool pool(1);
  ServerOptions options;
  options.port = first.port();
  const auto taken = Server::create(options, Router(), pool);
  ASSERT_FALSE(taken);
  EXPECT_EQ(taken.error().code, ErrorCode::kUnavailable);
  EXPECT_NE(taken.error().message.find("127.0.0.1 port " + std::to_string(first.port())), std::string::npos);
  options.address = "nowhere";
  EXPECT_EQ(Server::create(options, Router(), pool).error().code, ErrorCode::kInvalidArgument);
}

}  // namespace
}  // namespace zimu::http
