#include "cli/jobs_command.hpp"

#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>

#include <fmt/format.h>

#include "api/dto.hpp"
#include "app/job_service.hpp"
#include "base/uuid.hpp"
#include "cli/data_folder.hpp"
#include "cli/exit_code.hpp"
#include "cli/server_client.hpp"
#include "cli/settings.hpp"
#include "storage/backup.hpp"

namespace zimu::cli {
namespace {

constexpr int kListed = 100;

Result<> check_id(const std::string& id) {
  if (is_uuid(id)) return {};
  return fail(ErrorCode::kInvalidArgument, fmt::format("\"{}\" is no job id", id), "zimu jobs list shows the ids");
}

std::string title_of(app::Store& store, const domain::Job& job) {
  const auto media = store.media(job.media_id);
  return media ? media->title : std::string("(deleted)");
}

void print_job(app::Store& store, const domain::Job& job) {
  fmt::print("{}  {:<9} {:>3.0f} %  {:<8} {}\n", job.id, domain::job_state_name(job.state), job.progress * 100,
             job.options.model, title_of(store, job));
  if (job.failure) fmt::print("    {}\n    → {}\n", job.failure->message, job.failure->action);
}

/// Without a server the queue is ours.
Result<domain::Job> change_on_disk(const config::Config& config, const std::string& id, const std::string& what) {
  ZIMU_TRY(const auto store, open_existing_store(config));
  app::EventBus bus;
  app::JobService jobs(*store, bus);
  ZIMU_TRY_VOID(jobs.recover());
  if (what == "pause") return jobs.pause(id);
  if (what == "resume") return jobs.resume(id);
  return what == "cancel" ? jobs.cancel(id) : jobs.retry(id);
}

}  // namespace

int jobs_list_command(const std::string& state, bool json) {
  const auto loaded = load_settings({});
  if (!loaded) return report(loaded.error());
  app::JobQuery query;
  query.page.limit = kListed;
  if (!state.empty()) {
    const auto known = domain::job_state_from_name(state);
    if (!known) return report(known.error());
    query.state = *known;
  }
  const auto store = open_existing_store(loaded->config);
  if (!store) return report(store.error());
  const auto page = (*store)->list_jobs(query);
  if (!page) return report(page.error());
  if (json) {
    boost::json::array items;
    for (const auto& job : page->items) items.push_back(api::to_json(job));
    fmt::print("{}\n", boost::json::serialize(api::page_json(std::move(items), page->next)));
    return kExitOk;
  }
  for (const auto& job : page->items) print_job(**store, job);
  if (page->items.empty()) fmt::print(stderr, "no jobs{}\n", state.empty() ? "" : " in that state");
  return kExitOk;
}

int jobs_show_command(const std::string& id, bool json) {
  const auto loaded = load_settings({});
  if (!loaded) return report(loaded.error());
  if (auto valid = check_id(id); !valid) return report(valid.error());
  const auto store = open_existing_store(loaded->config);
  if (!store) return report(store.error());
  const auto job = (*store)->job(id);
  if (!job) return report(job.error());
  if (json) {
    fmt::print("{}\n", boost::json::serialize(api::to_json(*job)));
    return kExitOk;
  }
  print_job(**store, *job);
  fmt::print("    recording {}\n    transcript {}\n    created {}, {} starts, device {}\n", job->media_id, job->transcript_id,
             format_rfc3339(job->created_at), job->attempts, job->device.empty() ? "not known yet" : job->device);
  return kExitOk;
}

int jobs_change_command(const std::string& id, const std::string& what) {
  const auto loaded = load_settings({});
  if (!loaded) return report(loaded.error());
  if (auto valid = check_id(id); !valid) return report(valid.error());
  const auto database = find_database(loaded->config);
  if (!database) return report(database.error());
  // Held while we work on the file, so that no server starts meanwhile; kConflict: one runs, and is asked instead.
  const auto lock = storage::lock_database(*database);
  if (!lock && lock.error().code != ErrorCode::kConflict) return report(lock.error());
  if (!lock) {
    if (auto answered = post_to_server(loaded->config, fmt::format("/api/v1/jobs/{}/{}", id, what)); !answered) {
      return report(answered.error());
    }
    const bool ends = what == "cancel" || what == "pause";
    fmt::print("{} {}\n", id, !ends ? "queued" : what == "cancel" ? "is being cancelled" : "is being paused");
    return kExitOk;
  }
  const auto job = change_on_disk(loaded->config, id, what);
  if (!job) return report(job.error());
  fmt::print("{} {}\n", id, domain::job_state_name(job->state));
  return kExitOk;
}

}  // namespace zimu::cli
