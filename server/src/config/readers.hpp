#pragma once
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>

#include "base/result.hpp"

/// Text of one variable → typed value. Every failure is kInvalidArgument and names the variable, what it was
/// and what it may be. Private to config/.
namespace zimu::config::detail {

struct Endpoint {
  std::string address;  ///< an IP address, IPv6 without brackets
  std::uint16_t port = 0;
};

Result<std::uint64_t> read_number(std::string_view name, const std::string& text, std::uint64_t lowest,
                                  std::uint64_t highest);
Result<std::string> read_choice(std::string_view name, const std::string& text,
                                std::initializer_list<std::string_view> choices);
Result<bool> read_switch(std::string_view name, const std::string& text);
/// "host:port", "[::1]:8080", ":8080" (every IPv4 interface).
Result<Endpoint> read_endpoint(std::string_view name, const std::string& text);
/// http or https; without a scheme it becomes http with `default_port` (as OLLAMA_HOST may be written).
Result<std::string> read_url(std::string_view name, const std::string& text, std::uint16_t default_port);
/// The URL for people: user and password masked.
std::string mask_userinfo(const std::string& url);

}  // namespace zimu::config::detail
