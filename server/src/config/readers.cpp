#include "config/readers.hpp"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <charconv>

#include "base/ascii.hpp"

namespace zimu::config::detail {
namespace {

std::unexpected<Error> wrong(std::string_view name, const std::string& text, const std::string& allowed) {
  return fail(ErrorCode::kInvalidArgument,
              fmt::format("{} is \"{}\", but it must be {}", name, text, allowed),
              fmt::format("set {} to {}, or remove it to use the default", name, allowed));
}

bool is_ip_address(const std::string& text) {
  std::array<unsigned char, sizeof(in6_addr)> parsed{};
  return ::inet_pton(AF_INET, text.c_str(), parsed.data()) == 1 ||
         ::inet_pton(AF_INET6, text.c_str(), parsed.data()) == 1;
}

}  // namespace

Result<std::uint64_t> read_number(std::string_view name, const std::string& text, std::uint64_t lowest,
                                  std::uint64_t highest) {
  std::uint64_t value = 0;
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value);
  if (error != std::errc{} || stop != end || value < lowest || value > highest) {
    return wrong(name, text, fmt::format("a whole number from {} to {}", lowest, highest));
  }
  return value;
}

Result<std::string> read_choice(std::string_view name, const std::string& text,
                                std::initializer_list<std::string_view> choices) {
  const std::string wanted = ascii_lower(text);
  if (std::find(choices.begin(), choices.end(), wanted) != choices.end()) return wanted;
  return wrong(name, text, fmt::format("one of {}", fmt::join(choices, ", ")));
}

Result<bool> read_switch(std::string_view name, const std::string& text) {
  const std::string wanted = ascii_lower(text);
  if (wanted == "1" || wanted == "true" || wanted == "yes" || wanted == "on") return true;
  if (wanted == "0" || wanted == "false" || wanted == "no" || wanted == "off") return false;
  return wrong(name, text, "1 or 0");
}

Result<Endpoint> read_endpoint(std::string_view name, const std::string& text) {
  constexpr std::string_view kAllowed =
      "ADDRESS:PORT with an IP address, such as 127.0.0.1:8080, [::1]:8080 or :8080";
  const auto colon = text.rfind(':');
  if (colon == std::string::npos) return wrong(name, text, std::string(kAllowed));
  std::string host = text.substr(0, colon);
  const std::string port_text = text.substr(colon + 1);
  const bool bracketed = host.size() >= 2 && host.front() == '[' && host.back() == ']';
  if (bracketed) {
    host = host.substr(1, host.size() - 2);
  } else if (host.find(':') != std::string::npos) {
    return wrong(name, text, std::string(kAllowed));  // "::1:8080" could be read in two ways
  }
  if (host.empty() && !bracketed) host = "0.0.0.0";
  if (host == "localhost") host = "127.0.0.1";
  if (!is_ip_address(host)) return wrong(name, text, std::string(kAllowed));
  const auto port = read_number(name, port_text, 0, 65535);
  if (!port) return wrong(name, text, std::string(kAllowed));
  return Endpoint{std::move(host), static_cast<std::uint16_t>(*port)};
}

Result<std::string> read_url(std::string_view name, const std::string& text, std::uint16_t default_port) {
  std::string url = text;
  const auto scheme_end = url.find("://");
  const std::size_t host_begin = scheme_end == std::string::npos ? 0 : scheme_end + 3;
  while (url.size() > host_begin && url.back() == '/') url.pop_back();
  if (scheme_end == std::string::npos) {
    const auto host_end = url.rfind(']');
    const bool has_port = url.find(':', host_end == std::string::npos ? 0 : host_end) != std::string::npos;
    url = fmt::format("http://{}{}", url, has_port ? std::string() : fmt::format(":{}", default_port));
  } else if (const std::string scheme = ascii_lower(url.substr(0, scheme_end));
             scheme != "http" && scheme != "https") {
    return wrong(name, text, "a URL that starts with http:// or https://");
  }
  const bool has_odd_bytes =
      std::any_of(url.begin(), url.end(), [](unsigned char c) { return c <= ' ' || c == 0x7f; });
  const std::string_view rest = std::string_view(url).substr(url.find("://") + 3);
  if (has_odd_bytes || rest.empty() || rest.front() == ':' || rest.front() == '/') {
    return wrong(name, text, "a URL such as http://127.0.0.1:11434");
  }
  return url;
}

std::string mask_userinfo(const std::string& url) {
  const auto scheme_end = url.find("://");
  if (scheme_end == std::string::npos) return url;
  const auto host = scheme_end + 3;
  const auto at = url.substr(0, url.find_first_of("/?#", host)).rfind('@');
  if (at == std::string::npos || at < host) return url;
  return url.substr(0, host) + "***" + url.substr(at);
}

}  // namespace zimu::config::detail
