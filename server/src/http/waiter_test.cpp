// Handlers that wait for something else before they answer.
#include <gtest/gtest.h>

#include <future>

#include "http/testing/live_server.hpp"
#include "http/testing/raw_client.hpp"

namespace zimu::http {
namespace {

using namespace std::chrono_literals;
using testing::Answer;
using testing::LiveServer;
using testing::RawClient;

struct Stage {
  std::promise<std::function<void()>> waiting;
  std::atomic<bool> ready = false;
  std::promise<bool> ended;  ///< with `ready`
};

Awaitable<Response> answer_when_ready(Stage* stage, Request* request) {
  stage->waiting.set_value(request->waiter->notifier());
  while (!stage->ready && !request->waiter->stopping()) co_await request->waiter->wait(1h);
  stage->ended.set_value(stage->ready);
  co_return Response::text(stage->ready ? 200 : 503, "answer");
}

class Waiting : public ::testing::Test {
 protected:
  void start(Limits limits = {}) {
    Router router;
    router.add("GET", "/x", [this](Request& request) { return answer_when_ready(&stage_, &request); });
    server_ = std::make_unique<LiveServer>(std::move(router), limits);
    client_ = std::make_unique<RawClient>(server_->port());
    ASSERT_TRUE(client_->send("GET /x HTTP/1.1\r\nHost: a\r\n\r\n"));
    notify_ = stage_.waiting.get_future().get();
  }
  void make_ready() {
    stage_.ready = true;
    notify_();
  }

  Stage stage_;
  std::function<void()> notify_;
  std::unique_ptr<LiveServer> server_;
  std::unique_ptr<RawClient> client_;
};

TEST_F(Waiting, EndsWhenNotified) {
  start();
  make_ready();
  EXPECT_EQ(client_->read_answer().status, 200);
  // The connection is in sync, and a late notification harms nobody.
  notify_();
  EXPECT_EQ(client_->ask("GET /none HTTP/1.1\r\nHost: a\r\n\r\n").status, 404);
}

TEST_F(Waiting, OutlivesTheIdleTimeout) {
  Limits limits;
  limits.idle_timeout = 50ms;
  start(limits);
  std::this_thread::sleep_for(200ms);
  make_ready();
  EXPECT_EQ(client_->read_answer().status, 200);
}

TEST_F(Waiting, EndsWhenTheClientLeaves) {
  start();
  client_->close();
  EXPECT_FALSE(stage_.ended.get_future().get());
}

TEST_F(Waiting, EndsWhenTheServerStops) {
  start();
  server_->stop();
  EXPECT_EQ(client_->read_answer().status, 503);
  server_->join();
}

TEST_F(Waiting, APipelinedRequestIsAnsweredAfterIt) {
  start();
  ASSERT_TRUE(client_->send("GET /none HTTP/1.1\r\nHost: a\r\n\r\n"));
  make_ready();
  EXPECT_EQ(client_->read_answer().status, 200);
  EXPECT_EQ(client_->read_answer().status, 404);
}

}  // namespace
}  // namespace zimu::http
