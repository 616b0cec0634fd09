#pragma once
#include <boost/asio/buffer.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <cstdint>
#include <memory>
#include <string_view>

#include "http/types.hpp"

namespace zimu::http {

/// A TCP socket whose every read and write has a deadline. beast::tcp_stream closes itself when time is up;
/// here the socket stays open, so that a 408 can still be sent. One deadline at a time. Thread: I/O. Failure:
/// kTimeout at the deadline, kIo when the client is gone or the socket was closed.
class TimedSocket {
 public:
  using Clock = std::chrono::steady_clock;

  explicit TimedSocket(boost::asio::ip::tcp::socket socket);
  ~TimedSocket();
  TimedSocket(const TimedSocket&) = delete;
  TimedSocket& operator=(const TimedSocket&) = delete;

  /// At least one byte; 0 when the client has closed its side.
  Awaitable<Result<std::size_t>> read_some(boost::asio::mutable_buffer into, Clock::time_point deadline);
  /// Both texts, whole; the time is between two moved bytes, not for the whole. They must outlive the call.
  Awaitable<Result<>> write(std::string_view first, std::string_view second, std::chrono::milliseconds idle);

  boost::asio::ip::tcp::socket& raw();
  std::size_t available();  ///< bytes that a read would get at once
  void shutdown_send();
  void close();  ///< ends every operation under way

 private:
  struct State;
  void arm(Clock::time_point deadline);
  bool disarm();  ///< true when the deadline had struck

  std::shared_ptr<State> state_;  ///< shared with the timer's callback, which may run after our end
};

}  // namespace zimu::http
