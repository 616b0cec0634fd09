#include "http/socket_stream.hpp"

#include <fmt/format.h>
#include <sys/socket.h>

#include <algorithm>
#include <boost/asio/post.hpp>
#include <cerrno>
#include <mutex>

#include "http/asio_compat.hpp"

namespace zimu::http {

namespace asio = boost::asio;
using boost::system::error_code;

namespace {

/// Timers take no "for ever"; nobody waits longer without looking.
constexpr std::chrono::milliseconds kLongestWait = std::chrono::hours{24};

}  // namespace

/// What a notifier needs. Two owners: the stream until it ends, and every notifier handed out, which may
/// outlive the stream, the server and its io_context. Ending the stream takes the executor away under the
/// lock, so a late notifier finds nothing to post to.
struct SocketStream::Wakeup {
  std::mutex mutex;
  std::optional<asio::any_io_executor> executor;  ///< none once the stream has ended
  bool notified = false;
  SocketStream* stream = nullptr;  ///< Thread: I/O. Null once the stream has ended.

  static void notify(const std::shared_ptr<Wakeup>& self) {
    const std::scoped_lock lock(self->mutex);
    if (!self->executor || self->notified) return;
    self->notified = true;
    asio::post(*self->executor, [self] {
      if (self->stream != nullptr) self->stream->timer_.cancel();
    });
  }

  bool take_notified() {
    const std::scoped_lock lock(mutex);
    return std::exchange(notified, false);
  }

  void end() {
    stream = nullptr;
    const std::scoped_lock lock(mutex);
    executor.reset();
  }
};

SocketStream::SocketStream(TimedSocket& socket, const ServerState& server, bool chunked)
    : socket_(socket),
      server_(server),
      chunked_(chunked),
      timer_(socket.raw().get_executor()),
      wakeup_(std::make_shared<Wakeup>()) {
  wakeup_->executor = socket.raw().get_executor();
  wakeup_->stream = this;
}

SocketStream::~SocketStream() {
  wakeup_->end();
  if (!watching_) return;
  // Takes back the pending read of `watch_for_disconnect`.
  error_code ignored;
  socket_.raw().cancel(ignored);
}

Awaitable<Result<>> SocketStream::write(std::string bytes) {
  if (gone_) co_return fail(ErrorCode::kIo, "the client is gone");
  if (bytes.empty()) co_return Result<>{};  // an empty chunk would end the response
  std::string size_line;
  if (chunked_) {
    size_line = fmt::format("{:x}\r\n", bytes.size());
    bytes += "\r\n";
  }
  auto written = co_await socket_.write(size_line, bytes, server_.options.limits.idle_timeout);
  if (!written) {
    leave();
    co_return fail(ErrorCode::kIo, "the client is gone: " + written.error().message);
  }
  co_return Result<>{};
}

Awaitable<Result<>> SocketStream::finish() {
  if (gone_) co_return fail(ErrorCode::kIo, "the client is gone");
  if (!chunked_) co_return Result<>{};
  co_return co_await socket_.write("0\r\n\r\n", {}, server_.options.limits.idle_timeout);
}

Awaitable<> SocketStream::wait(std::chrono::milliseconds at_most) {
  if (wakeup_->take_notified() || stopping()) {
    // Still one turn of the loop, so that a producer which is notified all the time lets others run.
    co_await asio::post(asio::use_awaitable);
    co_return;
  }
  if (!watching_) watch_for_disconnect();
  timer_.expires_after(std::clamp(at_most, std::chrono::milliseconds{0}, kLongestWait));
  co_await timer_.async_wait(kAsTuple);
  wakeup_->take_notified();
}

bool SocketStream::stopping() const {
  return gone_ || server_.stopping;
}

std::function<void()> SocketStream::notifier() {
  return [wakeup = wakeup_] { Wakeup::notify(wakeup); };
}

void SocketStream::wake() {
  timer_.cancel();
}

void SocketStream::leave() {
  gone_ = true;
  timer_.cancel();
}

void SocketStream::watch_for_disconnect() {
  watching_ = true;
  socket_.raw().async_wait(asio::ip::tcp::socket::wait_read, [wakeup = wakeup_](error_code ec) {
    if (!ec && wakeup->stream != nullptr) wakeup->stream->on_readable();
  });
}

void SocketStream::on_readable() {
  char byte = 0;
  const ssize_t got = ::recv(socket_.raw().native_handle(), &byte, 1, MSG_PEEK | MSG_DONTWAIT);
  if (got > 0)
    return;  // a pipelined request: it stays in the kernel until its turn, a later end shows when writing
  if (got < 0 && (errno == EAGAIN || errno == EINTR)) {
    watch_for_disconnect();
  } else {
    leave();
  }
}

}  // namespace zimu::http
