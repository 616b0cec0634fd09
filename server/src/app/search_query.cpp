#include <algorithm>

#include <fmt/format.h>

#include "app/search_text.hpp"
#include "base/utf8.hpp"

namespace zimu::app {
namespace {

constexpr int kInOrder = 100;
constexpr int kWholeWord = 10;
constexpr int kMostRepeats = 5;

constexpr std::string_view kAsciiMarks = ".,;:!?()";
constexpr std::string_view kWideMarks = "…。、「」";  // the other wide ones fold to ASCII

/// The bytes of the sentence mark that `word` begins with, or ends with.
std::size_t mark_at_start(std::string_view word) {
  const std::size_t length = next_codepoint(word).length;
  const auto first = word.substr(0, length);
  return (length == 1 ? kAsciiMarks : kWideMarks).find(first) == std::string_view::npos ? 0 : length;
}
std::size_t mark_at_end(std::string_view word) {
  if (kAsciiMarks.find(word.back()) != std::string_view::npos) return 1;
  if (word.size() < 3) return 0;
  const auto last = word.substr(word.size() - 3);
  return next_codepoint(last).length == 3 && kWideMarks.find(last) != std::string_view::npos ? 3 : 0;
}

/// "Hello," asks for hello; "?" alone asks for question marks.
std::string_view bare_word(std::string_view word) {
  std::string_view bare = word;
  while (!bare.empty()) {
    if (const std::size_t start = mark_at_start(bare)) {
      bare.remove_prefix(start);
    } else if (const std::size_t end = mark_at_end(bare)) {
      bare.remove_suffix(end);
    } else {
      break;
    }
  }
  return bare.empty() ? word : bare;
}

void add_term(SearchQuery& query, std::string_view term) {
  if (term.empty() || std::ranges::find(query.terms, term) != query.terms.end()) return;
  query.terms.emplace_back(term);
}

void add_words(SearchQuery& query, std::string_view text) {
  while (!text.empty()) {
    const std::size_t blank = std::min(text.find(' '), text.size());
    if (blank > 0) add_term(query, bare_word(text.substr(0, blank)));
    text.remove_prefix(std::min(blank + 1, text.size()));
  }
}

std::string_view trimmed(std::string_view text) {
  while (text.starts_with(' ')) text.remove_prefix(1);
  while (text.ends_with(' ')) text.remove_suffix(1);
  return text;
}

/// Letters and digits of scripts that write blanks between words. Chinese and Japanese have no such borders.
bool is_word_character(std::string_view at) {
  const char32_t c = next_codepoint(at).codepoint;
  return (c >= U'a' && c <= U'z') || (c >= U'0' && c <= U'9') || (c >= 0xC0 && c < 0x2000);
}
bool ends_in_word(std::string_view text) {
  std::size_t at = text.size();
  while (at > 0 && (static_cast<unsigned char>(text[at - 1]) & 0xC0U) == 0x80U) --at;
  return at > 0 && is_word_character(text.substr(at - 1));
}

bool is_whole(std::string_view text, std::size_t at, std::size_t length) {
  const bool open_before = ends_in_word(text.substr(0, at)) && is_word_character(text.substr(at));
  const bool open_after = is_word_character(text.substr(at + length)) && ends_in_word(text.substr(0, at + length));
  return !open_before && !open_after;
}

}  // namespace

Result<SearchQuery> parse_search_query(std::string_view text) {
  if (text.size() > kMaxQueryBytes) {
    return fail(ErrorCode::kInvalidArgument, fmt::format("'q' must have at most {} bytes", kMaxQueryBytes),
                "search for fewer words");
  }
  SearchQuery query;
  const std::string folded = fold_for_search(text);
  bool quoted = false;
  for (std::size_t from = 0; from <= folded.size(); quoted = !quoted) {
    const std::size_t quote = std::min(folded.find('"', from), folded.size());
    const auto part = trimmed(std::string_view(folded).substr(from, quote - from));
    if (quoted) {
      add_term(query, part);
    } else {
      add_words(query, part);
    }
    from = quote + 1;
  }
  if (query.terms.size() > kMaxQueryTerms) {
    return fail(ErrorCode::kInvalidArgument, fmt::format("'q' must have at most {} words", kMaxQueryTerms),
                "search for fewer words");
  }
  return query;
}

std::optional<int> search_score(const SearchQuery& query, std::string_view folded) {
  if (query.terms.empty()) return std::nullopt;
  int score = 0;
  std::string in_order;
  for (const std::string& term : query.terms) {
    int repeats = 0;
    bool whole = false;
    for (std::size_t at = folded.find(term); at != std::string_view::npos && repeats < kMostRepeats;
         at = folded.find(term, at + term.size())) {
      ++repeats;
      whole = whole || is_whole(folded, at, term.size());
    }
    if (repeats == 0) return std::nullopt;
    score += repeats + (whole ? kWholeWord : 0);
    in_order += in_order.empty() ? term : " " + term;
  }
  if (query.terms.size() > 1 && folded.find(in_order) != std::string_view::npos) score += kInOrder;
  return score;
}

}  // namespace zimu::app
