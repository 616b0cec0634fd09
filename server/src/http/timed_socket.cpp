#include "http/timed_socket.hpp"

#include <array>

#include "http/asio_compat.hpp"

namespace zimu::http {

namespace asio = boost::asio;
using boost::system::error_code;

struct TimedSocket::State {
  explicit State(asio::ip::tcp::socket s) : socket(std::move(s)), timer(socket.get_executor()) {}
  asio::ip::tcp::socket socket;
  asio::steady_timer timer;
  std::uint64_t generation = 0;  ///< a callback of an earlier deadline is too late to act
  bool struck = false;
};

TimedSocket::TimedSocket(asio::ip::tcp::socket socket) : state_(std::make_shared<State>(std::move(socket))) {}

TimedSocket::~TimedSocket() {
  close();
}

asio::ip::tcp::socket& TimedSocket::raw() {
  return state_->socket;
}

void TimedSocket::arm(Clock::time_point deadline) {
  state_->struck = false;
  const std::uint64_t generation = ++state_->generation;
  state_->timer.expires_at(deadline);
  state_->timer.async_wait([state = state_, generation](error_code ec) {
    if (ec || state->generation != generation) return;
    state->struck = true;
    error_code ignored;
    state->socket.cancel(ignored);
  });
}

bool TimedSocket::disarm() {
  ++state_->generation;
  state_->timer.cancel();
  return state_->struck;
}

Awaitable<Result<std::size_t>> TimedSocket::read_some(asio::mutable_buffer into, Clock::time_point deadline) {
  arm(deadline);
  const auto outcome = co_await state_->socket.async_read_some(into, kAsTuple);
  const bool late = disarm();
  const error_code ec = std::get<0>(outcome);
  if (!ec) co_return std::get<1>(outcome);
  if (ec == asio::error::eof) co_return std::size_t{0};
  if (late) co_return fail(ErrorCode::kTimeout, "the client sent nothing for too long");
  co_return fail(ErrorCode::kIo, "the connection broke: " + ec.message());
}

Awaitable<Result<>> TimedSocket::write(std::string_view first, std::string_view second,
                                       std::chrono::milliseconds idle) {
  while (!first.empty() || !second.empty()) {
    const std::array<asio::const_buffer, 2> buffers{asio::buffer(first), asio::buffer(second)};
    arm(Clock::now() + idle);
    const auto outcome = co_await state_->socket.async_write_some(buffers, kAsTuple);
    const bool late = disarm();
    const error_code ec = std::get<0>(outcome);
    if (ec && late) co_return fail(ErrorCode::kTimeout, "the client took nothing for too long");
    if (ec) co_return fail(ErrorCode::kIo, "the connection broke: " + ec.message());
    const std::size_t of_first = std::min(std::get<1>(outcome), first.size());
    first.remove_prefix(of_first);
    second.remove_prefix(std::get<1>(outcome) - of_first);
  }
  co_return Result<>{};
}

std::size_t TimedSocket::available() {
  error_code ignored;
  return state_->socket.available(ignored);
}

void TimedSocket::shutdown_send() {
  error_code ignored;
  state_->socket.shutdown(asio::ip::tcp::socket::shutdown_send, ignored);
}

void TimedSocket::close() {
  ++state_->generation;
  state_->timer.cancel();
  error_code ignored;
  state_->socket.close(ignored);
}

}  // namespace zimu::http
