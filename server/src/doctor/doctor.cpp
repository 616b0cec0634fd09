#include "doctor/doctor.hpp"

#include <future>

#include "doctor/data_facts.hpp"
#include "doctor/ffmpeg_check.hpp"
#include "doctor/gpu_probe.hpp"
#include "doctor/models_check.hpp"
#include "doctor/ollama_probe.hpp"

namespace zimu::doctor {
namespace {

Check check_gpu(const config::Config& config, const Places& places, const Platform& platform,
                GpuWatch* watch) {
  const bool own_worker = has_own_worker(config);
  if (watch != nullptr) return watch->check(config.device, own_worker);
  GpuFacts facts =
      look_at_gpu(places, platform, config.device == "cpu" ? ProbeDepth::kNone : ProbeDepth::kDeep);
  facts.wanted = config.device;
  facts.own_worker = own_worker;
  return judge_gpu(facts).check;
}

}  // namespace

bool has_own_worker(const config::Config& config) {
  const auto words = config::split_command(config.worker_command);
  return !words.empty() && std::filesystem::path(words.front()).filename() != "zimu-worker";
}

std::vector<Check> run_checks(const config::Config& config, const Options& options) {
  const Places places = usual_places();
  const Platform platform = look_at_platform(places);
  const Ids ids = look_at_ids(places);
  // The two that may have to wait for others.
  auto gpu = std::async(std::launch::async, [&] { return check_gpu(config, places, platform, options.gpu); });
  auto ollama =
      std::async(std::launch::async, [&] { return judge_ollama(look_at_ollama(config, places), platform); });
  std::vector<Check> checks;
  checks.push_back(check_ids(ids, platform));
  checks.push_back(judge_data(look_at_data(config, places, options.schema_version), ids, platform));
  checks.push_back(check_models(config, platform, options.model_stage));
  checks.push_back(check_ffmpeg());
  checks.push_back(gpu.get());
  checks.push_back(ollama.get());
  checks.push_back(check_platform(platform));
  return checks;
}

}  // namespace zimu::doctor
