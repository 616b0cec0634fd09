#include "observe/line_format.hpp"

namespace zimu::observe::detail {
namespace {

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";  // U+FFFD

/// Length of the valid UTF-8 sequence at the start of `text`; 0 when it is not one (Unicode 15, table 3-7).
std::size_t utf8_length(std::string_view text) {
  const auto byte = [text](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char lead = byte(0);
  if (lead < 0x80) return 1;
  const std::size_t length = lead >= 0xC2 && lead <= 0xDF   ? 2
                             : (lead & 0xF0U) == 0xE0       ? 3
                             : lead >= 0xF0 && lead <= 0xF4 ? 4
                                                            : 0;
  if (length == 0 || text.size() < length) return 0;
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xC0U) != 0x80) return 0;
  }
  const unsigned char second = byte(1);
  const bool overlong = (lead == 0xE0 && second < 0xA0) || (lead == 0xF0 && second < 0x90);
  const bool out_of_range = (lead == 0xED && second > 0x9F) || (lead == 0xF4 && second > 0x8F);
  return overlong || out_of_range ? 0 : length;
}

/// Calls `control(c)` for each control character and copies the rest, repaired.
template <class OnControl>
std::string cleaned(std::string_view text, OnControl on_ascii) {
  std::string clean;
  clean.reserve(text.size() + 16);
  while (!text.empty()) {
    const std::size_t length = utf8_length(text);
    if (length == 1) {
      on_ascii(text[0], clean);
    } else if (length == 0) {
      clean += kReplacement;
    } else {
      clean += text.substr(0, length);
    }
    text.remove_prefix(length == 0 ? 1 : length);
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
