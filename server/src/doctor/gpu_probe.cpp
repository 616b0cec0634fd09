#include "doctor/gpu_probe.hpp"

#include <fmt/format.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <mutex>

#include "base/file.hpp"
#include "doctor/run_program.hpp"

namespace zimu::doctor {
namespace {

namespace fs = std::filesystem;

constexpr std::chrono::seconds kProbeTime{15};  // many cards without the persistence daemon take seconds each
constexpr std::uint64_t kSmallFile = 1U << 16U;

std::chrono::milliseconds probe_time() {
  const long long for_tests = std::atoll(environment("ZIMU_TEST_PROBE_MS").c_str());
  return for_tests > 0 ? std::chrono::milliseconds(for_tests) : std::chrono::milliseconds(kProbeTime);
}

/// A probe that hangs in the kernel cannot be killed. No second one is sent after it.
class StuckProbe {
 public:
  bool still_there() {
    const std::scoped_lock lock(mutex_);
    if (pid_ != 0 && ::waitpid(pid_, nullptr, WNOHANG) != 0) pid_ = 0;
    return pid_ != 0;
  }
  void remember(pid_t pid) {
    const std::scoped_lock lock(mutex_);
    pid_ = pid;
  }

 private:
  std::mutex mutex_;  ///< guards pid_
  pid_t pid_ = 0;
};

StuckProbe& stuck_probe() {
  static StuckProbe stuck;
  return stuck;
}

std::string how_it_ended(const ProgramEnd& end, std::chrono::milliseconds time) {
  if (end.timed_out)
    return fmt::format("did not answer within {:.0f} s",
                       std::max(1.0, static_cast<double>(time.count()) / 1000));
  if (end.by_signal) return fmt::format("crashed (signal {})", end.code);
  if (end.code != 0) return fmt::format("ended the program (status {})", end.code);
  return {};
}

bool is_gpu_node(const std::string& name) {
  return name == "dxg" || name == "nvidiactl" || name.starts_with("nvidia-uvm") ||
         (name.starts_with("nvidia") && name.size() > 6 &&
          name.find_first_not_of("0123456789", 6) == std::string::npos);
}

void read_nodes(const fs::path& dev, GpuFacts& facts) {
  std::error_code ec;
  for (fs::directory_iterator entry(dev, ec), end; !ec && entry != end; entry.increment(ec)) {
    const std::string name = entry->path().filename().string();
    if (!is_gpu_node(name)) continue;
    facts.nodes.push_back(name);
    if (::access(entry->path().c_str(), R_OK | W_OK) != 0) facts.refused.push_back(name);
  }
  std::sort(facts.nodes.begin(), facts.nodes.end());
  std::sort(facts.refused.begin(), facts.refused.end());
}

}  // namespace

GpuProbe probe_gpu(const Places& places, ProbeDepth depth, const std::stop_token& stop) {
  if (stuck_probe().still_there()) {
    GpuProbe probe;
    probe.ended = "hangs in the kernel since an earlier look";
    return probe;
  }
  std::vector<std::string> argv{places.program.string(), "doctor",
                                depth == ProbeDepth::kDeep ? "--probe-gpu=deep" : "--probe-gpu=light"};
  RunLimits limits;
  limits.time = probe_time();
  limits.stop = stop;
  const auto end = run_program(std::move(argv), limits);
  if (!end) {
    GpuProbe probe;
    probe.ended = fmt::format("could not be asked: {}", end.error().message);
    return probe;
  }
  if (end->stuck != 0) stuck_probe().remember(end->stuck);
  GpuProbe probe = parse_probe(end->output);
  probe.ended = how_it_ended(*end, limits.time);
  return probe;
}

GpuFacts look_at_gpu(const Places& places, const Platform& platform, ProbeDepth depth,
                     const std::stop_token& stop) {
  GpuFacts facts;
  facts.platform = platform;
  read_nodes(places.dev, facts);
  facts.kernel_driver = kernel_driver_version(read_file(places.nvidia_version, kSmallFile).value_or(""));
  std::error_code ec;
  facts.wsl_libcuda = fs::exists(places.wsl_lib / "libcuda.so.1", ec);
  facts.visible_devices = environment("NVIDIA_VISIBLE_DEVICES");
  facts.capabilities = environment("NVIDIA_DRIVER_CAPABILITIES");
  facts.backend = fs::exists(places.backends / "libggml-cuda.so", ec);
  facts.build = built_in_cuda();
  if (const auto built = read_file(places.backends / "libggml-cuda.archs", kSmallFile)) {
    facts.build = parse_cuda_build(*built, std::move(facts.build));
  }
  if (depth != ProbeDepth::kNone) facts.probe = probe_gpu(places, depth, stop);
  return facts;
}

}  // namespace zimu::doctor
