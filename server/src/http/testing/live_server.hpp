#pragma once
#include <gtest/gtest.h>

#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "http/server.hpp"

namespace zimu::http::testing {

/// A real server on a free port, running on a thread of its own until the end of the test.
class LiveServer {
 public:
  explicit LiveServer(Router router, Limits limits = {}) : pool_(2) {
    ServerOptions options;
    options.port = 0;
    options.limits = limits;
    options.on_error = [this](const std::string& message) {
      const std::scoped_lock lock(mutex_);
      errors_.push_back(message);
    };
    options.on_response = [this](const std::string& method, const std::string& pattern, int status,
                                 std::chrono::microseconds) {
      const std::scoped_lock lock(mutex_);
      responses_.push_back(method + " " + pattern + " " + std::to_string(status));
    };
    auto created = Server::create(std::move(options), std::move(router), pool_);
    if (!created) throw std::runtime_error(created.error().message);
    server_ = std::move(*created);
    thread_ = std::thread([this] { server_->run(); });
  }
  ~LiveServer() {
    server_->stop();
    server_->stop();
    join();
  }
  LiveServer(const LiveServer&) = delete;
  LiveServer& operator=(const LiveServer&) = delete;

  std::uint16_t port() const { return server_->port(); }
  void stop() { server_->stop(); }
  /// Returns when `run` has.
  void join() {
    if (thread_.joinable()) thread_.join();
  }
  std::vector<std::string> errors() {
    const std::scoped_lock lock(mutex_);
    return errors_;
  }
  std::vector<std::string> responses() {
    const std::scoped_lock lock(mutex_);
    return responses_;
  }
  BlockingPool& pool() { return pool_; }

 private:
  std::mutex mutex_;
  std::vector<std::string> errors_;
  std::vector<std::string> responses_;
  BlockingPool pool_;
  std::unique_ptr<Server> server_;
  std::thread thread_;
};

/// A handler from a plain function.
template <class Fn>
Handler answering(Fn fn) {
  struct Call {
    static Awaitable<Response> run(Fn fn, Request* request) { co_return fn(*request); }
  };
  return [fn](Request& request) { return Call::run(fn, &request); };
}

}  // namespace zimu::http::testing
