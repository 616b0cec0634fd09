#include <algorithm>

#include "app/search_text.hpp"
#include "base/utf8.hpp"

namespace zimu::app {
namespace {

constexpr std::string_view kEllipsis = "…";
constexpr std::uint32_t kCharsBefore = 48;

/// Every place of every term, those that touch or overlap as one. Bounded by the text.
std::vector<Mark> find_marks(const SearchQuery& query, const Folded& folded) {
  std::vector<Mark> found;
  for (const std::string& term : query.terms) {
    for (std::size_t at = folded.text.find(term); at != std::string::npos; at = folded.text.find(term, at + term.size())) {
      // Up to the next letter that is compared: an accent of its own belongs to the letter before.
      const std::uint32_t last = folded.origin[at + term.size() - 1];
      std::uint32_t end = folded.origin[at + term.size()];
      if (end <= last || folded.text[at + term.size() - 1] == ' ') end = last + 1;
      found.push_back({folded.origin[at], end});
    }
  }
  std::ranges::sort(found, {}, &Mark::start);
  std::vector<Mark> merged;
  for (const Mark& mark : found) {
    if (merged.empty() || mark.start > merged.back().end) {
      merged.push_back(mark);
    } else {
      merged.back().end = std::max(merged.back().end, mark.end);
    }
  }
  return merged;
}

std::vector<std::string_view> code_points(std::string_view text) {
  std::vector<std::string_view> out;
  while (!text.empty()) {
    const std::size_t length = next_codepoint(text).length;
    out.push_back(text.substr(0, length));
    text.remove_prefix(length);
  }
  return out;
}

/// What is shown, from `start` to before `end`.
Mark choose_part(const std::vector<std::string_view>& points, const std::vector<Mark>& marks) {
  const auto is_blank = [&](std::uint32_t at) { return points[at] == " " || points[at] == "\n" || points[at] == "\t"; };
  Mark part{0, static_cast<std::uint32_t>(points.size())};
  while (part.start < part.end && is_blank(part.start)) ++part.start;
  while (part.start < part.end && is_blank(part.end - 1)) --part.end;
  if (part.end - part.start <= kMaxSnippetChars) return part;
  const std::uint32_t first = marks.empty() ? part.start : marks.front().start;
  if (first > part.start + kCharsBefore) {
    std::uint32_t start = first - kCharsBefore;
    // A word is not cut where one begins soon.
    for (std::uint32_t at = start; at < first && at < start + kCharsBefore / 2; ++at) {
      if (!is_blank(at)) continue;
      start = at + 1;
      break;
    }
    part.start = std::min(start, first);
  }
  part.end = std::min<std::uint32_t>(part.end, part.start + kMaxSnippetChars);
  return part;
}

}  // namespace

Snippet make_snippet(const SearchQuery& query, std::string_view original) {
  const std::string text = to_utf8(original);
  const auto marks = find_marks(query, fold_with_origin(text));
  const auto points = code_points(text);
  const Mark part = choose_part(points, marks);
  Snippet snippet;
  std::uint32_t shift = 0;
  const bool cut_before = part.start > 0 && std::ranges::any_of(points.begin(), points.begin() + part.start,
                                                                [](auto point) { return point != " "; });
  if (cut_before) {
    snippet.text = kEllipsis;
    shift = 1;
  }
  for (std::uint32_t at = part.start; at < part.end; ++at) snippet.text += points[at];
  if (part.end < points.size() && part.end - part.start == kMaxSnippetChars) snippet.text += kEllipsis;
  for (const Mark& mark : marks) {
    const Mark seen{std::max(mark.start, part.start), std::min(mark.end, part.end)};
    if (seen.start < seen.end) snippet.marks.push_back({seen.start - part.start + shift, seen.end - part.start + shift});
  }
  return snippet;
}

}  // namespace zimu::app
