// The second half of an exchange: from a handler's Response to bytes, and to a connection that is in sync or
// closed.
#include <fmt/format.h>

#include <array>

#include "http/connection.hpp"
#include "http/response_head.hpp"
#include "http/text.hpp"

namespace zimu::http {
namespace {

namespace asio = boost::asio;
using Clock = std::chrono::steady_clock;

/// Closing while the client still sends makes the kernel reset the connection, and the client may lose our
/// answer (RFC 9112 §9.6). So we read on for a while, bounded in time and bytes.
constexpr std::chrono::milliseconds kLingerTime{2000};
constexpr std::size_t kLingerBytes = 16U << 20U;
constexpr std::size_t kLingerReadBytes = 16U << 10U;

std::optional<std::uint64_t> length_of(const Response& response) {
  if (!status_has_body(response.status)) return std::nullopt;
  if (const auto* text = std::get_if<std::string>(&response.body)) return text->size();
  if (const auto* file = std::get_if<FileBody>(&response.body)) return file->length;
  return std::nullopt;
}

bool asks_to_close(const Response& response) {
  const auto connection = response.headers.find("Connection");
  return connection && equal_no_case(*connection, "close");
}

}  // namespace

Awaitable<bool> Connection::send(Response response) {
  const bool body_wanted = current_.request.method != "HEAD" && status_has_body(response.status);
  std::shared_ptr<FileSource> source;
  if (const auto* file = std::get_if<FileBody>(&response.body); file != nullptr && body_wanted) {
    // Before the head is sent: a file that is gone is still a clean error.
    const auto open = [body = *file] { return FileSource::open(body); };
    auto opened = co_await run_blocking(server_.pool, open);
    if (opened) {
      source = std::move(*opened);
    } else {
      response = Response::problem(opened.error());
    }
  }
  const bool is_stream = std::holds_alternative<StreamBody>(response.body) && body_wanted;
  HeadOptions head;
  head.content_length = length_of(response);
  head.chunked = is_stream && !current_.is_http10;
  head.is_http10 = current_.is_http10;
  head.keep_alive = current_.keep_alive && !server_.stopping && body_ && body_->can_stay_in_sync() &&
                    !asks_to_close(response) && (!is_stream || head.chunked);
  head.request_id = current_.request.id;
  std::string head_text = response_head(response, head);

  Result<> sent;
  if (source) {
    sent = co_await send_file(std::move(head_text), std::move(source));
  } else if (is_stream) {
    sent = co_await send_stream(std::move(head_text), std::get<StreamBody>(std::move(response.body)));
  } else {
    const auto* text = std::get_if<std::string>(&response.body);
    const std::string_view body =
        text != nullptr && body_wanted ? std::string_view(*text) : std::string_view{};
    sent = co_await socket_.write(head_text, body, server_.options.limits.idle_timeout);
  }
  if (!sent) co_return false;
  if (head.keep_alive) co_return co_await body_->drain();
  co_await linger();
  co_return false;
}

Awaitable<Result<>> Connection::send_file(std::string head, std::shared_ptr<FileSource> source) {
  // One piece in flight: the next is read when the client has taken this one.
  while (source->left() > 0 || !head.empty()) {
    const auto read = [source] { return source->read(); };
    const auto piece = co_await run_blocking(server_.pool, read);
    if (!piece) {
      server_.report(fmt::format("request {}: {}", current_.request.id, piece.error().message));
      co_return std::unexpected(piece.error());
    }
    ZIMU_CO_TRY_VOID(co_await socket_.write(head, *piece, server_.options.limits.idle_timeout));
    head.clear();
  }
  co_return Result<>{};
}

Awaitable<Result<>> Connection::send_stream(std::string head, StreamBody body) {
  ZIMU_CO_TRY_VOID(co_await socket_.write(head, {}, server_.options.limits.idle_timeout));
  stream_.emplace(socket_, server_, !current_.is_http10);
  stream_->watch_for_disconnect();
  co_await body.produce(*stream_);
  auto finished = co_await stream_->finish();
  stream_.reset();
  co_return finished;
}

Awaitable<> Connection::linger() {
  const bool has_unread = !body_ || !body_->is_done() || buffer_.size() > 0 || socket_.available() > 0;
  if (!has_unread) co_return;
  idle_ = true;  // nothing is lost when a stop ends this
  if (server_.stopping) co_return;
  socket_.shutdown_send();
  const auto deadline = Clock::now() + kLingerTime;
  const auto scratch = std::make_unique_for_overwrite<char[]>(kLingerReadBytes);
  for (std::size_t total = 0; total < kLingerBytes;) {
    const auto got = co_await socket_.read_some(asio::buffer(scratch.get(), kLingerReadBytes), deadline);
    if (!got || *got == 0) co_return;
    total += *got;
  }
}

Awaitable<> Connection::reject() {
  const Response response = Response::problem(
      {ErrorCode::kUnavailable, "too many connections are open", "close some, or try again later"});
  HeadOptions head;
  head.content_length = length_of(response);
  head.keep_alive = false;
  head.request_id = current_.request.id;
  const std::string text = response_head(response, head) + std::get<std::string>(response.body);
  const auto sent = co_await socket_.write(text, {}, kLingerTime);
  if (sent) co_await linger();
}

}  // namespace zimu::http
