#pragma once
#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <functional>
#include <map>
#include <mutex>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "base/file.hpp"

namespace zimu::outbound::testing {

struct Seen {
  std::string method;
  std::string path;                            ///< with the query
  std::map<std::string, std::string> headers;  ///< names in lower case
  std::string body;
};

struct Reply {
  int status = 200;
  std::vector<std::string> headers = {};
  std::string body = {};
  std::size_t cut_after = std::string::npos;  ///< the connection is closed after so many bytes of the body
  bool silent = false;                        ///< sends nothing until the client goes away
  bool no_length = false;                     ///< the end of the connection ends the body
};

/// `body` from the Range header's start on, as a server with ranges answers it.
inline Reply ranged(const Seen& seen, const std::string& body, std::vector<std::string> headers = {}) {
  const auto range = seen.headers.find("range");
  if (range == seen.headers.end()) return {.headers = std::move(headers), .body = body};
  const std::size_t first = std::stoul(range->second.substr(std::string("bytes=").size()));
  if (first >= body.size())
    return {.status = 416, .headers = {fmt::format("Content-Range: bytes */{}", body.size())}};
  headers.push_back(fmt::format("Content-Range: bytes {}-{}/{}", first, body.size() - 1, body.size()));
  return {.status = 206, .headers = std::move(headers), .body = body.substr(first)};
}

/// A real HTTP server on a free port of 127.0.0.1, one connection at a time, each closed after its answer.
class LocalServer {
 public:
  using Handler = std::function<Reply(const Seen&)>;

  explicit LocalServer(Handler handler)
      : handler_(std::move(handler)), socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    auto* raw = reinterpret_cast<sockaddr*>(&address);
    if (::bind(socket_.get(), raw, size) != 0 || ::listen(socket_.get(), 16) != 0 ||
        ::getsockname(socket_.get(), raw, &size) != 0) {
      throw std::runtime_error("no local server");
    }
    port_ = ntohs(address.sin_port);
    thread_ = std::thread([this] { run(); });
  }
  ~LocalServer() {
    stopping_ = true;
    thread_.join();
  }
  LocalServer(const LocalServer&) = delete;
  LocalServer& operator=(const LocalServer&) = delete;

  int port() const { return port_; }
  std::string url(const std::string& path = "") const {
    return fmt::format("http://127.0.0.1:{}{}", port_, path);
  }
  std::vector<Seen> seen() const {
    const std::scoped_lock lock(mutex_);
    return seen_;
  }

 private:
  /// False when nothing came before the server stops.
  bool readable(int fd) const {
    while (!stopping_) {
      pollfd wait{fd, POLLIN, 0};
      if (::poll(&wait, 1, 20) > 0) return true;
    }
    return false;
  }
  void run() {
    while (readable(socket_.get())) {
      const UniqueFd client(::accept4(socket_.get(), nullptr, nullptr, SOCK_CLOEXEC));
      if (client) serve(client.get());
    }
  }
  bool receive(int fd, std::string& data) const {
    char buffer[4096];
    if (!readable(fd)) return false;
    const ssize_t n = ::recv(fd, buffer, sizeof buffer, 0);
    if (n <= 0) return false;
    data.append(buffer, static_cast<std::size_t>(n));
    return true;
  }
  void serve(int fd) {
    std::string data;
    while (data.find("\r\n\r\n") == std::string::npos) {
      if (!receive(fd, data)) return;
      if (data.front() < 'A' || data.front() > 'Z') return;  // a TLS hello
    }
    Seen seen = parse(data.substr(0, data.find("\r\n\r\n") + 2));
    seen.body = data.substr(data.find("\r\n\r\n") + 4);
    const std::size_t length =
        seen.headers.contains("content-length") ? std::stoul(seen.headers["content-length"]) : 0;
    while (seen.body.size() < length) {
      if (!receive(fd, seen.body)) return;
    }
    {
      const std::scoped_lock lock(mutex_);
      seen_.push_back(seen);
    }
    answer(fd, handler_(seen));
  }
  void answer(int fd, const Reply& reply) {
    std::string ignored;
    if (reply.silent) {
      while (receive(fd, ignored)) {
      }
      return;
    }
    std::string head = fmt::format("HTTP/1.1 {} X\r\nConnection: close\r\n", reply.status);
    for (const std::string& header : reply.headers) head += header + "\r\n";
    if (!reply.no_length) head += fmt::format("Content-Length: {}\r\n", reply.body.size());
    send_all(fd, head + "\r\n" + reply.body.substr(0, reply.cut_after));
    ::shutdown(fd, SHUT_WR);
  }
  static void send_all(int fd, std::string_view data) {
    while (!data.empty()) {
      const ssize_t n = ::send(fd, data.data(), data.size(), MSG_NOSIGNAL);
      if (n <= 0) return;
      data.remove_prefix(static_cast<std::size_t>(n));
    }
  }
  static Seen parse(std::string head) {
    Seen seen;
    std::size_t end = head.find("\r\n");
    const std::string line = head.substr(0, end);
    seen.method = line.substr(0, line.find(' '));
    seen.path = line.substr(seen.method.size() + 1, line.rfind(' ') - seen.method.size() - 1);
    for (head.erase(0, end + 2); !head.empty(); head.erase(0, end + 2)) {
      end = head.find("\r\n");
      std::string name = head.substr(0, head.find(':'));
      for (char& c : name) c = static_cast<char>(c >= 'A' && c <= 'Z' ? c + 32 : c);
      const std::size_t value = head.find_first_not_of(' ', name.size() + 1);
      seen.headers[name] = head.substr(value, end - value);
    }
    return seen;
  }

  Handler handler_;
  UniqueFd socket_;
  int port_ = 0;
  mutable std::mutex mutex_;
  std::vector<Seen> seen_;
  std::atomic<bool> stopping_ = false;
  std::thread thread_;
};

}  // namespace zimu::outbound::testing
