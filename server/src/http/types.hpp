#pragma once
#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "base/result.hpp"

/// Our HTTP/1.1 server seen from its handlers. Asio's awaitable is the only foreign type here; Beast stays
/// inside.
namespace zimu::http {

template <class T = void>
using Awaitable = boost::asio::awaitable<T>;

/// Header fields in order, names compared without case.
class Headers {
 public:
  void add(std::string name, std::string value) { fields_.emplace_back(std::move(name), std::move(value)); }
  void set(std::string_view name, std::string value);  ///< replaces all of that name
  std::optional<std::string_view> find(std::string_view name) const;
  const std::vector<std::pair<std::string, std::string>>& all() const { return fields_; }

 private:
  std::vector<std::pair<std::string, std::string>> fields_;
};

/// The request's body, pulled: the next bytes leave the socket only when `next` is awaited. Thread: I/O.
class BodyReader {
 public:
  virtual ~BodyReader() = default;
  /// The next piece (at most 256 KiB), valid until the next call; empty at the end. kTimeout when the client
  /// sends nothing for the idle limit, kTooLarge past the route's limit, kIo when the client went away.
  virtual Awaitable<Result<std::span<const std::byte>>> next() = 0;
  virtual std::optional<std::uint64_t> content_length() const = 0;
};

/// Lets a request wait for what happens elsewhere. No time limit of the server runs meanwhile. Thread: I/O.
class Waiter {
 public:
  virtual ~Waiter() = default;
  /// Waits until `notify` is called, the client is gone, the server stops, or the time has passed.
  virtual Awaitable<> wait(std::chrono::milliseconds at_most) = 0;
  virtual bool stopping() const = 0;  ///< client gone, or server stopping
  /// Wakes `wait`. Thread: any, also after the request has ended.
  virtual std::function<void()> notifier() = 0;
};

struct Request {
  std::string method;                                            ///< "GET", upper case as sent
  std::string path;                                              ///< decoded, no query
  std::vector<std::pair<std::string, std::string>> query;        ///< decoded, in order
  std::vector<std::pair<std::string, std::string>> path_params;  ///< from the route's {names}, decoded
  Headers headers;
  std::string peer;            ///< address text
  std::string id;              ///< request id, also in X-Request-Id
  BodyReader* body = nullptr;  ///< never null in a handler
  Waiter* waiter = nullptr;    ///< never null in a handler; to be used once the body has been read

  std::optional<std::string_view> query_value(std::string_view name) const;
  std::string_view path_param(std::string_view name) const;  ///< CHECKs that the route has it
};

/// Part of a file; read in 256 KiB pieces on the blocking pool.
struct FileBody {
  std::filesystem::path path;
  std::uint64_t offset = 0;
  std::uint64_t length = 0;
};

/// Writes a response of unknown length (SSE, streamed transcripts) with chunked framing. Thread: I/O.
class StreamWriter : public Waiter {
 public:
  virtual Awaitable<Result<>> write(std::string bytes) = 0;  ///< kIo once the client is gone
};

struct StreamBody {
  std::function<Awaitable<void>(StreamWriter&)> produce;  ///< a named coroutine, bound by value
};

struct Response {
  int status = 200;
  Headers headers;
  std::variant<std::string, FileBody, StreamBody> body;
  std::string log_note = {};  ///< never sent: goes to ServerOptions::on_error with the request id

  static Response text(int status, std::string body, std::string content_type = "text/plain; charset=utf-8");
  static Response json(int status, std::string body);
  static Response empty(int status);
  /// application/problem+json (RFC 9457) with type, title, status, detail, code and, if set, action.
  static Response problem(const Error& error);
};

/// ErrorCode → HTTP status: the one table.
int http_status(ErrorCode code) noexcept;

enum class BodyPolicy : std::uint8_t {
  kNone,    ///< a body is 413; nothing is read
  kSmall,   ///< at most Limits::small_body_bytes; the handler reads it with read_small_body
  kStream,  ///< at most Limits::upload_bytes
};

using Handler = std::function<Awaitable<Response>(Request& request)>;

/// The whole body of a kSmall route as text.
Awaitable<Result<std::string>> read_small_body(Request& request);

}  // namespace zimu::http
