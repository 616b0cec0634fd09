#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "http/types.hpp"

namespace zimu::http {

/// Routes by method and pattern: literal segments and {names}; a last segment {name*} takes the rest.
/// Filled before the server starts, read-only afterwards. HEAD falls back to GET without the body.
class Router {
 public:
  void add(std::string method, std::string pattern, Handler handler, BodyPolicy policy = BodyPolicy::kNone);

  struct Match {
    const Handler* handler = nullptr;  ///< null: no route (404) or, when `allow` is not empty, 405
    BodyPolicy policy = BodyPolicy::kNone;
    std::vector<std::pair<std::string, std::string>> params;
    std::string allow;    ///< "GET, POST" for 405 and OPTIONS
    std::string pattern;  ///< for metrics
  };
  Match match(std::string_view method, std::string_view path) const;

 private:
  struct Route {
    std::string method;
    std::vector<std::string> segments;
    std::string pattern;
    Handler handler;
    BodyPolicy policy;
  };
  std::vector<Route> routes_;
};

}  // namespace zimu::http
