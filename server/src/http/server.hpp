#pragma once
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "base/result.hpp"
#include "http/blocking_pool.hpp"
#include "http/router.hpp"

namespace zimu::http {

/// Every limit of the HTTP layer, named. Tests shrink them.
struct Limits {
  std::size_t header_bytes = 16U << 10U;
  std::chrono::milliseconds header_timeout{10'000};
  std::chrono::milliseconds idle_timeout{60'000};  ///< no byte moved in either direction
  std::uint64_t small_body_bytes = 1U << 20U;
  std::uint64_t upload_bytes = 53'687'091'200;  ///< ZIMU_MAX_UPLOAD_BYTES
  std::size_t connections = 1024;
  std::size_t connections_per_address = 256;
  std::chrono::milliseconds stop_grace{10'000};  ///< for requests in flight at the first SIGTERM
};

struct ServerOptions {
  std::string address = "127.0.0.1";
  std::uint16_t port = 8080;  ///< 0: any free port, see `port()`
  Limits limits;
  /// Called after each response, for access log and metrics. Thread: I/O. Must not block.
  std::function<void(const std::string& method, const std::string& pattern, int status,
                     std::chrono::microseconds)>
      on_response;
  /// What clients are not told: exceptions in handlers, internal errors, with the request id. Thread: I/O.
  std::function<void(const std::string& message)> on_error = {};
};

/// One listener, one I/O thread, one coroutine a connection. Stop ladder: stop accepting → 503 with
/// Connection: close on new requests → streams told to end → requests in flight finish (stop_grace) → close.
class Server {
 public:
  /// Binds; kUnavailable naming address and port when taken.
  static Result<std::unique_ptr<Server>> create(ServerOptions options, Router router, BlockingPool& pool);
  ~Server();
  std::uint16_t port() const;
  void run();   ///< serves on the calling thread until stopped
  void stop();  ///< graceful; a second call stops at once. Thread: any, also from a signal-handling thread.

 private:
  struct Impl;
  explicit Server(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace zimu::http
