#include <algorithm>

#include <fmt/format.h>

#include "storage/blob_codec.hpp"
#include "storage/hunk_codec.hpp"
#include "storage/rows.hpp"
#include "storage/sqlite_store.hpp"
#include "storage/store_transcripts.hpp"

namespace zimu::storage {
namespace {

constexpr std::string_view kKind = "transcript";

Result<> next_number(Database& database, const domain::Revision& revision) {
  ZIMU_TRY(Statement touch, database.prepare("UPDATE transcripts SET revision = ?2, updated_at = ?3 WHERE id = ?1"));
  ZIMU_TRY(Statement row, database.prepare("SELECT revision FROM transcripts WHERE id = ?1"));
  ZIMU_TRY(const bool found, row.bind(revision.transcript_id).step());
  if (!found) return std::unexpected(no_such(kKind, revision.transcript_id));
  if (row.integer(0) + 1 != revision.mark.number) {
    return fail(ErrorCode::kConflict,
                fmt::format("the transcript was changed meanwhile: it is at revision {}", row.integer(0)),
                "take the changes in and try again");
  }
  return touch.bind(revision.transcript_id, revision.mark.number, to_column(revision.created_at)).run();
}

/// Rows that only get other values: the full text is looked at again only where the text is another.
Result<> update_rows(Database& database, const std::string& id, std::size_t at, const domain::Hunk& hunk, std::size_t count) {
  ZIMU_TRY(Statement update,
           database.prepare("UPDATE segments SET start_ms = ?3, end_ms = ?4, speaker = ?5, avg_logprob = ?6, "
                            "compression_ratio = ?7, no_speech_prob = ?8, temperature = ?9, words = ?10, tokens = ?11 "
                            "WHERE transcript_id = ?1 AND idx = ?2"));
  ZIMU_TRY(Statement write, database.prepare("UPDATE segments SET text = ?3 WHERE transcript_id = ?1 AND idx = ?2"));
  for (std::size_t i = 0; i < count; ++i) {
    const domain::Segment& segment = hunk.inserted[i];
    const auto index = static_cast<std::int64_t>(at + i);
    update.bind(id, index, to_column(segment.start), to_column(segment.end), segment.speaker, segment.avg_logprob,
                segment.compression_ratio, segment.no_speech_prob, segment.temperature, encode_words(segment.words),
                encode_tokens(segment.tokens));
    ZIMU_TRY_VOID(update.run());
    ZIMU_TRY_VOID(changed_one(database, "segment", std::to_string(index)));
    if (segment.text == hunk.removed[i].text) continue;
    ZIMU_TRY_VOID(write.bind(id, index, segment.text).run());
  }
  return {};
}

/// Gives the rows from `at` on another place. In two steps, since no place may be taken twice at any moment.
Result<> move_rows(Database& database, const std::string& id, std::size_t at, std::int64_t by) {
  for (const std::string_view sql : {"UPDATE segments SET idx = -(idx + ?3) - 1 WHERE transcript_id = ?1 AND idx >= ?2",
                                     "UPDATE segments SET idx = -idx - 1 WHERE transcript_id = ?1 AND idx < 0"}) {
    ZIMU_TRY(Statement move, database.prepare(sql));
    ZIMU_TRY_VOID((sql.ends_with("< 0") ? move.bind(id) : move.bind(id, static_cast<std::int64_t>(at), by)).run());
  }
  return {};
}

Result<> apply(Database& database, const std::string& id, const domain::Hunk& hunk) {
  const std::size_t same = std::min(hunk.removed.size(), hunk.inserted.size());
  ZIMU_TRY_VOID(update_rows(database, id, hunk.at, hunk, same));
  if (hunk.removed.size() == hunk.inserted.size()) return {};
  if (hunk.removed.size() > same) {
    ZIMU_TRY(Statement remove, database.prepare("DELETE FROM segments WHERE transcript_id = ?1 AND idx >= ?2 AND idx < ?3"));
    remove.bind(id, static_cast<std::int64_t>(hunk.at + same), static_cast<std::int64_t>(hunk.at + hunk.removed.size()));
    ZIMU_TRY_VOID(remove.run());
    if (static_cast<std::size_t>(database.changes()) != hunk.removed.size() - same) {
      return fail(ErrorCode::kConflict, "the segments that a revision takes out are not there", "load the transcript anew");
    }
  }
  const auto by = static_cast<std::int64_t>(hunk.inserted.size()) - static_cast<std::int64_t>(hunk.removed.size());
  ZIMU_TRY_VOID(move_rows(database, id, hunk.at + hunk.removed.size(), by));
  std::vector<domain::Segment> more(hunk.inserted.begin() + static_cast<std::ptrdiff_t>(same), hunk.inserted.end());
  for (std::size_t i = 0; i < more.size(); ++i) more[i].index = static_cast<std::int64_t>(hunk.at + same + i);
  return insert_segments(database, id, kNoWindow, more);
}

Result<domain::RevisionMark> read_mark(const Statement& row) {
  domain::RevisionMark mark;
  mark.number = row.integer(0);
  ZIMU_TRY(mark.kind, domain::revision_kind_from_name(row.text(1)));
  if (!row.is_null(2)) mark.target = row.integer(2);
  return mark;
}

/// `read` makes one of a row: number, kind, target, hunks, created_at.
template <class T, class Read>
Result<std::vector<T>> read_revisions(Database& database, const app::RevisionQuery& query, const Read& read) {
  ZIMU_TRY(Statement row, database.prepare(query.after ? "SELECT number, kind, target, hunks, created_at FROM revisions "
                                                         "WHERE transcript_id = ?1 AND number > ?2 ORDER BY number LIMIT ?3"
                                                       : "SELECT number, kind, target, hunks, created_at FROM revisions "
                                                         "WHERE transcript_id = ?1 AND number < ?2 ORDER BY number DESC LIMIT ?3"));
  row.bind(query.transcript_id, query.after.value_or(query.before.value_or(INT64_MAX)), page_limit(query.limit));
  std::vector<T> items;
  while (true) {
    ZIMU_TRY(const bool found, row.step());
    if (!found) return items;
    ZIMU_TRY(auto item, read(row));
    items.push_back(std::move(item));
  }
}

}  // namespace

Result<> SqliteStore::commit_revision(const domain::Revision& revision) {
  ZIMU_TRY_VOID(check_id(kKind, revision.transcript_id));
  return connections_->write([&](Database& database) -> Result<> {
    ZIMU_TRY_VOID(next_number(database, revision));
    for (const domain::Hunk& hunk : revision.hunks) {
      ZIMU_TRY_VOID(apply(database, revision.transcript_id, hunk));
    }
    ZIMU_TRY(Statement insert, database.prepare("INSERT INTO revisions (transcript_id, number, kind, target, hunks, created_at) "
                                                "VALUES (?1, ?2, ?3, ?4, ?5, ?6)"));
    return insert
        .bind(revision.transcript_id, revision.mark.number, domain::revision_kind_name(revision.mark.kind),
              revision.mark.target, encode_hunks(revision.hunks), to_column(revision.created_at))
        .run();
  });
}

Result<std::vector<domain::RevisionMark>> SqliteStore::revision_marks(const std::string& transcript_id) {
  ZIMU_TRY_VOID(check_id(kKind, transcript_id));
  return connections_->read([&](Database& database) -> Result<std::vector<domain::RevisionMark>> {
    ZIMU_TRY(Statement row, database.prepare("SELECT number, kind, target FROM revisions WHERE transcript_id = ?1 "
                                             "ORDER BY number"));
    row.bind(transcript_id);
    std::vector<domain::RevisionMark> marks;
    while (true) {
      ZIMU_TRY(const bool found, row.step());
      if (!found) return marks;
      ZIMU_TRY(auto mark, read_mark(row));
      marks.push_back(mark);
    }
  });
}

Result<std::vector<domain::Revision>> SqliteStore::revisions(const app::RevisionQuery& query) {
  ZIMU_TRY_VOID(check_id(kKind, query.transcript_id));
  return connections_->read([&](Database& database) {
    return read_revisions<domain::Revision>(database, query, [&](const Statement& row) -> Result<domain::Revision> {
      domain::Revision revision;
      revision.transcript_id = query.transcript_id;
      ZIMU_TRY(revision.mark, read_mark(row));
      ZIMU_TRY(revision.hunks, decode_hunks(row.blob(3)));
      revision.created_at = timestamp_column(row, 4);
      return revision;
    });
  });
}

Result<std::vector<domain::RevisionSummary>> SqliteStore::revision_summaries(const app::RevisionQuery& query) {
  ZIMU_TRY_VOID(check_id(kKind, query.transcript_id));
  return connections_->read([&](Database& database) {
    return read_revisions<domain::RevisionSummary>(database, query, [](const Statement& row) -> Result<domain::RevisionSummary> {
      ZIMU_TRY(auto summary, summarize_hunks(row.blob(3)));
      ZIMU_TRY(summary.mark, read_mark(row));
      summary.created_at = timestamp_column(row, 4);
      return summary;
    });
  });
}

}  // namespace zimu::storage
