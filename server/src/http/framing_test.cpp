#include "http/framing.hpp"

#include <gtest/gtest.h>

#include <string>

namespace zimu::http {
namespace {

using std::string_literals::operator""s;

std::string with_fields(const std::string& fields) {
  return "POST / HTTP/1.1\r\nHost: a\r\n" + fields + "\r\n";
}

ErrorCode code_of(const std::string& block) {
  const auto checked = check_framing(block);
  EXPECT_FALSE(checked) << block;
  return checked ? ErrorCode::kInternal : checked.error().code;
}

TEST(Framing, LetsGoodRequestsPass) {
  for (const std::string& good :
       {"GET / HTTP/1.1\r\nHost: a\r\n\r\n"s, "GET / HTTP/1.0\r\n\r\n"s,
        "GET http://h/x HTTP/1.1\r\nHost: h:80\r\n\r\n"s,
        "GET / HTTP/1.1\r\nHost:[::1]:8080\r\nX:\r\nY: \t a\tb \t\r\n\r\n"s,
        "GET / HTTP/1.1\r\nHost:\r\n\r\n"s, "OPTIONS * HTTP/1.1\r\nhost: a\r\n\r\n"s,
        with_fields("Content-Length: 5\r\n"), with_fields("Content-Length:0\r\n"),
        with_fields("transfer-encoding: Chunked\r\n"), with_fields("X-Text: caf\xc3\xa9\r\n")}) {
    const auto checked = check_framing(good);
    EXPECT_TRUE(checked) << good << (checked ? "" : checked.error().message);
  }
}

TEST(Framing, RefusesAmbiguousLengths) {
  for (const char* fields : {"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n",
                             "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n",
                             "Transfer-Encoding: gzip, chunked\r\n",
                             "Transfer-Encoding: identity\r\n",
                             "Transfer-Encoding: chunked,\r\n",
                             "Transfer-Encoding: xchunked\r\n",
                             "Transfer-Encoding: \"chunked\"\r\n",
                             "Transfer-Encoding:\r\n",
                             "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n",
                             "Transfer-Encoding: \x0b"
                             "chunked\r\n",
                             "Content-Length: 5\r\nContent-Length: 5\r\n",
                             "Content-Length: 5, 5\r\n",
                             "Content-Length: -1\r\n",
                             "Content-Length: +5\r\n",
                             "Content-Length: 0x5\r\n",
                             "Content-Length: 5 5\r\n",
                             "Content-Length:\r\n",
                             "Content-Length: 18446744073709551616\r\n",
                             "Content-Length: 18446744073709551615\r\n",
                             "Content-Length: 9223372036854775808\r\n"}) {
    EXPECT_EQ(code_of(with_fields(fields)), ErrorCode::kInvalidArgument) << fields;
  }
  EXPECT_EQ(code_of("POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n"), ErrorCode::kInvalidArgument);
}

TEST(Framing, RefusesMalformedLines) {
  for (const std::string& fields :
       {"X: a\r\n b\r\n"s, " X: a\r\n"s, "X : a\r\n"s, "X\t: a\r\n"s, "X\r\n"s, ": a\r\n"s, "X: a\n"s,
        "X: a\rb\r\n"s, "X: a\0b\r\n"s, "X: a\x01\r\n"s, "X: a\x7f\r\n"s, "X(: a\r\n"s, "X\x80: a\r\n"s,
        "X: a\r\r\n"s, "X: a\nY: b\r\n"s}) {
    EXPECT_EQ(code_of(with_fields(fields)), ErrorCode::kInvalidArgument) << fields;
  }
}

TEST(Framing, RefusesMalformedRequestLines) {
  for (const std::string& line :
       {"GET /"s, "GET / HTTP/1.1 "s, "GET  / HTTP/1.1"s, "GET / b HTTP/1.1"s, "G(T / HTTP/1.1"s,
        " GET / HTTP/1.1"s, "GET / HTTP/1"s, "GET / http/1.1"s, "GET / HTTP/1.10"s, "GET /\x80 HTTP/1.1"s,
        "GET /\t HTTP/1.1"s, ""s, "GET /\0 HTTP/1.1"s, "GET / HTTP/11"s}) {
    EXPECT_EQ(code_of(line + "\r\nHost: a\r\n\r\n"), ErrorCode::kInvalidArgument) << line;
  }
  for (const char* version : {"HTTP/2.0", "HTTP/0.9", "HTTP/1.2", "HTTP/9.9"}) {
    EXPECT_EQ(code_of("GET / "s + version + "\r\nHost: a\r\n\r\n"), ErrorCode::kUnsupported) << version;
  }
}

TEST(Framing, RequiresOneSoundHost) {
  EXPECT_EQ(code_of("GET / HTTP/1.1\r\n\r\n"), ErrorCode::kInvalidArgument);
  for (const char* hosts :
       {"Host: a\r\nHost: a\r\n", "Host: a, b\r\n", "Host: a b\r\n", "Host: a/b\r\n", "Host: u@a\r\n"}) {
    EXPECT_EQ(code_of("GET / HTTP/1.1\r\n"s + hosts + "\r\n"), ErrorCode::kInvalidArgument) << hosts;
  }
  EXPECT_EQ(code_of("GET / HTTP/1.0\r\nHost: a\r\nHost: b\r\n\r\n"), ErrorCode::kInvalidArgument);
}

TEST(Framing, BoundsTheFields) {
  std::string many;
  for (std::size_t i = 0; i < kMaxHeaderFields; ++i) many += "X: a\r\n";
  EXPECT_EQ(code_of(with_fields(many)), ErrorCode::kTooLarge);
}

TEST(Framing, RefusesABlockThatIsNotExactlyOne) {
  for (const std::string& block :
       {""s, "GET / HTTP/1.1\r\nHost: a\r\n"s, "GET / HTTP/1.1\r\nHost: a\r\n\r\nX"s}) {
    EXPECT_EQ(code_of(block), ErrorCode::kInvalidArgument) << block;
  }
}

TEST(HeaderBlock, EndsAtTheFirstEmptyLineHoweverItArrives) {
  const std::string block = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
  const std::string bytes = block + "rest\r\n\r\n";
  std::size_t scanned = 0;
  for (std::size_t size = 0; size <= bytes.size(); ++size) {
    const std::size_t length = header_block_length(bytes.substr(0, size), scanned);
    EXPECT_EQ(length, size < block.size() ? 0 : block.size());
    if (length == 0) scanned = size;
  }
  EXPECT_EQ(header_block_length("GET /\n\nx", 0), 7U);
  EXPECT_EQ(header_block_length("GET /\n\r\nx", 0), 8U);
}

}  // namespace
}  // namespace zimu::http
