#pragma once
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "app/store.hpp"
#include "base/file.hpp"
#include "storage/connections.hpp"
#include "storage/journal_mode.hpp"
#include "storage/migrations.hpp"

namespace zimu::storage {

struct OpenOptions {
  std::filesystem::path path;                 ///< the database file; its folder is made when missing
  std::string journal_mode = "auto";          ///< "auto" | "wal" | "delete"
  std::filesystem::path mountinfo_path = "/proc/self/mountinfo";
  std::filesystem::path backups_dir = {};     ///< empty: `backups` beside the file
  bool auto_migrate = true;                   ///< false: an old schema is kConflict, naming `zimu migrate`
  bool exclusive = false;                     ///< the server: holds `<path>.lock` for life; kConflict when it is held
};

/// Which journal the database is to have where it lies. A WAL file that lies where WAL is unsafe is converted first,
/// so that whoever opens the database next finds it in a mode that is safe there.
Result<JournalDecision> settle_journal(const OpenOptions& options);

/// app::Store on one SQLite file (docs/formats/db-schema.md). Every change is flushed to the disk when its call
/// returns (synchronous=FULL), in one transaction; after any failure the file is as before and stays usable.
class SqliteStore final : public app::Store {
 public:
  /// Order: lock, journal decision from the mount table, conversion of a WAL file that lies where WAL is unsafe, schema
  /// check, backup and migration, readers. Errors name the file and what to do.
  static Result<std::unique_ptr<SqliteStore>> open(OpenOptions options);
  ~SqliteStore() override;

  const JournalDecision& journal() const { return journal_; }
  const MigrationReport& migration() const { return migration_; }
  static std::string sqlite_version();
  /// Folds the WAL into the file (server stop); nothing to do in the other mode.
  Result<> checkpoint();

  Result<> insert_media(const domain::Media& media) override;
  Result<domain::Media> media(const std::string& id) override;
  Result<app::Page<domain::Media>> list_media(const app::MediaQuery& query) override;
  Result<std::vector<domain::Media>> media_with_hash(const std::string& sha256) override;
  Result<std::vector<app::TagCount>> list_tags(int limit) override;
  Result<std::vector<domain::Media>> media_in_state(domain::MediaState state) override;
  Result<> update_media(const domain::Media& media) override;
  Result<> delete_media(const std::string& id) override;

  Result<> insert_job(const domain::Job& job, const domain::Transcript& transcript) override;
  Result<> insert_job_of(const domain::Job& job) override;
  Result<domain::Job> job(const std::string& id) override;
  Result<app::Page<domain::Job>> list_jobs(const app::JobQuery& query) override;
  Result<> update_job(const domain::Job& job) override;
  Result<> delete_job(const std::string& id) override;
  Result<std::optional<domain::Job>> next_queued_job(domain::JobKind kind) override;
  Result<std::vector<domain::Job>> jobs_in_state(domain::JobState state) override;
  Result<std::map<domain::JobState, std::uint64_t>> count_jobs() override;

  Result<> insert_transcript(const domain::Transcript& transcript) override;
  Result<> delete_transcript(const std::string& id) override;
  Result<domain::Transcript> transcript(const std::string& id, bool with_segments) override;
  Result<std::vector<domain::Transcript>> transcripts_of(const std::string& media_id) override;
  Result<> update_transcript(const domain::Transcript& transcript) override;
  Result<> commit_window(const domain::Job& job, const domain::Window& window) override;
  Result<std::vector<domain::Window>> windows(const std::string& transcript_id) override;
  Result<app::ResumePoint> resume_point(const std::string& transcript_id) override;

  Result<> commit_revision(const domain::Revision& revision) override;
  Result<std::vector<domain::RevisionMark>> revision_marks(const std::string& transcript_id) override;
  Result<std::vector<domain::Revision>> revisions(const app::RevisionQuery& query) override;
  Result<std::vector<domain::RevisionSummary>> revision_summaries(const app::RevisionQuery& query) override;

  Result<app::SearchPage> search(const app::SegmentSearch& search) override;

  Result<> insert_upload(const app::Upload& upload) override;
  Result<app::Upload> upload(const std::string& id) override;
  Result<> update_upload(const app::Upload& upload) override;
  Result<> delete_upload(const std::string& id) override;
  Result<std::vector<app::Upload>> uploads_expired_at(Timestamp now) override;

  Result<std::optional<std::string>> setting(const std::string& key) override;
  Result<> set_setting(const std::string& key, const std::string& value) override;
  Result<> ping() override;

 private:
  SqliteStore(UniqueFd lock, JournalDecision journal, MigrationReport migration,
              std::unique_ptr<Connections> connections);
  UniqueFd lock_;
  JournalDecision journal_;
  MigrationReport migration_;
  std::unique_ptr<Connections> connections_;
};

}  // namespace zimu::storage
