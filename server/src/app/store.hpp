#pragma once
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "app/media_query.hpp"
#include "app/search.hpp"
#include "base/result.hpp"
#include "domain/edit/revision.hpp"
#include "domain/job.hpp"
#include "domain/media.hpp"
#include "domain/transcript.hpp"

namespace zimu::app {

constexpr int kMaxPageSize = 500;

/// Newest first. `after` is the id of the last item of the page before.
struct PageQuery {
  int limit = 50;
  std::optional<std::string> after;
};

template <class T>
struct Page {
  std::vector<T> items;
  std::optional<std::string> next;  ///< give it as `after`; nullopt at the end
};

struct JobQuery {
  PageQuery page;
  std::optional<domain::JobState> state;
  std::optional<std::string> media_id;
  std::optional<domain::JobKind> kind = {};
  std::optional<std::string> transcript_id = {};
  bool whole_only = false;  ///< only transcriptions of a whole recording: neither drafts nor films
};

/// Revisions of a transcript with `number` > `after`, oldest first; or with `number` < `before`, newest first.
struct RevisionQuery {
  std::string transcript_id;
  std::optional<std::int64_t> after;
  std::optional<std::int64_t> before;
  int limit = 50;
};

struct TagCount {
  std::string tag;
  std::int64_t count = 0;  ///< recordings that have it
};

/// A resumable upload that is not finished. The bytes are in `<uploads>/incoming/<id>.part`; its length is the offset.
struct Upload {
  std::string id;
  std::optional<std::uint64_t> size;  ///< nullopt while the client defers it (tus Upload-Defer-Length)
  std::string file_name;
  std::string content_type;
  std::string metadata;               ///< the Upload-Metadata header as sent, echoed in HEAD
  std::string media_id;               ///< set once finished: the recording it became
  Timestamp created_at{};
  Timestamp expires_at{};
};

/// Where a job goes on after a restart: derived from the committed windows.
struct ResumePoint {
  Milliseconds at{0};
  std::int64_t next_window = 0;
  std::int64_t next_segment = 0;
  std::string language;
  float language_probability = 0;
};

/// Every persistent fact. Implemented by storage/ on SQLite. Blocking; thread: any (one writer inside).
/// kNotFound names the id; kNoSpace and kIo leave the database as it was.
class Store {
 public:
  virtual ~Store() = default;

  virtual Result<> insert_media(const domain::Media& media) = 0;
  virtual Result<domain::Media> media(const std::string& id) = 0;
  virtual Result<Page<domain::Media>> list_media(const MediaQuery& query) = 0;
  /// Oldest first. An empty hash is that of none.
  virtual Result<std::vector<domain::Media>> media_with_hash(const std::string& sha256) = 0;
  /// The most used ones, at most `limit` of them, in order of their names.
  virtual Result<std::vector<TagCount>> list_tags(int limit) = 0;
  virtual Result<std::vector<domain::Media>> media_in_state(domain::MediaState state) = 0;
  virtual Result<> update_media(const domain::Media& media) = 0;
  virtual Result<> delete_media(const std::string& id) = 0;  ///< its jobs and transcripts too

  /// One transaction: the job and the empty transcript it will fill.
  virtual Result<> insert_job(const domain::Job& job, const domain::Transcript& transcript) = 0;
  /// A job for a transcript that is there: kNotFound when it is not.
  virtual Result<> insert_job_of(const domain::Job& job) = 0;
  virtual Result<domain::Job> job(const std::string& id) = 0;
  virtual Result<Page<domain::Job>> list_jobs(const JobQuery& query) = 0;
  virtual Result<> update_job(const domain::Job& job) = 0;
  virtual Result<> delete_job(const std::string& id) = 0;    ///< the transcript stays
  /// Highest priority, then oldest.
  virtual Result<std::optional<domain::Job>> next_queued_job(domain::JobKind kind) = 0;
  virtual Result<std::vector<domain::Job>> jobs_in_state(domain::JobState state) = 0;
  virtual Result<std::map<domain::JobState, std::uint64_t>> count_jobs() = 0;  ///< every state, also those with none

  /// One transaction: the transcript with its segments, made by no job.
  virtual Result<> insert_transcript(const domain::Transcript& transcript) = 0;
  virtual Result<> delete_transcript(const std::string& id) = 0;  ///< its jobs too
  virtual Result<domain::Transcript> transcript(const std::string& id, bool with_segments) = 0;
  virtual Result<std::vector<domain::Transcript>> transcripts_of(const std::string& media_id) = 0;  ///< no segments
  virtual Result<> update_transcript(const domain::Transcript& transcript) = 0;  ///< header only
  /// One transaction: the window, its segments, and the job's processed/progress. Same window index twice: the
  /// second is ignored (a replay after a crash).
  virtual Result<> commit_window(const domain::Job& job, const domain::Window& window) = 0;
  virtual Result<std::vector<domain::Window>> windows(const std::string& transcript_id) = 0;  ///< without segments
  virtual Result<ResumePoint> resume_point(const std::string& transcript_id) = 0;

  /// One transaction: the revision, the segments that it changes, and the transcript's `revision` and `updated_at`.
  /// kConflict when its number is not the next one, or its hunks do not fit.
  virtual Result<> commit_revision(const domain::Revision& revision) = 0;
  virtual Result<std::vector<domain::RevisionMark>> revision_marks(const std::string& transcript_id) = 0;  ///< oldest first
  virtual Result<std::vector<domain::Revision>> revisions(const RevisionQuery& query) = 0;
  virtual Result<std::vector<domain::RevisionSummary>> revision_summaries(const RevisionQuery& query) = 0;

  /// The segments in which every term occurs, of one transcript or of all. No terms: none. kNotFound: no such transcript.
  virtual Result<SearchPage> search(const SegmentSearch& search) = 0;

  virtual Result<> insert_upload(const Upload& upload) = 0;
  virtual Result<Upload> upload(const std::string& id) = 0;
  virtual Result<> update_upload(const Upload& upload) = 0;
  virtual Result<> delete_upload(const std::string& id) = 0;
  virtual Result<std::vector<Upload>> uploads_expired_at(Timestamp now) = 0;

  virtual Result<std::optional<std::string>> setting(const std::string& key) = 0;
  virtual Result<> set_setting(const std::string& key, const std::string& value) = 0;
  virtual Result<> ping() = 0;  ///< the database answers
};

}  // namespace zimu::app
