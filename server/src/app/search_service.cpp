#include "app/search_service.hpp"

#include <charconv>
#include <tuple>

#include <fmt/format.h>

#include "base/uuid.hpp"

namespace zimu::app {
namespace {

template <class Number>
bool read_number(std::string_view text, Number& value) {
  const auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), value);
  return ec == std::errc() && end == text.data() + text.size() && value >= 0;
}

}  // namespace

bool before(const SearchRank& one, const SearchRank& other) {
  return std::tie(other.score, other.transcript_id, one.segment_index) <
         std::tie(one.score, one.transcript_id, other.segment_index);
}

std::string to_cursor(const SearchRank& rank) {
  return fmt::format("{}.{}.{}", rank.score, rank.transcript_id, rank.segment_index);
}

Result<SearchRank> parse_cursor(std::string_view cursor) {
  SearchRank rank;
  const std::size_t first = cursor.find('.');
  const std::size_t last = cursor.rfind('.');
  if (first != std::string_view::npos && first != last) {
    rank.transcript_id = cursor.substr(first + 1, last - first - 1);
    if (is_uuid(rank.transcript_id) && read_number(cursor.substr(0, first), rank.score) &&
        read_number(cursor.substr(last + 1), rank.segment_index)) {
      return rank;
    }
  }
  return fail(ErrorCode::kInvalidArgument, "'cursor' must be the 'next' of a page before");
}

Result<SearchPage> SearchService::search(const Request& request) {
  SegmentSearch wanted;
  ZIMU_TRY(wanted.query, parse_search_query(request.text));
  wanted.transcript_id = request.transcript_id;
  wanted.limit = request.limit;
  if (request.cursor) {
    ZIMU_TRY(wanted.after, parse_cursor(*request.cursor));
  }
  return store_.search(wanted);
}

}  // namespace zimu::app
