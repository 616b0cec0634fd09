#include "http/etag.hpp"

#include "http/text.hpp"

namespace zimu::http {
namespace {

bool is_weak(std::string_view tag) noexcept {
  return tag.starts_with("W/");
}
std::string_view opaque(std::string_view tag) noexcept {
  return is_weak(tag) ? tag.substr(2) : tag;
}

/// Takes the next tag off a comma list; empty at the end or where the list stops being one. A comma may stand
/// inside the quotes, so the list is not simply split.
std::string_view next_tag(std::string_view& list) noexcept {
  const std::size_t start = list.find_first_not_of(", \t");
  if (start == std::string_view::npos) return {};
  list.remove_prefix(start);
  const std::size_t open = is_weak(list) ? 2 : 0;
  if (open >= list.size() || list[open] != '"') return {};
  const std::size_t close = list.find('"', open + 1);
  if (close == std::string_view::npos) return {};
  const std::string_view tag = list.substr(0, close + 1);
  list.remove_prefix(close + 1);
  return tag;
}

bool strong_equal(std::string_view a, std::string_view b) noexcept {
  return !is_weak(a) && !is_weak(b) && a == b;
}

}  // namespace

bool etag_matches(std::string_view if_none_match, std::string_view etag) noexcept {
  if (trim_blanks(if_none_match) == "*") return true;
  for (auto tag = next_tag(if_none_match); !tag.empty(); tag = next_tag(if_none_match)) {
    if (opaque(tag) == opaque(etag)) return true;
  }
  return false;
}

bool etag_matches_strong(std::string_view if_match, std::string_view etag) noexcept {
  if (trim_blanks(if_match) == "*") return true;
  for (auto tag = next_tag(if_match); !tag.empty(); tag = next_tag(if_match)) {
    if (strong_equal(tag, etag)) return true;
  }
  return false;
}

bool if_range_matches(std::string_view if_range, std::string_view etag) noexcept {
  return strong_equal(trim_blanks(if_range), etag);
}

}  // namespace zimu::http
