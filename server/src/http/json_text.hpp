#pragma once
#include <string>
#include <string_view>

namespace zimu::http {

/// `text` as a JSON string with its quotes (RFC 8259 §7), right for any bytes: malformed UTF-8 becomes
/// U+FFFD. Only for problem bodies: this layer has no JSON library.
std::string json_string(std::string_view text);

}  // namespace zimu::http
