#include "cli/data_command.hpp"

#include <unistd.h>

#include <filesystem>

#include <fmt/format.h>

#include "base/file.hpp"
#include "cli/data_folder.hpp"
#include "cli/exit_code.hpp"
#include "cli/settings.hpp"
#include "domain/captions/captions.hpp"
#include "domain/export.hpp"
#include "storage/backup.hpp"

namespace zimu::cli {
namespace {

namespace fs = std::filesystem;

fs::path backups_dir(const config::Config& config) { return config.data_dir / "backups"; }

std::string facts_text(const storage::DatabaseFacts& facts) {
  return fmt::format("{} recordings, {} transcripts, {} jobs, schema {}", facts.media, facts.transcripts, facts.jobs,
                     facts.schema_version);
}

}  // namespace

int migrate_command() {
  const auto loaded = load_settings({});
  if (!loaded) return report(loaded.error());
  const config::Config& config = loaded->config;
  if (auto made = make_directories(config.data_dir); !made) return report(made.error());
  storage::OpenOptions options = store_options(config);
  options.exclusive = true;
  const auto store = storage::SqliteStore::open(options);
  if (!store) return report(store.error());
  const auto& journal = (*store)->journal();
  if (journal.warn) fmt::print(stderr, "zimu: warning: {}\n  → {}\n", journal.reason, journal.action);
  const auto& migration = (*store)->migration();
  if (migration.from == migration.to) {
    fmt::print("{} is at schema {}: nothing to do\n", options.path.string(), migration.to);
    return kExitOk;
  }
  fmt::print("{}: schema {} → {}\n", options.path.string(), migration.from, migration.to);
  if (migration.backup) fmt::print("the database of before is kept as {}\n", migration.backup->string());
  return kExitOk;
}

int backup_command(const std::string& target) {
  const auto loaded = load_settings({});
  if (!loaded) return report(loaded.error());
  const config::Config& config = loaded->config;
  const auto database = find_database(config);
  if (!database) return report(database.error());
  fs::path path = target;
  if (path.empty()) {
    if (auto made = make_directories(backups_dir(config)); !made) return report(made.error());
    path = backups_dir(config) / storage::timestamped_name("zimu");
  }
  if (const auto settled = storage::settle_journal(store_options(config)); !settled) return report(settled.error());
  const auto facts = storage::backup_database(*database, path);
  if (!facts) return report(facts.error());
  fmt::print("{}: {}\n", path.string(), facts_text(*facts));
  fmt::print(stderr, "the recordings themselves are in {}: copy that folder too\n", (config.data_dir / "uploads").string());
  return kExitOk;
}

int restore_command(const std::string& source) {
  const auto loaded = load_settings({});
  if (!loaded) return report(loaded.error());
  const config::Config& config = loaded->config;
  if (auto made = make_directories(config.data_dir); !made) return report(made.error());
  const auto restored = storage::restore_database(source, config.data_dir / "zimu.db", backups_dir(config));
  if (!restored) return report(restored.error());
  fmt::print("restored: {}\n", facts_text(restored->facts));
  if (restored->undo) fmt::print("what was there before is kept as {}\n", restored->undo->string());
  return kExitOk;
}

int export_command(const std::string& transcript_id, const std::string& format, const std::string& output, bool words,
                   const domain::CaptionChoice& captions) {
  const auto loaded = load_settings({});
  if (!loaded) return report(loaded.error());
  if (const auto known = domain::find_export_format(format); !known) return report(known.error());
  if (const auto valid = domain::check_caption_choice(captions); !valid) return report(valid.error());
  const auto store = open_existing_store(loaded->config);
  if (!store) return report(store.error());
  const auto transcript = (*store)->transcript(transcript_id, true);
  if (!transcript) return report(transcript.error());
  domain::ExportOptions options{.word_times = words};
  if (captions.any()) {
    auto rules = domain::caption_rules(captions, domain::shown_language(*transcript));
    if (!rules) return report(rules.error());
    options.rules = std::move(*rules);
  }
  const auto text = domain::export_transcript(*transcript, format, options);
  if (!text) return report(text.error());
  if (!transcript->complete) fmt::print(stderr, "zimu: the transcript is not complete yet; this is the text so far\n");
  const auto written = output == "-" ? write_all(STDOUT_FILENO, std::as_bytes(std::span(text->data(), text->size())), "standard output")
                                     : write_file_atomic(output, *text);
  if (written) return kExitOk;
  report(written.error());
  return written.error().code == ErrorCode::kNoSpace ? kExitWriteFailed : kExitCannotCreate;
}

}  // namespace zimu::cli
