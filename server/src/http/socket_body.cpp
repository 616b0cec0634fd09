#include "http/socket_body.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace zimu::http {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
using boost::system::error_code;

/// How much one read of the socket may bring.
constexpr std::size_t kReadBytes = 64U << 10U;
/// A chunk's size line, and all trailers together, are no longer than this.
constexpr std::size_t kMaxChunkLineBytes = 16U << 10U;
/// A rest that is drained must come promptly.
constexpr std::chrono::milliseconds kDrainTimeout{2000};

}  // namespace

SocketBody::SocketBody(TimedSocket& socket, beast::flat_buffer& buffer, Parser& parser, Options options)
    : socket_(socket), buffer_(buffer), parser_(parser), options_(options) {}

std::optional<std::uint64_t> SocketBody::content_length() const {
  const auto length = parser_.content_length();
  if (length) return *length;
  if (parser_.chunked()) return std::nullopt;
  return 0;
}

Awaitable<Result<std::span<const std::byte>>> SocketBody::next() {
  if (failure_) co_return std::unexpected(*failure_);
  // Before any byte is asked for: a client that waits for "100 Continue" is spared the whole upload.
  if (content_length().value_or(0) > options_.limit) {
    failure_ = Error{ErrorCode::kTooLarge, fmt::format("the request body has {} bytes, the limit is {}",
                                                       *content_length(), options_.limit)};
    co_return std::unexpected(*failure_);
  }
  if (!piece_) piece_ = std::make_unique_for_overwrite<std::byte[]>(kPieceBytes);
  const std::span<std::byte> piece(piece_.get(), kPieceBytes);
  auto got = co_await fill(piece);
  if (got) {
    received_ += *got;
    if (received_ > options_.limit) {
      got = fail(ErrorCode::kTooLarge,
                 fmt::format("the request body is over the limit of {} bytes", options_.limit));
    }
  }
  if (!got) {
    failure_ = got.error();
    co_return std::unexpected(*failure_);
  }
  co_return std::span<const std::byte>(piece.first(*got));
}

Awaitable<Result<std::size_t>> SocketBody::fill(std::span<std::byte> into) {
  auto& target = parser_.get().body();
  target.data = into.data();
  target.size = into.size();
  while (!parser_.is_done() && target.size > 0) {
    ZIMU_CO_TRY(const bool progress, parse_buffered());
    if (progress) continue;
    // What has come is handed on at once: the handler writes while the client sends.
    if (target.size < into.size() && socket_.available() == 0) break;
    ZIMU_CO_TRY_VOID(co_await receive());
  }
  co_return into.size() - target.size;
}

Result<bool> SocketBody::parse_buffered() {
  if (buffer_.size() == 0) return false;
  error_code ec;
  const std::size_t used = parser_.put(buffer_.data(), ec);
  buffer_.consume(used);
  if (ec == beast::http::error::need_more) return used > 0;
  if (ec && ec != beast::http::error::need_buffer) {
    return std::unexpected(
        Error{ErrorCode::kInvalidArgument, "the request body is malformed: " + ec.message()});
  }
  return true;
}

Awaitable<Result<>> SocketBody::receive() {
  // Body bytes never stay in the buffer, so what is there is a chunk's line or trailer that has not ended.
  if (buffer_.size() > kMaxChunkLineBytes) {
    co_return fail(ErrorCode::kInvalidArgument,
                   "the request body is malformed: a chunk line or trailer never ends");
  }
  if (options_.expects_continue && !continued_) {
    continued_ = true;
    ZIMU_CO_TRY_VOID(co_await socket_.write("HTTP/1.1 100 Continue\r\n\r\n", {}, options_.idle_timeout));
  }
  const auto space = buffer_.prepare(kReadBytes);
  ZIMU_CO_TRY(const std::size_t got,
              co_await socket_.read_some(asio::buffer(space.data(), space.size()),
                                         TimedSocket::Clock::now() + options_.idle_timeout));
  if (got == 0) co_return fail(ErrorCode::kIo, "the client closed the connection before the body's end");
  buffer_.commit(got);
  co_return Result<>{};
}

bool SocketBody::can_stay_in_sync() const {
  if (failure_) return false;
  if (parser_.is_done()) return true;
  // Without our "100 Continue" nobody knows whether the body will come.
  if (options_.expects_continue && !continued_) return false;
  const auto rest = parser_.content_length_remaining();
  return rest && *rest <= kMaxDrainBytes;
}

Awaitable<bool> SocketBody::drain() {
  if (parser_.is_done()) co_return true;
  if (!can_stay_in_sync()) co_return false;
  options_.idle_timeout = std::min(options_.idle_timeout, kDrainTimeout);
  if (!piece_) piece_ = std::make_unique_for_overwrite<std::byte[]>(kPieceBytes);
  while (!parser_.is_done()) {
    const auto got = co_await fill({piece_.get(), kPieceBytes});
    if (!got) co_return false;
  }
  co_return true;
}

}  // namespace zimu::http
