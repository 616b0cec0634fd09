// Streamed responses, timeouts, connection limits and the stop ladder over real sockets.
#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <optional>

#include "http/sse.hpp"
#include "http/testing/live_server.hpp"
#include "http/testing/raw_client.hpp"

namespace zimu::http {
namespace {

using namespace std::chrono_literals;
using testing::Answer;
using testing::answering;
using testing::LiveServer;
using testing::RawClient;

/// What the streams under test and the test say to each other.
struct Stage {
  std::promise<std::function<void()>> notifier;
  std::atomic<int> events = 0;
  std::promise<bool> ended;  ///< with `stopping()` at the end
};

/// Writes an event each time it is woken, until it is told to stop.
Awaitable<void> produce_events(std::shared_ptr<Stage> stage, StreamWriter* writer) {
  stage->notifier.set_value(writer->notifier());
  int written = 0;
  while (!writer->stopping()) {
    while (written < stage->events) {
      const auto sent = co_await writer->write(sse_event(std::to_string(++written), "tick", "x"));
      if (!sent) break;
    }
    if (!writer->stopping()) co_await writer->wait(1h);
  }
  static_cast<void>(co_await writer->write("bye"));
  stage->ended.set_value(writer->stopping());
}

Awaitable<void> produce_three(StreamWriter* writer) {
  for (const char* text : {"one", "", "two", "three"}) static_cast<void>(co_await writer->write(text));
}

Awaitable<void> produce_and_throw(StreamWriter* writer) {
  static_cast<void>(co_await writer->write("one"));
  throw std::runtime_error("broken producer");
}

template <class Produce>
Handler streaming(Produce produce) {
  return answering([produce](Request&) {
    Response response = Response::empty(200);
    response.body = StreamBody{[produce](StreamWriter& writer) { return produce(&writer); }};
    return response;
  });
}

Handler events(std::shared_ptr<Stage> stage) {
  return streaming([stage](StreamWriter* writer) { return produce_events(stage, writer); });
}

std::string get(const std::string& path, const std::string& version = "1.1") {
  return "GET " + path + " HTTP/" + version + "\r\nHost: a\r\n\r\n";
}

Router with(Handler handler) {
  Router router;
  router.add("GET", "/x", std::move(handler));
  router.add("GET", "/hello", answering([](Request&) { return Response::text(200, "hello"); }));
  return router;
}

TEST(Stream, IsChunkedAndKeepsTheConnection) {
  LiveServer server(with(streaming(produce_three)));
  RawClient client(server.port());
  for (int i = 0; i < 3; ++i) {
    const Answer answer = client.ask(get("/x"));
    EXPECT_EQ(answer.header("transfer-encoding"), "chunked");
    EXPECT_EQ(answer.body, "onetwothree");
    EXPECT_TRUE(answer.complete);
  }
  const Answer head = client.ask("HEAD /x HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_EQ(head.status, 200);
  EXPECT_EQ(client.ask(get("/hello")).body, "hello");
}

TEST(Stream, AnswersPipelinedRequestsAfterItself) {
  LiveServer server(with(streaming(produce_three)));
  RawClient client(server.port());
  client.send(get("/x") + get("/x") + get("/hello"));
  EXPECT_EQ(client.read_answer().body, "onetwothree");
  EXPECT_EQ(client.read_answer().body, "onetwothree");
  EXPECT_EQ(client.read_answer().body, "hello");
}

TEST(Stream, EndsWithTheConnectionInHttp10) {
  LiveServer server(with(streaming(produce_three)));
  const Answer answer = RawClient(server.port()).ask(get("/x", "1.0"));
  EXPECT_EQ(answer.header("transfer-encoding"), "");
  EXPECT_EQ(answer.header("connection"), "close");
  EXPECT_EQ(answer.body, "onetwothree");
}

TEST(Stream, AProducersExceptionCutsItShort) {
  LiveServer server(with(streaming(produce_and_throw)));
  const Answer answer = RawClient(server.port()).ask(get("/x"));
  EXPECT_EQ(answer.body, "one");
  EXPECT_FALSE(answer.complete);
  EXPECT_EQ(RawClient(server.port()).ask(get("/hello")).status, 200);
  ASSERT_EQ(server.errors().size(), 1U);
  EXPECT_NE(server.errors()[0].find("broken producer"), std::string::npos);
}

TEST(Stream, WakesFromAnyThreadAlsoAfterItsEnd) {
  const auto stage = std::make_shared<Stage>();
  std::function<void()> notify;
  {
    LiveServer server(with(events(stage)));
    RawClient client(server.port());
    client.send(get("/x"));
    notify = stage->notifier.get_future().get();
    std::vector<std::thread> threads;
    for (int i = 0; i < 4; ++i) {
      threads.emplace_back([stage, notify] {
        for (int n = 0; n < 250; ++n) {
          ++stage->events;
          notify();
        }
      });
    }
    for (std::string line = client.read_line(); !line.empty(); line = client.read_line()) {
    }
    std::string seen;
    while (seen.find("id: 1000\n") == std::string::npos) {
      const std::string size = client.read_line();
      ASSERT_FALSE(size.empty());
      seen += client.read_exactly(std::stoul(size, nullptr, 16));
      client.read_exactly(2);
    }
    for (std::thread& thread : threads) thread.join();
    client.close();
    EXPECT_TRUE(stage->ended.get_future().get()) << "the pending read saw the client leave";
    notify();
  }
  notify();  // the server and its io_context are gone
}

TEST(Stream, StopEndsIt) {
  const auto stage = std::make_shared<Stage>();
  LiveServer server(with(events(stage)));
  RawClient client(server.port());
  client.send(get("/x"));
  stage->notifier.get_future().get();
  server.stop();
  const Answer answer = client.read_answer();
  EXPECT_EQ(answer.body, "bye");
  EXPECT_TRUE(answer.complete) << "the stream ended by its last chunk";
  EXPECT_TRUE(client.at_end());
  server.join();
}

Limits quick() {
  Limits limits;
  limits.header_timeout = 100ms;
  limits.idle_timeout = 100ms;
  limits.stop_grace = 60s;
  return limits;
}

Awaitable<Response> read_all(Request* request) {
  auto body = co_await read_small_body(*request);
  if (!body) co_return Response::problem(body.error());
  co_return Response::text(200, std::move(*body));
}

TEST(Timeout, SlowHeadersAre408IdleConnectionsCloseSilently) {
  LiveServer server(with(streaming(produce_three)), quick());
  RawClient slow(server.port());
  const Answer late = slow.ask("GET /hello HT");
  EXPECT_EQ(late.status, 408);
  EXPECT_EQ(late.header("connection"), "close");
  RawClient silent(server.port());
  EXPECT_TRUE(silent.at_end());
  RawClient kept(server.port());
  EXPECT_EQ(kept.ask(get("/hello")).status, 200);
  EXPECT_TRUE(kept.at_end());
}

TEST(Timeout, AStalledBodyIs408) {
  Router router;
  router.add("POST", "/x", [](Request& request) { return read_all(&request); }, BodyPolicy::kSmall);
  LiveServer server(std::move(router), quick());
  RawClient client(server.port());
  const Answer answer = client.ask("POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nhalf");
  EXPECT_EQ(answer.status, 408);
  EXPECT_EQ(answer.header("connection"), "close");
}

TEST(Timeout, AClientThatTakesNothingIsDropped) {
  LiveServer server(
      with(answering([](Request&) { return Response::text(200, std::string(64U << 20U, 'x')); })), quick());
  RawClient client(server.port());
  client.send(get("/x"));
  while (server.responses().empty()) std::this_thread::sleep_for(5ms);
  EXPECT_FALSE(client.read_answer().complete);
}

TEST(ConnectionLimit, IsToldInAnAnswer) {
  Limits limits;
  limits.connections = 3;
  LiveServer server(with(streaming(produce_three)), limits);
  std::optional<RawClient> first(server.port());
  RawClient second(server.port());
  RawClient third(server.port());
  for (RawClient* client : {&*first, &second, &third}) EXPECT_EQ(client->ask(get("/hello")).status, 200);
  RawClient fourth(server.port());
  const Answer refused = fourth.ask(get("/hello"));
  EXPECT_EQ(refused.status, 503);
  EXPECT_EQ(refused.header("retry-after"), "5");
  EXPECT_EQ(refused.header("connection"), "close");
  first.reset();
  int status = 503;
  while (status == 503) status = RawClient(server.port()).ask(get("/hello")).status;
  EXPECT_EQ(status, 200) << "a closed connection makes room";
}

TEST(ConnectionLimit, HoldsPerAddressToo) {
  Limits limits;
  limits.connections_per_address = 1;
  LiveServer server(with(streaming(produce_three)), limits);
  RawClient first(server.port());
  EXPECT_EQ(first.ask(get("/hello")).status, 200);
  EXPECT_EQ(RawClient(server.port()).ask(get("/hello")).status, 503);
  EXPECT_EQ(first.ask(get("/hello")).status, 200);
}

/// A handler that waits on the pool until the test lets it go on.
struct Gate {
  std::promise<void> entered;
  std::promise<void> leave;
};

Awaitable<Response> pass_gate(BlockingPool* pool, Gate* gate) {
  const auto wait = [gate]() -> Result<int> {
    gate->entered.set_value();
    gate->leave.get_future().wait();
    return 1;
  };
  const auto passed = co_await run_blocking(*pool, wait);
  co_return passed ? Response::text(200, "passed") : Response::problem(passed.error());
}

TEST(Stop, FinishesRequestsInFlightAndRefusesNewOnes) {
  BlockingPool pool(1);
  Gate gate;
  LiveServer server(with([&pool, &gate](Request&) { return pass_gate(&pool, &gate); }), {});
  RawClient busy(server.port());
  RawClient half(server.port());
  RawClient idle(server.port());
  EXPECT_EQ(idle.ask(get("/hello")).status, 200);
  busy.send(get("/x") + get("/hello"));
  gate.entered.get_future().wait();
  EXPECT_EQ(half.ask(get("/hello")).status, 200);
  half.send("GET /hello HTTP/1.1\r\nHo");
  server.stop();
  EXPECT_TRUE(idle.at_end()) << "idle connections are closed at once";
  gate.leave.set_value();
  const Answer passed = busy.read_answer();
  EXPECT_EQ(passed.body, "passed");
  EXPECT_EQ(passed.header("connection"), "close");
  busy.close();
  half.close();
  server.join();
}

TEST(Stop, ARequestThatArrivesDuringTheStopIs503) {
  BlockingPool pool(1);
  Gate gate;
  LiveServer server(with([&pool, &gate](Request&) { return pass_gate(&pool, &gate); }), {});
  RawClient busy(server.port());
  RawClient half(server.port());
  busy.send(get("/x"));
  gate.entered.get_future().wait();
  // Answered, then half a request that the server must have seen: its 100 pipelined neighbours prove it.
  half.send("GET /hello HTTP/1.1\r\nHost: a\r\n\r\nGET /hello HTTP/1.1\r\nHost: ");
  EXPECT_EQ(half.read_answer().status, 200);
  EXPECT_EQ(RawClient(server.port()).ask(get("/hello")).status, 200);
  server.stop();
  const Answer refused = half.ask("a\r\n\r\n");
  EXPECT_EQ(refused.status, 503);
  EXPECT_EQ(refused.header("connection"), "close");
  gate.leave.set_value();
  EXPECT_EQ(busy.read_answer().body, "passed");
  server.join();
}

TEST(Stop, TheGraceEnds) {
  Limits limits;
  limits.stop_grace = 50ms;
  Router router;
  router.add("POST", "/x", [](Request& request) { return read_all(&request); }, BodyPolicy::kSmall);
  LiveServer server(std::move(router), limits);
  RawClient client(server.port());
  client.send("POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\nExpect: 100-continue\r\n\r\n");
  EXPECT_EQ(client.read_line(), "HTTP/1.1 100 Continue");
  client.send("half");
  server.stop();
  server.join();
}

TEST(Stop, ASecondStopDoesNotWait) {
  Limits limits;
  limits.stop_grace = 24h;
  Router router;
  router.add("POST", "/x", [](Request& request) { return read_all(&request); }, BodyPolicy::kSmall);
  const auto stage = std::make_shared<Stage>();
  router.add("GET", "/events", events(stage));
  LiveServer server(std::move(router), limits);
  RawClient upload(server.port());
  upload.send("POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\nExpect: 100-continue\r\n\r\n");
  EXPECT_EQ(upload.read_line(), "HTTP/1.1 100 Continue");
  RawClient stream(server.port());
  stream.send(get("/events"));
  stage->notifier.get_future().get();
  server.stop();
  server.stop();
  server.join();
}

TEST(Stop, WorksBeforeRunAndWithoutRun) {
  BlockingPool pool(1);
  ServerOptions options;
  options.port = 0;
  {
    auto server = *Server::create(options, Router(), pool);
    server->stop();
    server->run();
  }
  auto never_run = *Server::create(options, Router(), pool);
  never_run->stop();
}

}  // namespace
}  // namespace zimu::http
