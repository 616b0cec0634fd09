#include "doctor/gpu_watch.hpp"

#include <fmt/format.h>

#include <cstdlib>

#include "doctor/cuda_errors.hpp"
#include "doctor/gpu_probe.hpp"

namespace zimu::doctor {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::chrono::milliseconds kFresh{60'000};  // a look wakes the card

std::chrono::milliseconds fresh_time() {
  const std::string for_tests = environment("ZIMU_TEST_GPU_FRESH_MS");
  return for_tests.empty() ? kFresh : std::chrono::milliseconds(std::atoll(for_tests.c_str()));
}

}  // namespace

Check lost_gpu(Check now, const std::string& name, bool in_container) {
  const Verdict verdict = std::max(now.verdict(), Verdict::kDegraded);
  now.findings.insert(now.findings.begin(),
                      {verdict, "gpu.lost",
                       fmt::format("GPU lost: {} worked since the server started and does no longer; jobs "
                                   "with device auto go on on the CPU",
                                   name),
                       recreate_container_fix(in_container)});
  return now;
}

GpuWatch::~GpuWatch() {
  stop_.request_stop();
}

void GpuWatch::start(const std::string& wanted_device, bool own_worker) {
  first_look_ = std::jthread([this, wanted_device, own_worker] { check(wanted_device, own_worker); });
}

Check GpuWatch::check(const std::string& wanted_device, bool own_worker) {
  const std::scoped_lock lock(looking_);
  if (last_ && Clock::now() - looked_at_ < fresh_time()) return last_->check;
  const Places places = usual_places();
  const Platform platform = look_at_platform(places);
  const ProbeDepth depth = wanted_device == "cpu" ? ProbeDepth::kNone : ProbeDepth::kLight;
  GpuFacts facts = look_at_gpu(places, platform, depth, stop_.get_token());
  facts.wanted = wanted_device;
  facts.own_worker = own_worker;
  GpuVerdict verdict = judge_gpu(facts);
  if (verdict.usable) {
    worked_with_ = facts.probe.devices.front().name;
  } else if (!worked_with_.empty()) {
    verdict.check = lost_gpu(std::move(verdict.check), worked_with_, platform.container());
  }
  last_ = std::move(verdict);
  looked_at_ = Clock::now();
  return last_->check;
}

}  // namespace zimu::doctor
