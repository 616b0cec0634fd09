#include <algorithm>

#include <fmt/format.h>

#include "storage/rows.hpp"
#include "storage/sqlite_store.hpp"

namespace zimu::storage {
namespace {

constexpr std::size_t kTrigram = 3;

struct Found {
  app::SearchRank rank;
  std::int64_t id = 0;
};
struct Findings {
  std::vector<Found> items;
  bool complete = true;
};

std::size_t characters(std::string_view text) {
  return static_cast<std::size_t>(
      std::ranges::count_if(text, [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; }));
}

/// The terms that the index knows, as FTS5 strings: in quotes nothing is an operator. Empty: there is none.
std::string match_expression(const app::SearchQuery& query) {
  std::string out;
  for (const std::string& term : query.terms) {
    if (characters(term) < kTrigram) continue;
    out += out.empty() ? "\"" : " \"";
    for (const char c : term) out += c == '"' ? "\"\"" : std::string(1, c);
    out += '"';
  }
  return out;
}

/// Rows of (segment id, folded text), newest first.
Result<Statement> candidates(Database& database, const app::SearchQuery& query) {
  const std::string expression = match_expression(query);
  if (expression.empty()) {
    ZIMU_TRY(Statement scan, database.prepare("SELECT rowid, text FROM segment_search ORDER BY rowid DESC LIMIT ?1"));
    scan.bind(app::kMaxScannedSegments);
    return scan;
  }
  ZIMU_TRY(Statement match, database.prepare("SELECT rowid, text FROM segment_search WHERE segment_search MATCH ?2 "
                                             "ORDER BY rowid DESC LIMIT ?1"));
  match.bind(app::kMaxScannedSegments, expression);
  return match;
}

Result<Findings> find_anywhere(Database& database, const app::SearchQuery& query) {
  ZIMU_TRY(Statement row, candidates(database, query));
  ZIMU_TRY(Statement place, database.prepare("SELECT s.transcript_id, s.idx FROM segments s JOIN transcripts t "
                                             "ON t.id = s.transcript_id WHERE s.id = ?1 AND t.origin <> 'draft'"));
  Findings findings;
  std::int64_t seen = 0;
  while (true) {
    ZIMU_TRY(const bool more, row.step());
    if (!more) break;
    ++seen;
    const auto score = app::search_score(query, row.text(1));
    if (!score) continue;
    if (findings.items.size() == app::kMaxSearchHits) {
      findings.complete = false;
      return findings;
    }
    ZIMU_TRY(const bool there, place.bind(row.integer(0)).step());
    if (there) findings.items.push_back({{*score, place.text(0), place.integer(1)}, row.integer(0)});
    place.reset();
  }
  findings.complete = seen < app::kMaxScannedSegments;
  return findings;
}

/// One transcript is read whole: that is quicker than to look through the hits of all.
Result<Findings> find_in(Database& database, const app::SearchQuery& query, const std::string& transcript_id) {
  ZIMU_TRY(Statement exists, database.prepare("SELECT 1 FROM transcripts WHERE id = ?1"));
  ZIMU_TRY(const bool there, exists.bind(transcript_id).step());
  if (!there) return std::unexpected(no_such("transcript", transcript_id));
  ZIMU_TRY(Statement row, database.prepare("SELECT s.id, f.text, s.idx FROM segments s JOIN segment_search f "
                                           "ON f.rowid = s.id WHERE s.transcript_id = ?1 ORDER BY s.idx"));
  row.bind(transcript_id);
  Findings findings;
  while (true) {
    ZIMU_TRY(const bool more, row.step());
    if (!more) return findings;
    const auto score = app::search_score(query, row.text(1));
    if (!score) continue;
    if (findings.items.size() == app::kMaxSearchHits) {
      findings.complete = false;
      return findings;
    }
    findings.items.push_back({{*score, transcript_id, row.integer(2)}, row.integer(0)});
  }
}

Result<app::SearchHit> read_hit(Database& database, const app::SearchQuery& query, const Found& found) {
  ZIMU_TRY(Statement row, database.prepare("SELECT s.start_ms, s.end_ms, s.text, t.media_id, m.title, t.language "
                                           "FROM segments s JOIN transcripts t ON t.id = s.transcript_id "
                                           "JOIN media m ON m.id = t.media_id WHERE s.id = ?1"));
  ZIMU_TRY(const bool there, row.bind(found.id).step());
  if (!there) return fail(ErrorCode::kInternal, fmt::format("segment {} has no recording", found.id));
  app::SearchHit hit;
  hit.rank = found.rank;
  hit.start = milliseconds_column(row, 0);
  hit.end = milliseconds_column(row, 1);
  hit.snippet = app::make_snippet(query, row.text(2));
  hit.media_id = row.text(3);
  hit.media_title = row.text(4);
  hit.language = row.text(5);
  return hit;
}

Result<app::SearchPage> page_of(Database& database, const app::SegmentSearch& search, Findings findings) {
  std::ranges::sort(findings.items, app::before, &Found::rank);
  app::SearchPage page;
  page.total = findings.items.size();
  page.complete = findings.complete;
  auto at = findings.items.begin();
  if (search.after) at = std::ranges::upper_bound(findings.items, *search.after, app::before, &Found::rank);
  for (const int limit = page_limit(search.limit); at != findings.items.end(); ++at) {
    if (std::cmp_equal(page.items.size(), limit)) {
      page.next = app::to_cursor(page.items.back().rank);
      break;
    }
    ZIMU_TRY(auto hit, read_hit(database, search.query, *at));
    page.items.push_back(std::move(hit));
  }
  return page;
}

}  // namespace

Result<app::SearchPage> SqliteStore::search(const app::SegmentSearch& search) {
  if (search.transcript_id) {
    ZIMU_TRY_VOID(check_id("transcript", *search.transcript_id));
  }
  return connections_->read([&](Database& database) -> Result<app::SearchPage> {
    Findings findings;
    if (search.transcript_id) {
      ZIMU_TRY(findings, find_in(database, search.query, *search.transcript_id));
    } else if (!search.query.terms.empty()) {
      ZIMU_TRY(findings, find_anywhere(database, search.query));
    }
    return page_of(database, search, std::move(findings));
  });
}

}  // namespace zimu::storage
