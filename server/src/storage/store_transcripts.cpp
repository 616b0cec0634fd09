#include "storage/store_transcripts.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "storage/blob_codec.hpp"
#include "storage/rows.hpp"
#include "storage/sqlite_store.hpp"
#include "storage/store_coverage.hpp"
#include "storage/window_rows.hpp"

namespace zimu::storage {
namespace {

constexpr std::string_view kKind = "transcript";

#define ZIMU_TRANSCRIPT_COLUMNS                                                                                  \
  "id, media_id, job_id, title, model, task, language, language_probability, duration_ms, complete, created_at, " \
  "updated_at, revision, origin, parent_id"

Result<domain::Transcript> read_header(const Statement& row) {
  domain::Transcript transcript;
  transcript.id = row.text(0);
  transcript.media_id = row.text(1);
  transcript.job_id = row.text(2);
  transcript.title = row.text(3);
  transcript.model = row.text(4);
  ZIMU_TRY(transcript.task, domain::task_from_name(row.text(5)));
  transcript.language = row.text(6);
  transcript.language_probability = float_column(row, 7);
  transcript.duration = milliseconds_column(row, 8);
  transcript.complete = row.integer(9) != 0;
  transcript.created_at = timestamp_column(row, 10);
  transcript.updated_at = timestamp_column(row, 11);
  transcript.revision = row.integer(12);
  ZIMU_TRY(transcript.origin, domain::origin_from_name(row.text(13)));
  if (!row.is_null(14)) transcript.parent_id = row.text(14);
  return transcript;
}

/// ?1 to ?12: what may change with the header. The revision changes with its segments only.
Statement& bind_header(Statement& statement, const domain::Transcript& transcript) {
  return statement.bind(transcript.id, transcript.media_id, transcript.job_id, transcript.title, transcript.model,
                        domain::task_name(transcript.task), transcript.language, transcript.language_probability,
                        to_column(transcript.duration), transcript.complete, to_column(transcript.created_at),
                        to_column(transcript.updated_at));
}

Result<std::vector<domain::Segment>> read_segments(Database& database, const std::string& transcript_id) {
  ZIMU_TRY(Statement row, database.prepare("SELECT idx, start_ms, end_ms, text, speaker, avg_logprob, "
                                           "compression_ratio, no_speech_prob, temperature, words, tokens "
                                           "FROM segments WHERE transcript_id = ?1 ORDER BY idx"));
  row.bind(transcript_id);
  std::vector<domain::Segment> segments;
  while (true) {
    ZIMU_TRY(const bool found, row.step());
    if (!found) return segments;
    domain::Segment segment;
    segment.index = row.integer(0);
    segment.start = milliseconds_column(row, 1);
    segment.end = milliseconds_column(row, 2);
    segment.text = row.text(3);
    segment.speaker = row.text(4);
    segment.avg_logprob = float_column(row, 5);
    segment.compression_ratio = float_column(row, 6);
    segment.no_speech_prob = float_column(row, 7);
    segment.temperature = float_column(row, 8);
    ZIMU_TRY(segment.words, decode_words(row.blob(9)));
    ZIMU_TRY(segment.tokens, decode_tokens(row.blob(10)));
    segments.push_back(std::move(segment));
  }
}

Result<> write_retries(Database& database, const std::string& transcript_id, const domain::Window& window) {
  ZIMU_TRY(Statement insert, database.prepare("INSERT INTO window_retries (transcript_id, window_idx, position, "
                                              "temperature, reason, value) VALUES (?1, ?2, ?3, ?4, ?5, ?6)"));
  std::int64_t position = 0;
  for (const domain::Retry& retry : window.retries) {
    insert.bind(transcript_id, window.index, position++, retry.temperature, retry.reason, retry.value);
    ZIMU_TRY_VOID(insert.run());
  }
  return {};
}

Result<> read_retries(Database& database, const std::string& transcript_id, std::vector<domain::Window>& windows) {
  ZIMU_TRY(Statement row, database.prepare("SELECT window_idx, temperature, reason, value FROM window_retries "
                                           "WHERE transcript_id = ?1 ORDER BY window_idx, position"));
  row.bind(transcript_id);
  return for_windows(row, windows, [&](domain::Window& window) {
    window.retries.push_back({float_column(row, 1), row.text(2), float_column(row, 3)});
  });
}

// The job's part of a committed window. kNotFound: deleted while its worker was still busy.
Result<> advance_job(Database& database, const domain::Job& job) {
  ZIMU_TRY(Statement update, database.prepare("UPDATE jobs SET processed_ms = ?2, progress = ?3, duration_ms = ?4, "
                                              "speed = ?5, device = ?6, stage = ?7, updated_at = ?8 WHERE id = ?1"));
  update.bind(job.id, to_column(job.processed), job.progress, to_column(job.duration), job.speed, job.device, job.stage,
              to_column(job.updated_at));
  ZIMU_TRY_VOID(update.run());
  ZIMU_TRY_VOID(changed_one(database, "job", job.id));
  ZIMU_TRY(Statement touch, database.prepare("UPDATE transcripts SET updated_at = ?2 WHERE id = ?1"));
  ZIMU_TRY_VOID(touch.bind(job.transcript_id, to_column(job.updated_at)).run());
  return changed_one(database, kKind, job.transcript_id);
}

}  // namespace

Result<> insert_segments(Database& database, const std::string& transcript_id, std::int64_t window,
                         std::span<const domain::Segment> segments) {
  ZIMU_TRY(Statement insert,
           database.prepare("INSERT INTO segments (transcript_id, idx, window_idx, start_ms, end_ms, text, speaker, "
                            "avg_logprob, compression_ratio, no_speech_prob, temperature, words, tokens) "
                            "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)"));
  for (const domain::Segment& segment : segments) {
    const auto words = encode_words(segment.words);
    const auto tokens = encode_tokens(segment.tokens);
    insert.bind(transcript_id, segment.index, window, to_column(segment.start), to_column(segment.end), segment.text,
                segment.speaker, segment.avg_logprob, segment.compression_ratio, segment.no_speech_prob,
                segment.temperature, words, tokens);
    ZIMU_TRY_VOID(insert.run());
  }
  return {};
}

Result<> insert_transcript_row(Database& database, const domain::Transcript& transcript) {
  ZIMU_TRY(Statement insert, database.prepare("INSERT INTO transcripts (" ZIMU_TRANSCRIPT_COLUMNS ") VALUES (?1, ?2, "
                                              "?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15)"));
  return insert
      .bind(transcript.id, transcript.media_id, transcript.job_id, transcript.title, transcript.model,
            domain::task_name(transcript.task), transcript.language, transcript.language_probability,
            to_column(transcript.duration), transcript.complete, to_column(transcript.created_at),
            to_column(transcript.updated_at), transcript.revision, domain::origin_name(transcript.origin),
            transcript.parent_id)
      .run();
}

Result<> SqliteStore::insert_transcript(const domain::Transcript& transcript) {
  ZIMU_TRY_VOID(check_id(kKind, transcript.id));
  ZIMU_TRY_VOID(check_id("recording", transcript.media_id));
  return connections_->write([&](Database& database) -> Result<> {
    ZIMU_TRY_VOID(insert_transcript_row(database, transcript));
    return insert_segments(database, transcript.id, 0, transcript.segments);
  });
}

Result<> SqliteStore::delete_transcript(const std::string& id) {
  ZIMU_TRY_VOID(check_id(kKind, id));
  return connections_->write([&](Database& database) -> Result<> {
    ZIMU_TRY(Statement remove, database.prepare("DELETE FROM transcripts WHERE id = ?1"));
    ZIMU_TRY_VOID(remove.bind(id).run());
    return changed_one(database, kKind, id);
  });
}

Result<domain::Transcript> SqliteStore::transcript(const std::string& id, bool with_segments) {
  ZIMU_TRY_VOID(check_id(kKind, id));
  return connections_->read([&](Database& database) -> Result<domain::Transcript> {
    ZIMU_TRY(Statement row, database.prepare("SELECT " ZIMU_TRANSCRIPT_COLUMNS " FROM transcripts WHERE id = ?1"));
    ZIMU_TRY(const bool found, row.bind(id).step());
    if (!found) return std::unexpected(no_such(kKind, id));
    ZIMU_TRY(auto transcript, read_header(row));
    if (with_segments) {
      ZIMU_TRY(transcript.segments, read_segments(database, id));
      ZIMU_TRY(transcript.coverage, total_coverage(database, id));
    }
    return transcript;
  });
}

Result<std::vector<domain::Transcript>> SqliteStore::transcripts_of(const std::string& media_id) {
  ZIMU_TRY_VOID(check_id("recording", media_id));
  return connections_->read([&](Database& database) -> Result<std::vector<domain::Transcript>> {
    ZIMU_TRY(Statement row, database.prepare("SELECT " ZIMU_TRANSCRIPT_COLUMNS
                                             " FROM transcripts WHERE media_id = ?1 ORDER BY id DESC"));
    row.bind(media_id);
    std::vector<domain::Transcript> items;
    while (true) {
      ZIMU_TRY(const bool found, row.step());
      if (!found) return items;
      ZIMU_TRY(auto transcript, read_header(row));
      items.push_back(std::move(transcript));
    }
  });
}

Result<> SqliteStore::update_transcript(const domain::Transcript& transcript) {
  ZIMU_TRY_VOID(check_id(kKind, transcript.id));
  return connections_->write([&](Database& database) -> Result<> {
    ZIMU_TRY(Statement update,
             database.prepare("UPDATE transcripts SET media_id = ?2, job_id = ?3, title = ?4, model = ?5, task = ?6, "
                              "language = ?7, language_probability = ?8, duration_ms = ?9, complete = ?10, "
                              "created_at = ?11, updated_at = ?12 WHERE id = ?1"));
    ZIMU_TRY_VOID(bind_header(update, transcript).run());
    return changed_one(database, kKind, transcript.id);
  });
}

Result<> SqliteStore::commit_window(const domain::Job& job, const domain::Window& window) {
  ZIMU_TRY_VOID(check_id("job", job.id));
  ZIMU_TRY_VOID(check_id(kKind, job.transcript_id));
  return connections_->write([&](Database& database) -> Result<> {
    ZIMU_TRY_VOID(advance_job(database, job));
    ZIMU_TRY(Statement insert, database.prepare("INSERT INTO windows (transcript_id, idx, start_ms, end_ms, silence, "
                                                "audible_ms, covered_ms) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7) "
                                                "ON CONFLICT DO NOTHING"));
    const auto& coverage = window.coverage;
    using Time = std::optional<std::int64_t>;
    insert.bind(job.transcript_id, window.index, to_column(window.start), to_column(window.end), window.silence,
                coverage ? Time(coverage->audible.count()) : Time(), coverage ? Time(coverage->covered.count()) : Time());
    ZIMU_TRY_VOID(insert.run());
    if (database.changes() == 0) return {};  // a replay: the first one counts
    ZIMU_TRY_VOID(write_retries(database, job.transcript_id, window));
    ZIMU_TRY_VOID(insert_coverage(database, job.transcript_id, window));
    auto written = insert_segments(database, job.transcript_id, window.index, window.segments);
    if (!written && written.error().code == ErrorCode::kConflict) {
      return fail(ErrorCode::kProtocol, fmt::format("window {} of job {} brings a segment that an earlier window has",
                                                    window.index, job.id));
    }
    return written;
  });
}

Result<std::vector<domain::Window>> SqliteStore::windows(const std::string& transcript_id) {
  ZIMU_TRY_VOID(check_id(kKind, transcript_id));
  return connections_->read([&](Database& database) -> Result<std::vector<domain::Window>> {
    ZIMU_TRY(Statement row, database.prepare("SELECT idx, start_ms, end_ms, silence, audible_ms, covered_ms FROM windows "
                                             "WHERE transcript_id = ?1 ORDER BY idx"));
    row.bind(transcript_id);
    std::vector<domain::Window> windows;
    while (true) {
      ZIMU_TRY(const bool found, row.step());
      if (!found) break;
      domain::Window window;
      window.index = row.integer(0);
      window.start = milliseconds_column(row, 1);
      window.end = milliseconds_column(row, 2);
      window.silence = row.integer(3) != 0;
      if (!row.is_null(4)) {
        window.coverage.emplace(domain::Coverage{milliseconds_column(row, 4), milliseconds_column(row, 5), {}, {}});
      }
      windows.push_back(std::move(window));
    }
    ZIMU_TRY_VOID(read_retries(database, transcript_id, windows));
    ZIMU_TRY_VOID(read_coverage(database, transcript_id, windows));
    return windows;
  });
}

Result<app::ResumePoint> SqliteStore::resume_point(const std::string& transcript_id) {
  ZIMU_TRY_VOID(check_id(kKind, transcript_id));
  return connections_->read([&](Database& database) -> Result<app::ResumePoint> {
    ZIMU_TRY(Statement row, database.prepare(
                                "SELECT language, language_probability, "
                                "(SELECT max(end_ms) FROM windows WHERE transcript_id = ?1), "
                                "(SELECT max(idx) + 1 FROM windows WHERE transcript_id = ?1), "
                                "(SELECT max(idx) + 1 FROM segments WHERE transcript_id = ?1) "
                                "FROM transcripts WHERE id = ?1"));
    ZIMU_TRY(const bool found, row.bind(transcript_id).step());
    if (!found) return std::unexpected(no_such(kKind, transcript_id));
    // NULL, for no windows yet, reads as 0.
    app::ResumePoint point;
    point.language = row.text(0);
    point.language_probability = float_column(row, 1);
    point.at = milliseconds_column(row, 2);
    point.next_window = row.integer(3);
    point.next_segment = row.integer(4);
    return point;
  });
}

}  // namespace zimu::storage
