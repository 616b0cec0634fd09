#include "http/sse.hpp"

#include <fmt/format.h>

namespace zimu::http {
namespace {

void append_lines(std::string& out, std::string_view prefix, std::string_view text) {
  while (true) {
    const std::size_t end = text.find_first_of("\r\n");
    out += prefix;
    out += text.substr(0, end);
    out += '\n';
    if (end == std::string_view::npos) return;
    const bool crlf = text[end] == '\r' && end + 1 < text.size() && text[end + 1] == '\n';
    text.remove_prefix(end + (crlf ? 2 : 1));
  }
}

void append_field(std::string& out, std::string_view prefix, std::string_view value) {
  if (value.empty()) return;
  out += prefix;
  for (const char c : value) {
    if (c != '\r' && c != '\n' && c != '\0') out += c;
  }
  out += '\n';
}

}  // namespace

std::string sse_event(std::string_view id, std::string_view event, std::string_view data) {
  std::string out;
  out.reserve(id.size() + event.size() + data.size() + 32);
  append_field(out, "id: ", id);
  append_field(out, "event: ", event);
  append_lines(out, "data: ", data);
  out += '\n';
  return out;
}

std::string sse_comment(std::string_view text) {
  std::string out;
  append_lines(out, ": ", text);
  out += '\n';
  return out;
}

std::string sse_retry(std::chrono::milliseconds delay) {
  return fmt::format("retry: {}\n\n", delay.count());
}

}  // namespace zimu::http
