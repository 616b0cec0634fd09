#include "http/connection.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <new>

#include "base/uuid.hpp"
#include "http/asio_compat.hpp"
#include "http/framing.hpp"
#include "http/status.hpp"
#include "http/url.hpp"

namespace zimu::http {
namespace {

namespace asio = boost::asio;
using Clock = std::chrono::steady_clock;
using boost::system::error_code;

/// One read of a header; most come whole in it.
constexpr std::size_t kHeadReadBytes = 4U << 10U;
/// A quiet end: nobody waits for an answer.
constexpr ErrorCode kQuiet = ErrorCode::kCancelled;

std::unexpected<Error> quiet_end() {
  return fail(kQuiet, "the connection ended between requests");
}

/// The framing guard's codes mean other statuses than the table of handlers' errors.
Response head_problem(const Error& error) {
  if (error.code == ErrorCode::kTooLarge) return problem_with_status(431, error);
  if (error.code == ErrorCode::kUnsupported) return problem_with_status(505, error);
  return Response::problem(error);
}

}  // namespace

void Connection::start(ServerState& server, asio::ip::tcp::socket socket, std::string peer, bool rejected) {
  const asio::any_io_executor executor = socket.get_executor();
  std::shared_ptr<Connection> self(new Connection(server, std::move(socket), std::move(peer), rejected));
  asio::co_spawn(executor, live(std::move(self)), asio::detached);
}

Connection::Connection(ServerState& server, asio::ip::tcp::socket socket, std::string peer, bool rejected)
    : server_(server), socket_(std::move(socket)), peer_(std::move(peer)), rejected_(rejected) {
  server_.connections.insert(this);
  if (rejected_) {
    ++server_.rejecting;
  } else {
    ++server_.per_address[peer_];
  }
}

Connection::~Connection() {
  server_.connections.erase(this);
  if (rejected_) {
    --server_.rejecting;
  } else if (const auto count = server_.per_address.find(peer_); --count->second == 0) {
    server_.per_address.erase(count);
  }
  if (server_.connections.empty() && server_.on_empty) server_.on_empty();
}

void Connection::stop() {
  if (idle_) socket_.close();
  if (stream_) stream_->wake();
}

void Connection::close() {
  socket_.close();
  if (stream_) stream_->wake();
}

// The outermost place of every connection: whatever flies here ends one connection, not the process.
Awaitable<> Connection::live(std::shared_ptr<Connection> self) {
  std::string what;
  try {
    if (self->rejected_) {
      co_await self->reject();
    } else {
      co_await self->run();
    }
    co_return;
  } catch (const std::exception& error) {
    what = error.what();
  } catch (...) {
    what = "unknown exception";
  }
  self->server_.report(fmt::format("connection of {} (request {}) ended by an exception: {}", self->peer_,
                                   self->current_.request.id, what));
}

Awaitable<> Connection::run() {
  while (true) {
    // Not in the loop's condition: g++ 12 makes a trap of that.
    const bool stay = co_await serve_one();
    if (!stay) co_return;
    is_first_ = false;
    body_.reset();
    parser_.reset();
    if (buffer_.size() == 0) buffer_.shrink_to_fit();
  }
}

std::string_view Connection::buffered() const {
  const auto data = buffer_.cdata();
  return {static_cast<const char*>(data.data()), data.size()};
}

Awaitable<bool> Connection::serve_one() {
  current_ = Exchange{};
  current_.request.peer = peer_;
  current_.request.id = new_uuid();
  const auto length = co_await read_head();
  current_.started = Clock::now();
  if (!length && length.error().code == kQuiet) co_return false;
  idle_ = false;
  Response response;
  if (length) {
    response = co_await answer(*length);
  } else {
    response = head_problem(length.error());
  }
  const int status = response.status;
  if (!response.log_note.empty()) {
    server_.report(fmt::format("request {} {} {}: {}", current_.request.id, current_.request.method,
                               current_.request.path, response.log_note));
  }
  const bool stay = co_await send(std::move(response));
  if (server_.options.on_response) {
    const auto took = std::chrono::duration_cast<std::chrono::microseconds>(Clock::now() - current_.started);
    server_.options.on_response(current_.request.method, current_.pattern, status, took);
  }
  idle_ = true;
  co_return stay;
}

Awaitable<Result<std::size_t>> Connection::read_head() {
  const Limits& limits = server_.options.limits;
  std::size_t scanned = 0;
  bool begun = buffer_.size() > 0;
  idle_ = !begun;
  if (idle_ && server_.stopping) co_return quiet_end();
  auto deadline = Clock::now() + (begun || is_first_ ? limits.header_timeout : limits.idle_timeout);
  while (true) {
    // RFC 9112 §2.2: empty lines before a request line are skipped; old clients send them after a body.
    while (buffered().starts_with("\r\n")) buffer_.consume(2);
    scanned = std::min(scanned, buffer_.size());
    const std::size_t length = header_block_length(buffered(), scanned);
    if (length > limits.header_bytes || (length == 0 && buffer_.size() >= limits.header_bytes)) {
      co_return fail(ErrorCode::kTooLarge,
                     fmt::format("the request header is over {} bytes", limits.header_bytes));
    }
    if (length > 0) co_return length;
    scanned = buffer_.size();
    const auto space = buffer_.prepare(std::min(kHeadReadBytes, limits.header_bytes - scanned));
    const auto got = co_await socket_.read_some(asio::buffer(space.data(), space.size()), deadline);
    if (!got && got.error().code == ErrorCode::kTimeout && begun) {
      co_return fail(ErrorCode::kTimeout, "the request header did not come in time");
    }
    if (!got || *got == 0) co_return quiet_end();
    buffer_.commit(*got);
    if (begun) continue;
    begun = true;
    idle_ = false;
    if (!is_first_) deadline = Clock::now() + limits.header_timeout;
  }
}

Result<> Connection::parse_head(std::size_t length) {
  const std::string_view block = buffered().substr(0, length);
  ZIMU_TRY_VOID(check_framing(block));
  parser_.emplace();
  parser_->header_limit(static_cast<std::uint32_t>(length + 1));
  parser_->body_limit(boost::none);  // SocketBody counts, for its error is ours
  parser_->eager(false);
  error_code ec;
  const std::size_t used = parser_->put(asio::buffer(block), ec);
  if (ec || used != length || !parser_->is_header_done()) {
    parser_.reset();
    return fail(ErrorCode::kInvalidArgument, "the request header is malformed: " + ec.message());
  }
  buffer_.consume(length);

  const auto& message = parser_->get();
  Request& request = current_.request;
  request.method = std::string(message.method_string());
  for (const auto& field : message) {
    request.headers.add(std::string(field.name_string()), std::string(field.value()));
  }
  current_.is_http10 = message.version() < 11;
  current_.keep_alive = parser_->keep_alive();
  const auto client_id = request.headers.find("X-Request-Id");
  if (client_id && is_uuid(*client_id)) request.id = std::string(*client_id);

  SocketBody::Options options;
  options.idle_timeout = server_.options.limits.idle_timeout;
  const auto expect = request.headers.find("Expect");
  options.expects_continue =
      expect && boost::beast::iequals(*expect, "100-continue") && !current_.is_http10 && !parser_->is_done();
  body_.emplace(socket_, buffer_, *parser_, options);
  request.body = &*body_;
  return {};
}

Awaitable<Response> Connection::answer(std::size_t head_length) {
  if (const auto parsed = parse_head(head_length); !parsed) co_return head_problem(parsed.error());
  Request& request = current_.request;
  const Limits& limits = server_.options.limits;
  if (server_.stopping) {
    co_return Response::problem({ErrorCode::kUnavailable, "the server is stopping", "try again in a moment"});
  }
  const std::string raw_target(parser_->get().target());
  auto target = parse_target(request.method, raw_target);
  if (!target) co_return Response::problem(target.error());
  request.path = std::move(target->path);
  request.query = std::move(target->query);
  if (request.path == "*") {
    Response response = Response::empty(204);
    response.headers.add("Allow", "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS");
    co_return response;
  }

  auto match = server_.router.match(request.method, target->raw_path);
  current_.pattern = match.pattern;
  if (match.handler == nullptr && match.allow.empty()) {
    co_return Response::problem({ErrorCode::kNotFound, fmt::format("there is nothing at {}", request.path)});
  }
  if (match.handler == nullptr) {
    Response response =
        request.method == "OPTIONS"
            ? Response::empty(204)
            : problem_with_status(405, {ErrorCode::kUnsupported,
                                        fmt::format("{} is not offered at {}", request.method, request.path),
                                        "use one of " + match.allow});
    response.headers.add("Allow", match.allow);
    co_return response;
  }
  request.path_params = std::move(match.params);
  if (match.policy == BodyPolicy::kNone && !parser_->is_done()) {
    co_return Response::problem(
        {ErrorCode::kTooLarge, fmt::format("{} {} takes no request body", request.method, request.path)});
  }
  body_->set_limit(match.policy == BodyPolicy::kSmall    ? limits.small_body_bytes
                   : match.policy == BodyPolicy::kStream ? limits.upload_bytes
                                                         : 0);
  stream_.emplace(socket_, server_, false);
  request.waiter = &*stream_;
  Response response = co_await call_handler(*match.handler);
  request.waiter = nullptr;
  stream_.reset();
  co_return response;
}

Awaitable<Response> Connection::call_handler(Handler handler) {
  Error error{ErrorCode::kInternal, "unknown exception in a handler"};
  try {
    co_return co_await handler(current_.request);
  } catch (const std::bad_alloc&) {
    error = {ErrorCode::kOutOfMemory, "there was not enough memory for this request"};
  } catch (const std::exception& exception) {
    error.message = std::string("exception in a handler: ") + exception.what();
  } catch (...) {
    // `error` says it already.
  }
  current_.keep_alive = false;
  Response response = Response::problem(error);
  co_return response;
}

}  // namespace zimu::http
