#include "http/part_headers.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/ascii.hpp"
#include "base/utf8.hpp"
#include "http/text.hpp"
#include "http/url.hpp"

namespace zimu::http {
namespace {

/// File names are kept no longer than file systems do.
constexpr std::size_t kMaxFileNameBytes = 255;

/// A quoted string at the front of `text`, taken off. Only \" and \\ are escapes: browsers send other
/// backslashes (in names of files from Windows) as they are.
std::optional<std::string> take_quoted(std::string_view& text) {
  std::string out;
  for (std::size_t i = 1; i < text.size(); ++i) {
    if (text[i] == '"') {
      text.remove_prefix(i + 1);
      return out;
    }
    const bool escape = text[i] == '\\' && i + 1 < text.size() && (text[i + 1] == '"' || text[i + 1] == '\\');
    if (escape) ++i;
    out += text[i];
  }
  return std::nullopt;
}

/// RFC 8187 ext-value: UTF-8'language'percent-encoded.
std::optional<std::string> decode_extended(std::string_view text) {
  const std::size_t first = text.find('\'');
  const std::size_t second = first == std::string_view::npos ? first : text.find('\'', first + 1);
  if (second == std::string_view::npos || !equal_no_case(text.substr(0, first), "UTF-8")) return std::nullopt;
  auto decoded = percent_decode(text.substr(second + 1));
  if (!decoded || !is_utf8(*decoded)) return std::nullopt;
  return decoded;
}

/// Browsers write a quote in a name as %22 (WHATWG HTML §4.10.21.8), and nothing else of it is encoded.
std::string undo_browser_quotes(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text.substr(i, 3) == "%22") {
      out += '"';
      i += 2;
    } else {
      out += text[i];
    }
  }
  return out;
}

/// The last component, without control characters, not too long: text to show, never a path to open.
std::string display_name(std::string_view text) {
  const std::size_t slash = text.find_last_of("/\\");
  if (slash != std::string_view::npos) text.remove_prefix(slash + 1);
  std::string name = to_utf8(text);
  std::erase_if(name, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; });
  return std::string(utf8_prefix(name, kMaxFileNameBytes));
}

Result<> apply_disposition(std::string_view text, MultipartParser::Part& part) {
  const auto disposition = parse_parameterized(text);
  if (!disposition || !equal_no_case(disposition->value, "form-data")) {
    return fail(ErrorCode::kInvalidArgument, "a part's Content-Disposition is not form-data");
  }
  const std::string* name = disposition->find("name");
  if (name == nullptr || !is_utf8(*name)) {
    return fail(ErrorCode::kInvalidArgument,
                "a part's Content-Disposition has no name, or one that is not UTF-8");
  }
  part.name = undo_browser_quotes(*name);
  const std::string* plain = disposition->find("filename");
  const std::string* extended = disposition->find("filename*");
  if (plain != nullptr) part.file_name = display_name(undo_browser_quotes(*plain));
  if (const auto decoded = extended != nullptr ? decode_extended(*extended) : std::nullopt) {
    part.file_name = display_name(*decoded);
  }
  return {};
}

Result<> apply_header(std::string_view line, MultipartParser::Part& part, bool& has_disposition) {
  const std::size_t colon = line.find(':');
  if (colon == std::string_view::npos || !is_token(line.substr(0, colon))) {
    return fail(ErrorCode::kInvalidArgument, "a part has a malformed header line");
  }
  const std::string_view name = line.substr(0, colon);
  const std::string_view value = trim_blanks(line.substr(colon + 1));
  if (value.find_first_of(std::string_view("\r\n\0", 3)) != std::string_view::npos) {
    return fail(ErrorCode::kInvalidArgument, "a part has a control character in a header");
  }
  if (equal_no_case(name, "Content-Disposition")) {
    if (std::exchange(has_disposition, true)) {
      return fail(ErrorCode::kInvalidArgument, "a part has more than one Content-Disposition");
    }
    return apply_disposition(value, part);
  }
  if (equal_no_case(name, "Content-Type")) part.content_type = to_utf8(value);
  const bool identity =
      equal_no_case(value, "binary") || equal_no_case(value, "8bit") || equal_no_case(value, "7bit");
  if (equal_no_case(name, "Content-Transfer-Encoding") && !identity) {
    return fail(ErrorCode::kInvalidArgument,
                "a part has a Content-Transfer-Encoding, which RFC 7578 no longer allows",
                "send the bytes as they are");
  }
  return {};
}

}  // namespace

const std::string* ParameterizedValue::find(std::string_view name) const {
  const auto found = std::find_if(parameters.begin(), parameters.end(),
                                  [name](const auto& parameter) { return parameter.first == name; });
  return found == parameters.end() ? nullptr : &found->second;
}

std::optional<ParameterizedValue> parse_parameterized(std::string_view text) {
  ParameterizedValue out;
  out.value = std::string(trim_blanks(text.substr(0, text.find(';'))));
  text.remove_prefix(std::min(text.find(';'), text.size()));
  while (!text.empty()) {
    text.remove_prefix(1);  // ';'
    text = trim_blanks(text);
    if (text.empty()) break;  // a trailing ';', as some clients send
    const std::size_t equals = text.find('=');
    if (equals == std::string_view::npos || !is_token(text.substr(0, equals))) return std::nullopt;
    std::string name = ascii_lower(text.substr(0, equals));
    if (out.find(name) != nullptr) return std::nullopt;
    text.remove_prefix(equals + 1);
    if (text.starts_with('"')) {
      auto value = take_quoted(text);
      if (!value) return std::nullopt;
      out.parameters.emplace_back(std::move(name), std::move(*value));
    } else {
      const std::string_view value = trim_blanks(text.substr(0, text.find(';')));
      if (value.empty()) return std::nullopt;
      out.parameters.emplace_back(std::move(name), std::string(value));
      text.remove_prefix(std::min(text.find(';'), text.size()));
    }
    text = trim_blanks(text);
    if (!text.empty() && text.front() != ';') return std::nullopt;
  }
  return out;
}

Result<MultipartParser::Part> parse_part_headers(std::string_view lines) {
  MultipartParser::Part part;
  part.content_type = "text/plain";
  bool has_disposition = false;
  while (!lines.empty()) {
    const std::size_t end = lines.find("\r\n");
    ZIMU_TRY_VOID(apply_header(lines.substr(0, end), part, has_disposition));
    lines.remove_prefix(end == std::string_view::npos ? lines.size() : end + 2);
  }
  if (!has_disposition) return fail(ErrorCode::kInvalidArgument, "a part has no Content-Disposition");
  return part;
}

}  // namespace zimu::http
