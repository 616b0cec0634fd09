#pragma once
#include <string>
#include <unordered_map>
#include <unordered_set>

#include "http/blocking_pool.hpp"
#include "http/router.hpp"
#include "http/server.hpp"

namespace zimu::http {

class Connection;

/// What the connections of one server share. Owner: Server::Impl, outliving them all. Thread: I/O.
struct ServerState {
  ServerState(ServerOptions o, Router r, BlockingPool& p)
      : options(std::move(o)), router(std::move(r)), pool(p) {}

  const ServerOptions options;
  const Router router;
  BlockingPool& pool;
  bool stopping = false;  ///< the first stop(): no new requests
  std::unordered_set<Connection*> connections;
  std::unordered_map<std::string, std::size_t> per_address;
  std::size_t rejecting = 0;       ///< connections over a limit, being told so
  std::function<void()> on_empty;  ///< the last connection has ended

  void report(const std::string& message) const {
    if (options.on_error) options.on_error(message);
  }
};

}  // namespace zimu::http
