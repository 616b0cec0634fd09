#include "cli/model_store.hpp"

#include <cstdlib>

#include "observe/log.hpp"

namespace zimu::cli {
namespace {

const char* state_name(models::PullState state) {
  switch (state) {
    case models::PullState::kWaiting:
      return "waiting";
    case models::PullState::kRunning:
      return "pulling";
    case models::PullState::kFailed:
      return "failed";
    case models::PullState::kInstalled:
      return "installed";
    case models::PullState::kCancelled:
      break;
  }
  return "available";
}

app::ModelPull to_pull(const models::PullStatus& status) {
  app::ModelPull pull{status.name, state_name(status.state), status.share};
  // Of the other steps the bytes mean nothing to people.
  if (status.progress.step == "download") {
    pull.done_bytes = status.progress.done;
    pull.total_bytes = status.progress.total;
  }
  pull.failure = status.failure;
  return pull;
}

void log_end(const models::PullStatus& status) {
  if (status.state == models::PullState::kInstalled) log_info("the model {} is here", status.name);
  if (status.state == models::PullState::kFailed) {
    log_warn("{} → {}", status.failure->message, status.failure->action);
  }
}

}  // namespace

models::PullQueue::Options pull_queue_options(const config::Config& config, app::EventBus& bus) {
  const char* token = std::getenv("HF_TOKEN");
  models::PullQueue::Options options;
  options.pull.hf_endpoint = config.hf_endpoint;
  options.pull.hf_token = token != nullptr ? token : "";
  options.pull.offline = config.hf_offline;
  options.default_model = config.model;
  options.on_change = [&bus](const models::PullStatus& status) {
    log_end(status);
    bus.publish(to_pull(status));
  };
  return options;
}

api::ModelStore model_store(models::PullQueue& queue, const config::Config& config) {
  api::ModelStore store;
  for (const auto& model : models::model_catalog()) store.catalog.push_back({model.name, model.download_bytes, model.multilingual});
  store.offline = config.hf_offline;
  store.pulls = [&queue] {
    std::vector<app::ModelPull> pulls;
    for (const auto& status : queue.list()) pulls.push_back(to_pull(status));
    return pulls;
  };
  store.pull = [&queue](const std::string& name) -> Result<app::ModelPull> {
    ZIMU_TRY(const auto status, queue.request(name));
    return to_pull(status);
  };
  store.cancel_pull = [&queue](const std::string& name) { return queue.cancel(name); };
  store.remove = [&queue](const std::string& name) { return queue.remove(name); };
  return store;
}

}  // namespace zimu::cli
