#include "doctor/proxy_rules.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <charconv>
#include <optional>

#include "base/ascii.hpp"
#include "doctor/platform.hpp"

namespace zimu::doctor {
namespace {

std::optional<std::uint32_t> ipv4(const std::string& text) {
  in_addr address{};
  if (::inet_pton(AF_INET, text.c_str(), &address) != 1) return std::nullopt;
  return ntohl(address.s_addr);
}

bool in_network(std::string_view network, std::string_view host) {
  const auto slash = network.find('/');
  const auto base = ipv4(std::string(network.substr(0, slash)));
  const auto address = ipv4(std::string(host));
  unsigned bits = 32;
  const std::string_view width = network.substr(std::min(slash + 1, network.size()));
  std::from_chars(width.data(), width.data() + width.size(), bits);
  if (!base || !address || bits > 32) return false;
  return bits == 0 || ((*base ^ *address) >> (32 - bits)) == 0;
}

bool entry_matches(std::string_view entry, std::string_view host) {
  if (entry == "*") return true;
  if (entry.find('/') != std::string_view::npos) return in_network(entry, host);
  if (entry.starts_with('.')) entry.remove_prefix(1);
  if (entry.empty() || !host.ends_with(entry)) return false;
  return host.size() == entry.size() || host[host.size() - entry.size() - 1] == '.';
}

}  // namespace

bool bypasses_proxy(std::string_view no_proxy, std::string_view host) {
  const std::string list = ascii_lower(no_proxy);
  const std::string name = ascii_lower(host);
  std::string_view rest = list;
  while (!rest.empty()) {
    const auto end = std::min(rest.find_first_of(", "), rest.size());
    if (end > 0 && entry_matches(rest.substr(0, end), name)) return true;
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  return false;
}

ProxyChoice proxy_for(std::string_view scheme, std::string_view host,
                      const std::function<std::string(const char*)>& variable) {
  // The client of Zimu never sends what is meant for this machine to a proxy.
  if (host == "localhost" || host == "[::1]" || host == "::1" || host.starts_with("127.")) return {};
  std::string no_proxy = variable("no_proxy");
  if (no_proxy.empty()) no_proxy = variable("NO_PROXY");
  if (bypasses_proxy(no_proxy, host)) return {};
  const bool https = scheme == "https";
  for (const char* name :
       {https ? "https_proxy" : "http_proxy", https ? "HTTPS_PROXY" : "", "all_proxy", "ALL_PROXY"}) {
    if (*name == '\0') continue;
    if (const std::string value = variable(name); !value.empty()) return {without_password(value), name};
  }
  return {};
}

}  // namespace zimu::doctor
