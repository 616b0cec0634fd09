#include "observe/redact.hpp"

#include <algorithm>
#include <array>
#include <cctype>

namespace zimu::observe {
namespace {

constexpr std::string_view kMask = "***";
constexpr std::array<std::string_view, 2> kSchemes{"bearer ", "basic "};
constexpr std::array<std::string_view, 3> kKeyPrefixes{"hf_", "sk-", "ghp_"};
constexpr std::array<std::string_view, 10> kSecretNames{"token",   "access_token", "api_key", "apikey",
                                                        "api-key", "password",     "passwd",  "secret",
                                                        "key",     "signature"};
constexpr std::size_t kShortestKey = 8;  // shorter words after "sk-" or "hf_" are ordinary text

char lower(char c) {
  return static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
}
bool is_word(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_' || c == '-';
}
bool ends_value(char c) {
  return std::string_view(" \t\r\n\"'&,;)}]<>").find(c) != std::string_view::npos;
}

bool starts_with_ignoring_case(std::string_view text, std::string_view prefix) {
  return text.size() >= prefix.size() &&
         std::equal(prefix.begin(), prefix.end(), text.begin(), [](char a, char b) { return a == lower(b); });
}

std::size_t value_length(std::string_view text) {
  const auto end = std::find_if(text.begin(), text.end(), ends_value);
  return static_cast<std::size_t>(end - text.begin());
}

/// Length of the secret that starts right at `rest`, which begins a word; `keep` of its bytes are not secret.
std::size_t secret_at(std::string_view rest, std::size_t& keep) {
  for (const std::string_view scheme : kSchemes) {
    if (!starts_with_ignoring_case(rest, scheme)) continue;
    keep = scheme.size();
    return keep + value_length(rest.substr(keep));
  }
  for (const std::string_view prefix : kKeyPrefixes) {
    if (!rest.starts_with(prefix)) continue;
    const auto end = std::find_if_not(rest.begin(), rest.end(), is_word);
    const auto length = static_cast<std::size_t>(end - rest.begin());
    if (length < prefix.size() + kShortestKey) continue;
    keep = prefix.size();
    return length;
  }
  for (const std::string_view name : kSecretNames) {
    if (!starts_with_ignoring_case(rest, name) || rest.size() <= name.size() || rest[name.size()] != '=')
      continue;
    keep = name.size() + 1;
    if (rest.size() > keep && (rest[keep] == '"' || rest[keep] == '\'')) ++keep;
    return keep + value_length(rest.substr(keep));
  }
  return 0;
}

}  // namespace

std::string redact(std::string_view text) {
  std::string clean;
  clean.reserve(text.size());
  for (std::size_t i = 0; i < text.size();) {
    const std::string_view rest = text.substr(i);
    std::size_t keep = 0;
    std::size_t secret = 0;
    if (rest.starts_with("://")) {
      keep = 3;
      const std::string_view authority = rest.substr(keep, rest.find_first_of("/?# \t\"'", keep) - keep);
      const auto at = authority.rfind('@');
      if (at != std::string_view::npos) secret = keep + at;
    } else if (i == 0 || !is_word(text[i - 1])) {
      secret = secret_at(rest, keep);
    }
    if (secret <= keep) {
      clean += text[i++];
      continue;
    }
    clean += rest.substr(0, keep);
    clean += kMask;
    i += secret;
  }
  return clean;
}

}  // namespace zimu::observe
