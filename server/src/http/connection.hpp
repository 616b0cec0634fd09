#pragma once
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <chrono>
#include <memory>
#include <optional>
#include <string>

#include "http/file_source.hpp"
#include "http/server_state.hpp"
#include "http/socket_body.hpp"
#include "http/socket_stream.hpp"
#include "http/timed_socket.hpp"
#include "http/types.hpp"

namespace zimu::http {

/// One client's connection: one coroutine that serves its requests one after the other.
///
///   idle ──bytes──► head ──► handler ──► response ──► drain ──► idle
///     └─ stop, timeout, EOF ──► closed ◄── linger ◄──┘ (out of sync, Connection: close, stopping)
///
/// Owner: its own coroutine; the server's table only points at it. Thread: I/O.
class Connection {
 public:
  /// `rejected`: over a connection limit; it is told 503 and closed.
  static void start(ServerState& server, boost::asio::ip::tcp::socket socket, std::string peer,
                    bool rejected);
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  void stop();   ///< closes when idle, tells a stream to end, lets a request in flight finish
  void close();  ///< at once; a handler under way gets errors from its body and its stream

 private:
  /// The request under way.
  struct Exchange {
    std::chrono::steady_clock::time_point started;
    Request request;
    std::string pattern;
    bool is_http10 = false;
    bool keep_alive = false;  ///< as the client wishes, and as the framing allows
  };

  Connection(ServerState& server, boost::asio::ip::tcp::socket socket, std::string peer, bool rejected);
  static Awaitable<> live(std::shared_ptr<Connection> self);
  Awaitable<> run();
  Awaitable<> reject();
  Awaitable<bool> serve_one();  ///< false: close

  Awaitable<Result<std::size_t>> read_head();
  Result<> parse_head(std::size_t length);
  Awaitable<Response> answer(std::size_t head_length);
  Awaitable<Response> call_handler(Handler handler);

  Awaitable<bool> send(Response response);
  Awaitable<Result<>> send_file(std::string head, std::shared_ptr<FileSource> source);
  Awaitable<Result<>> send_stream(std::string head, StreamBody body);
  Awaitable<> linger();
  std::string_view buffered() const;

  ServerState& server_;
  TimedSocket socket_;
  const std::string peer_;
  const bool rejected_;
  bool idle_ = true;  ///< between requests: a stop may close at once
  bool is_first_ = true;
  boost::beast::flat_buffer buffer_;
  std::optional<Parser> parser_;
  std::optional<SocketBody> body_;
  std::optional<SocketStream> stream_;  ///< the handler's waiter, then the response's stream
  Exchange current_;
};

}  // namespace zimu::http
