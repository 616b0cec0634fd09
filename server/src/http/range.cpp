#include "http/range.hpp"

#include <algorithm>
#include <limits>

#include "http/text.hpp"

namespace zimu::http {
namespace {

constexpr RangeResult kWholeFile{};
constexpr RangeResult kNothing{RangeVerdict::kUnsatisfiable, {}};

bool all_digits(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), is_digit);
}

/// A number too big for 64 bits is past any file's end: it saturates.
std::uint64_t position(std::string_view digits) {
  return parse_decimal(digits).value_or(std::numeric_limits<std::uint64_t>::max());
}

RangeResult suffix_range(std::string_view digits, std::uint64_t size) {
  const std::uint64_t length = std::min(position(digits), size);
  if (position(digits) == 0) return kNothing;
  // An empty file satisfies any suffix, but no Content-Range can say so.
  if (length == 0) return kWholeFile;
  return {RangeVerdict::kPartial, {size - length, length}};
}

}  // namespace

RangeResult parse_range(std::optional<std::string_view> header, std::uint64_t size) noexcept {
  if (!header) return kWholeFile;
  const std::string_view text = trim_blanks(*header);
  constexpr std::string_view kUnit = "bytes=";
  if (text.size() < kUnit.size() || !equal_no_case(text.substr(0, kUnit.size()), kUnit)) return kWholeFile;
  const std::string_view spec = trim_blanks(text.substr(kUnit.size()));
  const std::size_t dash = spec.find('-');
  if (dash == std::string_view::npos) return kWholeFile;
  const std::string_view first_text = spec.substr(0, dash);
  const std::string_view last_text = spec.substr(dash + 1);
  if (first_text.empty()) return all_digits(last_text) ? suffix_range(last_text, size) : kWholeFile;
  if (!all_digits(first_text) || (!last_text.empty() && !all_digits(last_text))) return kWholeFile;
  const std::uint64_t first = position(first_text);
  // RFC 9110 §14.1.1: a last position before the first makes the range invalid, not unsatisfiable.
  if (!last_text.empty() && position(last_text) < first) return kWholeFile;
  if (first >= size) return kNothing;
  const std::uint64_t last = last_text.empty() ? size - 1 : std::min(position(last_text), size - 1);
  return {RangeVerdict::kPartial, {first, last - first + 1}};
}

}  // namespace zimu::http
