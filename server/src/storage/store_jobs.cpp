#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "storage/rows.hpp"
#include "storage/sqlite_store.hpp"
#include "storage/store_transcripts.hpp"

namespace zimu::storage {
namespace {

constexpr std::string_view kKind = "job";

#define ZIMU_JOB_STORED                                                                                             \
  "id, media_id, transcript_id, state, model, language, task, words, prompt, requested_device, threads, "           \
  "audio_stream, temperature, stage, progress, speed, processed_ms, duration_ms, device, attempts, priority, "      \
  "failure_code, failure_message, failure_action, failure_retryable, created_at, updated_at, started_at, finished_at, " \
  "kind, parameters, beam_size, languages"
/// And what never changes after the job was made; the parent is the draft's.
#define ZIMU_JOB_COLUMNS \
  ZIMU_JOB_STORED        \
  ", span_start_ms, span_end_ms, (SELECT parent_id FROM transcripts t WHERE t.id = jobs.transcript_id)"

std::vector<std::string> split_languages(std::string_view joined) {
  std::vector<std::string> codes;
  while (!joined.empty()) {
    const std::string_view code = joined.substr(0, joined.find(','));
    codes.emplace_back(code);
    joined.remove_prefix(std::min(joined.size(), code.size() + 1));
  }
  return codes;
}

Result<domain::Job> read_row(const Statement& row) {
  domain::Job job;
  job.id = row.text(0);
  job.media_id = row.text(1);
  job.transcript_id = row.text(2);
  ZIMU_TRY(job.state, domain::job_state_from_name(row.text(3)));
  job.options.model = row.text(4);
  job.options.language = row.text(5);
  ZIMU_TRY(job.options.task, domain::task_from_name(row.text(6)));
  job.options.words = row.integer(7) != 0;
  job.options.prompt = row.text(8);
  job.options.device = row.text(9);
  job.options.threads = static_cast<int>(row.integer(10));
  job.options.audio_stream = static_cast<int>(row.integer(11));
  job.options.temperature = float_column(row, 12);
  job.stage = row.text(13);
  job.progress = row.real(14);
  job.speed = row.real(15);
  job.processed = milliseconds_column(row, 16);
  job.duration = milliseconds_column(row, 17);
  job.device = row.text(18);
  job.attempts = static_cast<int>(row.integer(19));
  job.priority = static_cast<int>(row.integer(20));
  if (!row.is_null(21)) {
    job.failure = domain::JobFailure{error_code_from_name(row.text(21)), row.text(22), row.text(23),
                                     row.integer(24) != 0};
  }
  job.created_at = timestamp_column(row, 25);
  job.updated_at = timestamp_column(row, 26);
  job.started_at = optional_timestamp_column(row, 27);
  job.finished_at = optional_timestamp_column(row, 28);
  ZIMU_TRY(job.kind, domain::job_kind_from_name(row.text(29)));
  if (job.kind == domain::JobKind::kRender) {
    ZIMU_TRY(auto decoded, domain::decode_render(row.text(30)));
    job.render = std::move(decoded.options);
    job.result = std::move(decoded.result);
  }
  job.options.beam_size = static_cast<int>(row.integer(31));
  job.options.languages = split_languages(row.text(32));
  const int span = row.columns() - 3;
  if (row.integer(span + 1) != 0) {
    job.span = domain::JobSpan{row.text(span + 2), milliseconds_column(row, span), milliseconds_column(row, span + 1)};
  }
  return job;
}

Result<std::vector<domain::Job>> read_rows(Statement& rows) {
  std::vector<domain::Job> items;
  while (true) {
    ZIMU_TRY(const bool found, rows.step());
    if (!found) return items;
    ZIMU_TRY(auto job, read_row(rows));
    items.push_back(std::move(job));
  }
}

Statement& bind_row(Statement& statement, const domain::Job& job) {
  using Text = std::optional<std::string_view>;
  const auto& failure = job.failure;
  return statement.bind(
      job.id, job.media_id, job.transcript_id, domain::job_state_name(job.state), job.options.model,
      job.options.language, domain::task_name(job.options.task), job.options.words, job.options.prompt,
      job.options.device, job.options.threads, job.options.audio_stream, job.options.temperature, job.stage,
      job.progress, job.speed, to_column(job.processed), to_column(job.duration), job.device, job.attempts,
      job.priority, failure ? Text(error_code_name(failure->code)) : Text(), failure ? Text(failure->message) : Text(),
      failure ? Text(failure->action) : Text(), failure ? std::optional<bool>(failure->retryable) : std::nullopt,
      to_column(job.created_at), to_column(job.updated_at), to_column(job.started_at), to_column(job.finished_at),
      domain::job_kind_name(job.kind), job.render ? domain::encode_render(*job.render, job.result) : std::string(),
      job.options.beam_size, fmt::format("{}", fmt::join(job.options.languages, ",")));
}

Result<> insert_row(Database& database, const domain::Job& job) {
  ZIMU_TRY(Statement insert,
           database.prepare("INSERT INTO jobs (" ZIMU_JOB_STORED ") VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, "
                            "?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21, ?22, ?23, ?24, ?25, ?26, ?27, "
                            "?28, ?29, ?30, ?31, ?32, ?33)"));
  return bind_row(insert, job).run();
}

Result<> insert_span(Database& database, const std::string& job_id, const domain::JobSpan& span) {
  ZIMU_TRY(Statement update, database.prepare("UPDATE jobs SET span_start_ms = ?2, span_end_ms = ?3 WHERE id = ?1"));
  return update.bind(job_id, to_column(span.start), to_column(span.end)).run();
}

}  // namespace

Result<> SqliteStore::insert_job(const domain::Job& job, const domain::Transcript& transcript) {
  ZIMU_TRY_VOID(check_id(kKind, job.id));
  ZIMU_TRY_VOID(check_id("recording", job.media_id));
  ZIMU_TRY_VOID(check_id("transcript", transcript.id));
  return connections_->write([&](Database& database) -> Result<> {
    ZIMU_TRY_VOID(insert_transcript_row(database, transcript));
    ZIMU_TRY_VOID(insert_row(database, job));
    return job.span ? insert_span(database, job.id, *job.span) : Result<>{};
  });
}

Result<> SqliteStore::insert_job_of(const domain::Job& job) {
  ZIMU_TRY_VOID(check_id(kKind, job.id));
  ZIMU_TRY_VOID(check_id("recording", job.media_id));
  ZIMU_TRY_VOID(check_id("transcript", job.transcript_id));
  return connections_->write([&](Database& database) -> Result<> { return insert_row(database, job); });
}

Result<domain::Job> SqliteStore::job(const std::string& id) {
  ZIMU_TRY_VOID(check_id(kKind, id));
  return connections_->read([&](Database& database) -> Result<domain::Job> {
    ZIMU_TRY(Statement row, database.prepare("SELECT " ZIMU_JOB_COLUMNS " FROM jobs WHERE id = ?1"));
    ZIMU_TRY(const bool found, row.bind(id).step());
    if (!found) return std::unexpected(no_such(kKind, id));
    return read_row(row);
  });
}

Result<app::Page<domain::Job>> SqliteStore::list_jobs(const app::JobQuery& query) {
  if (query.page.after) ZIMU_TRY_VOID(check_id(kKind, *query.page.after));
  if (query.media_id) ZIMU_TRY_VOID(check_id("recording", *query.media_id));
  if (query.transcript_id) ZIMU_TRY_VOID(check_id("transcript", *query.transcript_id));
  std::optional<std::string_view> state;
  std::optional<std::string_view> kind;
  if (query.kind) kind = domain::job_kind_name(*query.kind);
  if (query.state) state = domain::job_state_name(*query.state);
  const int limit = page_limit(query.page.limit);
  return connections_->read([&](Database& database) -> Result<app::Page<domain::Job>> {
    ZIMU_TRY(Statement rows, database.prepare("SELECT " ZIMU_JOB_COLUMNS
                                              " FROM jobs WHERE id < ?1 AND (?2 IS NULL OR state = ?2) "
                                              "AND (?3 IS NULL OR media_id = ?3) "
                                              "AND (?5 = 0 OR (kind = 'transcribe' AND span_end_ms = 0)) "
                                              "AND (?6 IS NULL OR kind = ?6) AND (?7 IS NULL OR transcript_id = ?7) "
                                              "ORDER BY id DESC LIMIT ?4"));
    rows.bind(query.page.after.value_or(std::string(kAfterEveryId)), state, query.media_id, limit + 1, query.whole_only,
              kind, query.transcript_id);
    app::Page<domain::Job> page;
    ZIMU_TRY(page.items, read_rows(rows));
    if (page.items.size() > static_cast<std::size_t>(limit)) {
      page.items.pop_back();
      page.next = page.items.back().id;
    }
    return page;
  });
}

Result<> SqliteStore::update_job(const domain::Job& job) {
  ZIMU_TRY_VOID(check_id(kKind, job.id));
  return connections_->write([&](Database& database) -> Result<> {
    ZIMU_TRY(Statement update,
             database.prepare(
                 "UPDATE jobs SET media_id = ?2, transcript_id = ?3, state = ?4, model = ?5, language = ?6, task = ?7, "
                 "words = ?8, prompt = ?9, requested_device = ?10, threads = ?11, audio_stream = ?12, "
                 "temperature = ?13, stage = ?14, progress = ?15, speed = ?16, processed_ms = ?17, duration_ms = ?18, "
                 "device = ?19, attempts = ?20, priority = ?21, failure_code = ?22, failure_message = ?23, "
                 "failure_action = ?24, failure_retryable = ?25, created_at = ?26, updated_at = ?27, "
                 "started_at = ?28, finished_at = ?29, kind = ?30, "
                 "parameters = ?31, beam_size = ?32, languages = ?33 WHERE id = ?1"));
    ZIMU_TRY_VOID(bind_row(update, job).run());
    return changed_one(database, kKind, job.id);
  });
}

Result<> SqliteStore::delete_job(const std::string& id) {
  ZIMU_TRY_VOID(check_id(kKind, id));
  return connections_->write([&](Database& database) -> Result<> {
    ZIMU_TRY(Statement remove, database.prepare("DELETE FROM jobs WHERE id = ?1"));
    ZIMU_TRY_VOID(remove.bind(id).run());
    return changed_one(database, kKind, id);
  });
}

Result<std::optional<domain::Job>> SqliteStore::next_queued_job(domain::JobKind kind) {
  return connections_->read([kind](Database& database) -> Result<std::optional<domain::Job>> {
    ZIMU_TRY(Statement row, database.prepare("SELECT " ZIMU_JOB_COLUMNS " FROM jobs WHERE state = 'queued' "
                                             "AND kind = ?1 ORDER BY priority DESC, id LIMIT 1"));
    ZIMU_TRY(const bool found, row.bind(domain::job_kind_name(kind)).step());
    if (!found) return std::nullopt;
    ZIMU_TRY(auto job, read_row(row));
    return job;
  });
}

Result<std::vector<domain::Job>> SqliteStore::jobs_in_state(domain::JobState state) {
  return connections_->read([&](Database& database) -> Result<std::vector<domain::Job>> {
    ZIMU_TRY(Statement rows, database.prepare("SELECT " ZIMU_JOB_COLUMNS " FROM jobs WHERE state = ?1 ORDER BY id"));
    rows.bind(domain::job_state_name(state));
    return read_rows(rows);
  });
}

Result<std::map<domain::JobState, std::uint64_t>> SqliteStore::count_jobs() {
  using domain::JobState;
  return connections_->read([](Database& database) -> Result<std::map<JobState, std::uint64_t>> {
    std::map<JobState, std::uint64_t> counts;
    for (const auto state : {JobState::kQueued, JobState::kRunning, JobState::kPaused, JobState::kDone, JobState::kFailed,
                             JobState::kCancelled}) {
      counts[state] = 0;
    }
    ZIMU_TRY(Statement rows, database.prepare("SELECT state, COUNT(*) FROM jobs GROUP BY state"));
    while (true) {
      ZIMU_TRY(const bool found, rows.step());
      if (!found) return counts;
      ZIMU_TRY(const auto state, domain::job_state_from_name(rows.text(0)));
      counts[state] = static_cast<std::uint64_t>(rows.integer(1));
    }
  });
}

}  // namespace zimu::storage
