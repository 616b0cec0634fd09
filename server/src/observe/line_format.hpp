#pragma once
#include <string>
#include <string_view>

#include "base/time.hpp"
#include "observe/log.hpp"

/// How a log line looks. Pure; private to observe/.
namespace zimu::observe::detail {

std::string_view level_name(Level level) noexcept;
/// Inside JSON quotes (RFC 8259 §7); bad UTF-8 bytes become U+FFFD.
std::string escape_json(std::string_view text);
/// {"time":"…","level":"info","message":"…"} without the line break.
std::string json_line(Timestamp time, Level level, std::string_view message);
/// "2026-11-24T15:50:13.123Z info  message"; with `colour`, the level is coloured (ECMA-48 SGR).
std::string text_line(Timestamp time, Level level, std::string_view message, bool colour);

}  // namespace zimu::observe::detail
