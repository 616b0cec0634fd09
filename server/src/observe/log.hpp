#pragma once
#include <fmt/format.h>

#include <cstdint>
#include <string_view>
#include <utility>

#include "base/result.hpp"

namespace zimu::observe {

enum class Level : std::uint8_t { kTrace, kDebug, kInfo, kWarn, kError, kOff };

/// Sets what is logged ("trace" "debug" "info" "warn" "error" "off") and how: "text", "json" (one object a
/// line), or "auto", which is text when standard error is a terminal and JSON otherwise. Lines go to standard
/// error only, written before the call returns. Before the first call: info, text. Thread: any.
Result<> start_logging(std::string_view level, std::string_view format);

bool log_enabled(Level level) noexcept;
/// One line, whatever `message` holds: control characters are escaped, bad UTF-8 is repaired, what looks like
/// a secret (observe/redact.hpp) is masked. Thread: any.
void log_line(Level level, std::string_view message);

template <class... Args>
void log(Level level, fmt::format_string<Args...> format, Args&&... args) {
  if (log_enabled(level)) log_line(level, fmt::format(format, std::forward<Args>(args)...));
}

}  // namespace zimu::observe

namespace zimu {

template <class... Args>
void log_debug(fmt::format_string<Args...> format, Args&&... args) {
  observe::log(observe::Level::kDebug, format, std::forward<Args>(args)...);
}
template <class... Args>
void log_info(fmt::format_string<Args...> format, Args&&... args) {
  observe::log(observe::Level::kInfo, format, std::forward<Args>(args)...);
}
template <class... Args>
void log_warn(fmt::format_string<Args...> format, Args&&... args) {
  observe::log(observe::Level::kWarn, format, std::forward<Args>(args)...);
}
template <class... Args>
void log_error(fmt::format_string<Args...> format, Args&&... args) {
  observe::log(observe::Level::kError, format, std::forward<Args>(args)...);
}

}  // namespace zimu
