// LINK: zimu_http
// A header block that the guard lets pass must be read by Beast, and both must agree on how the body is
// framed.
#include <boost/beast/http/buffer_body.hpp>
#include <boost/beast/http/parser.hpp>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/check.hpp"
#include "base/utf8.hpp"
#include "http/framing.hpp"
#include "http/url.hpp"

namespace beast = boost::beast;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const std::size_t length = zimu::http::header_block_length(bytes, 0);
  ZIMU_CHECK(length <= size);
  // However the bytes arrive, the block is the same.
  for (std::size_t cut = 0; length > 0 && cut < length; cut += 1 + length / 16) {
    ZIMU_CHECK(zimu::http::header_block_length(bytes.substr(0, cut), 0) == 0);
    ZIMU_CHECK(zimu::http::header_block_length(bytes, cut) == length);
  }
  const std::string_view block = bytes.substr(0, length);
  if (!zimu::http::check_framing(block)) return 0;

  beast::http::request_parser<beast::http::buffer_body> parser;
  parser.body_limit(boost::none);
  parser.header_limit(static_cast<std::uint32_t>(length + 1));
  parser.eager(false);
  boost::system::error_code ec;
  const std::size_t used = parser.put(boost::asio::buffer(block), ec);
  if (ec) return 0;  // Beast is stricter in places: the server answers 400
  ZIMU_CHECK(used == length && parser.is_header_done());
  const auto& message = parser.get();
  ZIMU_CHECK(message.count("Host") <= 1 && (message.version() == 10 || message.count("Host") == 1));
  ZIMU_CHECK(message.count("Transfer-Encoding") + message.count("Content-Length") <= 1);
  ZIMU_CHECK(parser.chunked() == (message.count("Transfer-Encoding") == 1));
  ZIMU_CHECK(parser.content_length().has_value() == (message.count("Content-Length") == 1));
  ZIMU_CHECK(parser.chunked() || parser.content_length().value_or(0) > 0 || parser.is_done());
  for (const auto& field : message) {
    ZIMU_CHECK(field.value().find_first_of(beast::string_view("\r\n\0", 3)) == beast::string_view::npos);
  }
  const auto target =
      zimu::http::parse_target(std::string_view(message.method_string()), std::string_view(message.target()));
  if (target) {
    ZIMU_CHECK(zimu::is_utf8(target->path));
    ZIMU_CHECK(target->path.find("/../") == std::string::npos && !target->path.ends_with("/.."));
  }
  return 0;
}
