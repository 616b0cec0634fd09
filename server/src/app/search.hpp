#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "app/search_text.hpp"
#include "base/time.hpp"

namespace zimu::app {

/// More fitting segments than these are not ranked: the newest are.
constexpr std::size_t kMaxSearchHits = 5'000;
/// A search that no index helps (terms under three characters) looks at the newest of so many segments.
constexpr std::int64_t kMaxScannedSegments = 200'000;

/// Where a segment stands among the hits: the best score first, then the newest transcript, then time.
struct SearchRank {
  int score = 0;
  std::string transcript_id;
  std::int64_t segment_index = 0;
};
bool before(const SearchRank& one, const SearchRank& other);
std::string to_cursor(const SearchRank& rank);
/// kInvalidArgument for what `to_cursor` does not make.
Result<SearchRank> parse_cursor(std::string_view cursor);

struct SearchHit {
  SearchRank rank;
  std::string media_id;
  std::string media_title;
  std::string language;
  Milliseconds start{0};
  Milliseconds end{0};
  Snippet snippet;
};
struct SearchPage {
  std::vector<SearchHit> items;
  std::optional<std::string> next;
  std::uint64_t total = 0;
  bool complete = true;  ///< false: a limit above was met, and there may be more
};
/// What the store is asked.
struct SegmentSearch {
  SearchQuery query;
  std::optional<std::string> transcript_id;
  int limit = 50;
  std::optional<SearchRank> after;
};

}  // namespace zimu::app
