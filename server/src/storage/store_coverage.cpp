#include "storage/store_coverage.hpp"

#include "storage/rows.hpp"
#include "storage/window_rows.hpp"

namespace zimu::storage {
Result<> insert_coverage(Database& database, const std::string& transcript_id, const domain::Window& window) {
  if (!window.coverage) return {};
  std::int64_t position = 0;
  ZIMU_TRY(Statement gaps, database.prepare("INSERT INTO window_gaps (transcript_id, window_idx, position, start_ms, "
                                            "end_ms) VALUES (?1, ?2, ?3, ?4, ?5)"));
  for (const auto& gap : window.coverage->gaps) {
    gaps.bind(transcript_id, window.index, position++, to_column(gap.start), to_column(gap.end));
    ZIMU_TRY_VOID(gaps.run());
  }
  position = 0;
  ZIMU_TRY(Statement texts, database.prepare("INSERT INTO window_left_out (transcript_id, window_idx, position, "
                                             "start_ms, end_ms, reason, text) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)"));
  for (const auto& text : window.coverage->left_out) {
    texts.bind(transcript_id, window.index, position++, to_column(text.start), to_column(text.end), text.reason,
               text.text);
    ZIMU_TRY_VOID(texts.run());
  }
  return {};
}

Result<> read_coverage(Database& database, const std::string& transcript_id, std::vector<domain::Window>& windows) {
  ZIMU_TRY(Statement gaps, database.prepare("SELECT window_idx, start_ms, end_ms FROM window_gaps "
                                            "WHERE transcript_id = ?1 ORDER BY window_idx, position"));
  gaps.bind(transcript_id);
  ZIMU_TRY_VOID(for_windows(gaps, windows, [&](domain::Window& window) {
    if (window.coverage) window.coverage->gaps.push_back({milliseconds_column(gaps, 1), milliseconds_column(gaps, 2)});
  }));
  ZIMU_TRY(Statement texts, database.prepare("SELECT window_idx, start_ms, end_ms, reason, text FROM window_left_out "
                                             "WHERE transcript_id = ?1 ORDER BY window_idx, position"));
  texts.bind(transcript_id);
  return for_windows(texts, windows, [&](domain::Window& window) {
    if (!window.coverage) return;
    window.coverage->left_out.push_back(
        {milliseconds_column(texts, 1), milliseconds_column(texts, 2), texts.text(3), texts.text(4)});
  });
}

Result<std::optional<domain::Coverage>> total_coverage(Database& database, const std::string& transcript_id) {
  ZIMU_TRY(Statement row, database.prepare("SELECT idx, audible_ms, covered_ms FROM windows "
                                           "WHERE transcript_id = ?1 ORDER BY idx"));
  row.bind(transcript_id);
  std::vector<domain::Window> windows;
  while (true) {
    ZIMU_TRY(const bool found, row.step());
    if (!found) break;
    if (row.is_null(1)) return std::nullopt;
    domain::Window& window = windows.emplace_back();
    window.index = row.integer(0);
    window.coverage.emplace(domain::Coverage{milliseconds_column(row, 1), milliseconds_column(row, 2), {}, {}});
  }
  if (windows.empty()) return std::nullopt;
  ZIMU_TRY_VOID(read_coverage(database, transcript_id, windows));
  domain::Coverage total;
  for (const domain::Window& window : windows) domain::append(total, *window.coverage);
  return total;
}

}  // namespace zimu::storage
