#pragma once
#include <string>
#include <string_view>

namespace zimu::cli {

/// A JSON string literal with its quotes; bytes that are not UTF-8 become U+FFFD (RFC 8259 §7, §8.1).
std::string json_text(std::string_view text);

}  // namespace zimu::cli
