#pragma once
#include <functional>
#include <string>
#include <string_view>

namespace zimu::doctor {

struct ProxyChoice {
  std::string proxy;     ///< "http://proxy:3128", without its password; empty: none
  std::string variable;  ///< that says so: "http_proxy"
};

/// The proxy that libcurl takes for this URL: https://everything.curl.dev/usingcurl/proxies/env.html.
/// HTTP_PROXY in capitals does not count for http, as with curl. `variable` reads the environment.
ProxyChoice proxy_for(std::string_view scheme, std::string_view host,
                      const std::function<std::string(const char*)>& variable);

/// One list of NO_PROXY: names match themselves and what ends with .name; "*" is everything; IPv4 also
/// as 10.0.0.0/8.
bool bypasses_proxy(std::string_view no_proxy, std::string_view host);

}  // namespace zimu::doctor
