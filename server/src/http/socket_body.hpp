#pragma once
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/buffer_body.hpp>
#include <boost/beast/http/parser.hpp>
#include <memory>
#include <optional>

#include "http/timed_socket.hpp"
#include "http/types.hpp"

namespace zimu::http {

using Parser = boost::beast::http::request_parser<boost::beast::http::buffer_body>;

/// The body of the request under way, pulled off the socket through Beast's parser. Owner: the connection,
/// for one exchange. Thread: I/O. After an error it stays failed.
class SocketBody final : public BodyReader {
 public:
  static constexpr std::size_t kPieceBytes = 256U << 10U;
  /// An unread rest up to this is read away to keep the connection; past it the connection is closed.
  static constexpr std::size_t kMaxDrainBytes = 64U << 10U;

  struct Options {
    std::uint64_t limit = 0;
    std::chrono::milliseconds idle_timeout{0};
    bool expects_continue = false;  ///< the client waits for "100 Continue" before it sends
  };

  SocketBody(TimedSocket& socket, boost::beast::flat_buffer& buffer, Parser& parser, Options options);

  Awaitable<Result<std::span<const std::byte>>> next() override;
  std::optional<std::uint64_t> content_length() const override;

  void set_limit(std::uint64_t bytes) { options_.limit = bytes; }
  bool is_done() const { return parser_.is_done(); }
  /// Whether, after the answer, the next request can be read: nothing is left, or little enough to drain.
  bool can_stay_in_sync() const;
  Awaitable<bool> drain();  ///< reads the rest away; false: close the connection

 private:
  Awaitable<Result<std::size_t>> fill(std::span<std::byte> into);
  Result<bool> parse_buffered();  ///< true: there was progress
  Awaitable<Result<>> receive();

  TimedSocket& socket_;
  boost::beast::flat_buffer& buffer_;
  Parser& parser_;
  Options options_;
  std::unique_ptr<std::byte[]> piece_;
  std::uint64_t received_ = 0;
  bool continued_ = false;
  std::optional<Error> failure_;
};

}  // namespace zimu::http
