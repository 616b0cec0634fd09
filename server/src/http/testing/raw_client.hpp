#pragma once
#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "base/file.hpp"

/// A blocking HTTP client that sends exactly the bytes it is told, for tests of the server.
namespace zimu::http::testing {

struct Answer {
  int status = 0;                              ///< 0: the connection ended before a whole head
  std::map<std::string, std::string> headers;  ///< names in lower case
  std::string body;
  bool complete = false;  ///< the body ended as its framing said

  std::string header(const std::string& name) const;
};

/// Owner: the test. Thread: one. Every read gives up after 20 s, so that a hanging server fails the test.
class RawClient {
 public:
  explicit RawClient(std::uint16_t port);

  bool send(std::string_view bytes);  ///< false once the server has closed
  Answer read_answer(bool is_head = false);
  /// One request, one answer.
  Answer ask(std::string_view request);
  std::string read_line();  ///< without its CR LF
  std::string read_exactly(std::size_t bytes);
  bool at_end();  ///< true when the server closes without sending more
  void close_sending();
  void close();

 private:
  bool receive();
  UniqueFd fd_;
  std::string buffer_;
};

}  // namespace zimu::http::testing
