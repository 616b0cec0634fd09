#include "cli/sample.hpp"

#include <cstdio>

#include <fmt/format.h>

#include "domain/export.hpp"
#include "observe/log.hpp"

namespace zimu::cli {
namespace {

constexpr const char* kSettingKey = "sample_transcript";
constexpr std::chrono::milliseconds kPoll{200};

}  // namespace

Sample::Sample(app::Store& store, app::MediaService& media, app::JobService& jobs, std::filesystem::path file,
               std::string model)
    : store_(store), media_(media), jobs_(jobs), file_(std::move(file)), model_(std::move(model)),
      thread_([this] { run(); }) {}

Sample::~Sample() {
  stop_ = true;
  thread_.join();
}

void Sample::run() {
  const auto id = transcript_id();
  if (!id) {
    log_warn("the sample recording was not added: {}", id.error().message);
    return;
  }
  if (id->empty()) return;
  if (auto printed = print_when_ready(*id); !printed) log_warn("the sample has no text: {}", printed.error().message);
}

/// The sample's transcript: of an earlier start, or new; empty when the library has its own recordings, or when the
/// user deleted the sample (it does not come back).
Result<std::string> Sample::transcript_id() {
  ZIMU_TRY(const auto known, store_.setting(kSettingKey));
  if (known) return jobs_.transcript(*known, false) ? *known : std::string();
  ZIMU_TRY(const auto library, media_.list({.limit = 1, .after = std::nullopt}));
  if (!library.items.empty()) return std::string();
  return add();
}

Result<std::string> Sample::add() {
  const auto staged = media_.new_staging_path();
  std::error_code ec;
  std::filesystem::copy_file(file_, staged, ec);
  if (ec) return std::unexpected(error_from_errno(ec.value(), fmt::format("cannot copy {}", file_.string())));
  ZIMU_TRY(const auto media, media_.adopt(staged, file_.filename().string(), "sample"));
  app::CreateJob request;
  request.media_id = media.id;
  request.options.model = model_;
  ZIMU_TRY(const auto job, jobs_.create(request));
  ZIMU_TRY_VOID(store_.set_setting(kSettingKey, job.transcript_id));
  return job.transcript_id;
}

Result<> Sample::print_when_ready(const std::string& id) {
  while (!stop_) {
    ZIMU_TRY(const auto transcript, jobs_.transcript(id, true));
    if (transcript.complete) {
      ZIMU_TRY(const auto text, domain::export_transcript(transcript, "txt"));
      fmt::print("\nThe sample recording '{}' says:\n{}", transcript.title, text);
      std::fflush(stdout);
      return {};
    }
    if (const auto job = jobs_.get(transcript.job_id); job && job->failure) {
      return fail(job->failure->code, job->failure->message, job->failure->action);
    }
    std::this_thread::sleep_for(kPoll);
  }
  return {};
}

}  // namespace zimu::cli
