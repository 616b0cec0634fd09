#include "observe/line_format.hpp"

#include "base/utf8.hpp"

namespace zimu::observe::detail {
namespace {

/// Calls `control(c)` for each control character and copies the rest, repaired.
template <class OnControl>
std::string cleaned(std::string_view text, OnControl on_ascii) {
  std::string clean;
  clean.reserve(text.size() + 16);
  while (!text.empty()) {
    const Utf8Step step = next_codepoint(text);
    if (step.valid && step.length == 1) {
      on_ascii(text[0], clean);
    } else {
      clean += to_utf8(text.substr(0, step.length));
    }
    text.remove_prefix(step.length);
  }
  return clean;
}

bool is_control(char c) {
  return static_cast<unsigned char>(c) < 0x20 || c == 0x7F;
}

std::string_view colour_of(Level level) {
  switch (level) {
    case Level::kError:
      return "\x1b[31m";
    case Level::kWarn:
      return "\x1b[33m";
    case Level::kInfo:
      return "\x1b[32m";
    default:
      return "\x1b[2m";
  }
}

}  // namespace

std::string_view level_name(Level level) noexcept {
  switch (level) {
    case Level::kTrace:
      return "trace";
    case Level::kDebug:
      return "debug";
    case Level::kInfo:
      return "info";
    case Level::kWarn:
      return "warn";
    case Level::kError:
      return "error";
    case Level::kOff:
      return "off";
  }
  return "off";
}

std::string escape_json(std::string_view text) {
  return cleaned(text, [](char c, std::string& out) {
    switch (c) {
      case '"':
        out += "\\\"";
        return;
      case '\\':
        out += "\\\\";
        return;
      case '\n':
        out += "\\n";
        return;
      case '\r':
        out += "\\r";
        return;
      case '\t':
        out += "\\t";
        return;
      default:
        break;
    }
    if (is_control(c)) {
      out += fmt::format("\\u{:04x}", static_cast<unsigned char>(c));
    } else {
      out += c;
    }
  });
}

std::string json_line(Timestamp time, Level level, std::string_view message) {
  return fmt::format(R"({{"time":"{}","level":"{}","message":"{}"}})", format_rfc3339(time),
                     level_name(level), escape_json(message));
}

std::string text_line(Timestamp time, Level level, std::string_view message, bool colour) {
  // A file name with a line break or an escape sequence in it must not forge lines or steer the terminal.
  const std::string clean = cleaned(message, [](char c, std::string& out) {
    if (is_control(c)) {
      out += fmt::format("\\x{:02x}", static_cast<unsigned char>(c));
    } else {
      out += c;
    }
  });
  return fmt::format("{} {}{:<5}{} {}", format_rfc3339(time), colour ? colour_of(level) : "",
                     level_name(level), colour ? "\x1b[0m" : "", clean);
}

}  // namespace zimu::observe::detail
