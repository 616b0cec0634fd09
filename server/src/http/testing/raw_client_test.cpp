// The client itself; in a *_test.cpp file so that it is built into the test program only.
#include "http/testing/raw_client.hpp"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>

#include "http/text.hpp"

namespace zimu::http::testing {

std::string Answer::header(const std::string& name) const {
  const auto found = headers.find(name);
  return found == headers.end() ? std::string() : found->second;
}

RawClient::RawClient(std::uint16_t port) : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  const timeval patience{20, 0};
  ::setsockopt(fd_.get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  ::setsockopt(fd_.get(), SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  EXPECT_EQ(::connect(fd_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
}

bool RawClient::send(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t n = ::send(fd_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (n <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(n));
  }
  return true;
}

bool RawClient::receive() {
  std::array<char, 65536> piece;
  const ssize_t n = ::recv(fd_.get(), piece.data(), piece.size(), 0);
  if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) ADD_FAILURE() << "the server sent nothing for 20 s";
  if (n <= 0) return false;
  buffer_.append(piece.data(), static_cast<std::size_t>(n));
  return true;
}

std::string RawClient::read_line() {
  std::size_t end = 0;
  while ((end = buffer_.find("\r\n")) == std::string::npos) {
    if (!receive()) return {};
  }
  std::string line = buffer_.substr(0, end);
  buffer_.erase(0, end + 2);
  return line;
}

std::string RawClient::read_exactly(std::size_t bytes) {
  while (buffer_.size() < bytes && receive()) {
  }
  std::string out = buffer_.substr(0, bytes);
  buffer_.erase(0, out.size());
  return out;
}

Answer RawClient::read_answer(bool is_head) {
  Answer answer;
  const std::string status_line = read_line();
  if (status_line.size() < 12) return answer;
  answer.status = std::stoi(status_line.substr(9, 3));
  for (std::string line = read_line(); !line.empty(); line = read_line()) {
    const std::size_t colon = line.find(": ");
    std::string name = line.substr(0, colon);
    for (char& c : name) c = ascii_lower(c);
    answer.headers[name] = line.substr(colon + 2);
  }
  if (is_head || answer.status == 204 || answer.status == 304 || answer.status < 200) {
    answer.complete = true;
  } else if (answer.headers.contains("content-length")) {
    const std::size_t length = std::stoul(answer.headers["content-length"]);
    answer.body = read_exactly(length);
    answer.complete = answer.body.size() == length;
  } else if (answer.header("transfer-encoding") == "chunked") {
    while (true) {
      const std::string size_line = read_line();
      if (size_line.empty()) return answer;
      const std::size_t size = std::stoul(size_line, nullptr, 16);
      answer.body += read_exactly(size);
      if (!read_line().empty()) return answer;
      if (size == 0) break;
    }
    answer.complete = true;
  } else {
    while (receive()) {
    }
    answer.body = std::exchange(buffer_, {});
    answer.complete = true;
  }
  return answer;
}

Answer RawClient::ask(std::string_view request) {
  send(request);
  return read_answer(request.starts_with("HEAD "));
}

bool RawClient::at_end() {
  return buffer_.empty() && !receive();
}
void RawClient::close_sending() {
  ::shutdown(fd_.get(), SHUT_WR);
}
void RawClient::close() {
  fd_.reset();
}

}  // namespace zimu::http::testing
