#include "cli/models_command.hpp"

#include <chrono>
#include <stop_token>
#include <thread>

#include <fmt/format.h>

#include "cli/exit_code.hpp"
#include "cli/interrupt.hpp"
#include "cli/json_text.hpp"
#include "cli/progress_bar.hpp"
#include "cli/settings.hpp"
#include "models/registry.hpp"

namespace zimu::cli {
namespace {

Result<config::Config> settings() {
  ZIMU_TRY(const auto loaded, load_settings({}));
  return loaded.config;
}

constexpr std::chrono::milliseconds kLookForInterrupt{100};

/// Steps that are a bar; any other is a sentence to read ("… cannot be found; now trying PyPI").
bool is_measured(const std::string& step) { return step == "download" || step == "convert" || step == "verify"; }

/// Runs `work(on_progress, stop_token)` with a progress bar, Ctrl-C as the stop, and prints the installed model.
template <class Work>
int with_bar(const std::string& title, Work work) {
  catch_interrupts();
  std::stop_source stop;
  std::jthread watcher([&stop](const std::stop_token& ended) {
    while (!ended.stop_requested() && !interrupted()) std::this_thread::sleep_for(kLookForInterrupt);
    if (interrupted()) stop.request_stop();
  });
  Result<models::InstalledModel> model = fail(ErrorCode::kInternal, "not run");
  {
    ProgressBar bar(title);
    std::string said;
    model = work(
        [&bar, &said](const models::Progress& p) {
          if (is_measured(p.step)) {
            bar.update(p.total > 0 ? static_cast<double>(p.done) / static_cast<double>(p.total) : -1, 0, p.step);
          } else if (p.step != said) {
            bar.clear();
            fmt::print(stderr, "{}\n", said = p.step);
          }
        },
        stop.get_token());
  }
  if (!model) return report(model.error());
  fmt::print("{}  {:.0f} MB  {}\n", model->name, static_cast<double>(model->size_bytes) / 1e6, model->path.string());
  return kExitOk;
}

}  // namespace

int models_list(bool json) {
  const auto config = settings();
  if (!config) return report(config.error());
  const auto installed = models::Registry(config->model_dir).list();
  if (!installed) return report(installed.error());
  if (json) {
    std::string items;
    for (const auto& m : *installed) {
      items += fmt::format("{}{{\"name\":{},\"path\":{},\"size_bytes\":{},\"sha256\":{},\"multilingual\":{}}}",
                           items.empty() ? "" : ",", json_text(m.name), json_text(m.path.string()), m.size_bytes,
                           json_text(m.sha256), m.multilingual);
    }
    fmt::print("{{\"items\":[{}]}}\n", items);
    return kExitOk;
  }
  for (const auto& m : *installed) {
    fmt::print("{:<24} {:>7.0f} MB  {}\n", m.name, static_cast<double>(m.size_bytes) / 1e6,
               m.multilingual ? "multilingual" : "English");
  }
  if (installed->empty()) fmt::print(stderr, "no models in {}; try: zimu models pull base\n", config->model_dir.string());
  return kExitOk;
}

int models_pull(const std::string& name) {
  const auto config = settings();
  if (!config) return report(config.error());
  models::Registry registry(config->model_dir);
  const char* token = std::getenv("HF_TOKEN");
  models::PullOptions options{config->hf_endpoint, token != nullptr ? token : "", config->hf_offline};
  return with_bar(fmt::format("model {}", name), [&](const models::OnProgress& on_progress, const std::stop_token& stop) {
    options.stop = stop;
    return models::pull_model(registry, name, options, on_progress);
  });
}

int models_import(const std::string& path, const std::string& name, const std::string& quantize) {
  const auto config = settings();
  if (!config) return report(config.error());
  models::Registry registry(config->model_dir);
  return with_bar(fmt::format("import {}", path), [&](const models::OnProgress& on_progress, const std::stop_token& stop) {
    return models::import_model(registry, path, {.name = name, .quantize = quantize, .stop = stop}, on_progress);
  });
}

int models_verify(const std::string& name) {
  const auto config = settings();
  if (!config) return report(config.error());
  const models::Registry registry(config->model_dir);
  const auto installed = registry.list();
  if (!installed) return report(installed.error());
  int status = kExitOk;
  bool any = false;
  for (const auto& model : *installed) {
    if (!name.empty() && model.name != name) continue;
    any = true;
    if (auto verified = registry.verify(model.name); verified) {
      fmt::print("{}: good\n", model.name);
    } else {
      status = report(verified.error());
    }
  }
  if (!any && !name.empty()) return report(registry.find(name).error());
  return status;
}

int models_remove(const std::string& name) {
  const auto config = settings();
  if (!config) return report(config.error());
  models::Registry registry(config->model_dir);
  if (auto removed = registry.remove(name); !removed) return report(removed.error());
  fmt::print("{} removed\n", name);
  return kExitOk;
}

}  // namespace zimu::cli
