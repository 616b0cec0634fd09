#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"

/// What full text search makes of texts and queries. Pure; thread: any.
namespace zimu::app {

constexpr std::size_t kMaxQueryBytes = 512;
constexpr std::size_t kMaxQueryTerms = 16;
constexpr std::size_t kMaxSnippetChars = 180;

/// A text as it is compared: no case, no accents (Latin, Greek), full width as half, one blank between words. In UTF-8.
struct Folded {
  std::string text;
  std::vector<std::uint32_t> origin;  ///< for each byte, and for the end: which code point of the original it came from
};
Folded fold_with_origin(std::string_view text);
std::string fold_for_search(std::string_view text);

/// Terms that must all occur, each as it is written: words, or phrases between double quotes. Nothing is an operator.
struct SearchQuery {
  std::vector<std::string> terms;  ///< folded, none empty, each once; none at all: nothing can be found
};
/// kInvalidArgument when it is too long or has too many terms.
Result<SearchQuery> parse_search_query(std::string_view text);

/// How well a folded text fits; nullopt when a term is missing. Whole words count more than parts of words, and the
/// terms side by side, as they were typed, more than apart.
std::optional<int> search_score(const SearchQuery& query, std::string_view folded);

/// From `start` to before `end`, in code points.
struct Mark {
  std::uint32_t start = 0;
  std::uint32_t end = 0;
  friend bool operator==(const Mark&, const Mark&) = default;
};
struct Snippet {
  std::string text;
  std::vector<Mark> marks;  ///< in order, none overlap
};
/// The whole text when it is short, else the part around the first term, with "…" where something was left out.
Snippet make_snippet(const SearchQuery& query, std::string_view text);

}  // namespace zimu::app
