#pragma once
#include <boost/asio/steady_timer.hpp>
#include <memory>

#include "http/server_state.hpp"
#include "http/timed_socket.hpp"
#include "http/types.hpp"

namespace zimu::http {

/// The Waiter of one handler, or the StreamWriter of one response. Owner: the connection, while that lasts. Thread: I/O;
/// only the functions that `notifier` hands out are for any thread.
class SocketStream final : public StreamWriter {
 public:
  /// `chunked`: false for HTTP/1.0, where the end of the connection ends the response.
  SocketStream(TimedSocket& socket, const ServerState& server, bool chunked);
  ~SocketStream() override;
  SocketStream(const SocketStream&) = delete;
  SocketStream& operator=(const SocketStream&) = delete;

  Awaitable<Result<>> write(std::string bytes) override;
  Awaitable<> wait(std::chrono::milliseconds at_most) override;
  bool stopping() const override;
  std::function<void()> notifier() override;

  void watch_for_disconnect();  ///< a pending read, of no bytes, on the socket; `wait` does it too
  void wake();                  ///< ends `wait`: the server stops
  bool client_gone() const { return gone_; }
  Awaitable<Result<>> finish();  ///< the last chunk

 private:
  struct Wakeup;
  void on_readable();
  void leave();  ///< the client is gone

  TimedSocket& socket_;
  const ServerState& server_;
  bool chunked_;
  bool gone_ = false;
  bool watching_ = false;  ///< `watch_for_disconnect` has been called
  boost::asio::steady_timer timer_;
  std::shared_ptr<Wakeup> wakeup_;
};

}  // namespace zimu::http
