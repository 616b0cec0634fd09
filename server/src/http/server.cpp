#include "http/server.hpp"

#include <fmt/format.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>

#include "http/asio_compat.hpp"
#include "http/connection.hpp"
#include "http/server_state.hpp"

namespace zimu::http {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

namespace {

/// Waiting connections the kernel keeps for us.
constexpr int kBacklog = 1024;
/// Pause after a failed accept: out of file descriptors, the next one would fail at once.
constexpr std::chrono::milliseconds kAcceptRetry{100};
/// Connections that are told 503 at a time; more are closed without a word.
constexpr std::size_t kMaxRejecting = 64;

std::string address_text(const tcp::socket& socket) {
  error_code ec;
  const auto endpoint = socket.remote_endpoint(ec);
  if (ec) return {};
  const auto address = endpoint.address();
  if (address.is_v6() && address.to_v6().is_v4_mapped()) {
    return asio::ip::make_address_v4(asio::ip::v4_mapped, address.to_v6()).to_string();
  }
  return address.to_string();
}

Result<asio::ip::address> parse_address(std::string text) {
  if (text == "localhost") text = "127.0.0.1";
  if (text.size() > 2 && text.front() == '[' && text.back() == ']') text = text.substr(1, text.size() - 2);
  error_code ec;
  const auto address = asio::ip::make_address(text, ec);
  if (ec) {
    return fail(ErrorCode::kInvalidArgument, fmt::format("'{}' is not an IP address to listen on", text),
                "use 127.0.0.1, 0.0.0.0, ::1 or ::");
  }
  return address;
}

}  // namespace

struct Server::Impl {
  Impl(ServerOptions options, Router router, BlockingPool& pool)
      : state(std::move(options), std::move(router), pool) {}
  ~Impl() { state.on_empty = nullptr; }

  Result<> listen();
  Awaitable<> accept_loop();
  void admit(tcp::socket socket);
  void on_stop();
  void close_all();

  ServerState state;  ///< before `io`: connections deregister while `io` is destroyed
  asio::io_context io{1};
  tcp::acceptor acceptor{io};
  std::uint16_t port = 0;  ///< set by `listen`, constant afterwards
  asio::steady_timer retry{io};
  asio::steady_timer grace{io};
};

Result<> Server::Impl::listen() {
  const auto& options = state.options;
  ZIMU_TRY(const auto address, parse_address(options.address));
  const tcp::endpoint endpoint(address, options.port);
  error_code ec;
  acceptor.open(endpoint.protocol(), ec);
  if (!ec) acceptor.set_option(tcp::acceptor::reuse_address(true), ec);
  if (!ec) acceptor.bind(endpoint, ec);
  if (!ec) acceptor.listen(kBacklog, ec);
  if (!ec) port = acceptor.local_endpoint(ec).port();
  if (!ec) return {};
  const auto code = ec == asio::error::access_denied ? ErrorCode::kPermission : ErrorCode::kUnavailable;
  return fail(code,
              fmt::format("cannot listen on {} port {}: {}", options.address, options.port, ec.message()),
              "stop the program that has it, or choose another address or port");
}

Awaitable<> Server::Impl::accept_loop() {
  while (!state.stopping) {
    tcp::socket socket(io);
    const auto outcome = co_await acceptor.async_accept(socket, kAsTuple);
    const error_code ec = std::get<0>(outcome);
    if (!acceptor.is_open()) break;
    if (!ec) {
      admit(std::move(socket));
    } else if (ec != asio::error::connection_aborted) {
      state.report("cannot accept a connection: " + ec.message());
      retry.expires_after(kAcceptRetry);
      co_await retry.async_wait(kAsTuple);
    }
  }
}

void Server::Impl::admit(tcp::socket socket) {
  const Limits& limits = state.options.limits;
  std::string peer = address_text(socket);
  error_code ignored;
  socket.set_option(tcp::no_delay(true), ignored);
  const auto same = state.per_address.find(peer);
  const bool rejected = state.connections.size() - state.rejecting >= limits.connections ||
                        (same != state.per_address.end() && same->second >= limits.connections_per_address);
  if (rejected && state.rejecting >= kMaxRejecting) return;
  Connection::start(state, std::move(socket), std::move(peer), rejected);
}

void Server::Impl::on_stop() {
  if (state.stopping) {
    close_all();
    return;
  }
  state.stopping = true;
  error_code ignored;
  acceptor.close(ignored);
  retry.cancel();
  for (Connection* connection : state.connections) connection->stop();
  if (state.connections.empty()) return;
  state.on_empty = [this] { grace.cancel(); };
  grace.expires_after(state.options.limits.stop_grace);
  grace.async_wait([this](error_code ec) {
    if (!ec) close_all();
  });
}

void Server::Impl::close_all() {
  grace.cancel();
  // Only their sockets: a handler that waits for a task on the pool ends when the task does, for the task may
  // use what the handler owns.
  for (Connection* connection : state.connections) connection->close();
}

Server::Server(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Server::~Server() = default;

Result<std::unique_ptr<Server>> Server::create(ServerOptions options, Router router, BlockingPool& pool) {
  auto impl = std::make_unique<Impl>(std::move(options), std::move(router), pool);
  ZIMU_TRY_VOID(impl->listen());
  return std::unique_ptr<Server>(new Server(std::move(impl)));
}

std::uint16_t Server::port() const {
  return impl_->port;
}

void Server::run() {
  asio::co_spawn(impl_->io, impl_->accept_loop(), asio::detached);
  impl_->io.run();
}

void Server::stop() {
  asio::post(impl_->io, [impl = impl_.get()] { impl->on_stop(); });
}

}  // namespace zimu::http
