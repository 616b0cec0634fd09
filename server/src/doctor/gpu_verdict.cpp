#include "doctor/gpu_verdict.hpp"

#include <fmt/ranges.h>

#include <algorithm>
#include <cstdlib>

#include "doctor/cuda_errors.hpp"

namespace zimu::doctor {
namespace {

constexpr std::string_view kOverlay =
    "in .env: COMPOSE_FILE=docker-compose.yml:docker-compose.gpu.yml, then docker compose up -d";
constexpr std::string_view kToolkit =
    "on the host install nvidia-container-toolkit, run sudo nvidia-ctk runtime configure --runtime=docker, "
    "restart Docker";

using Cause = std::optional<Finding>;

Finding cause(std::string code, std::string text, std::string fix) {
  return {Verdict::kDegraded, std::move(code), std::move(text), std::move(fix)};
}

std::string how_to_get_a_gpu(const GpuFacts& f) {
  if (!f.platform.container())
    return "install the NVIDIA driver (Ubuntu: sudo ubuntu-drivers install), or set ZIMU_DEVICE=auto";
  if (f.platform.podman)
    return "add docker-compose.gpu-podman.yml to COMPOSE_FILE in .env: Podman ignores the deploy section and "
           "wants devices: [nvidia.com/gpu=all]";
  return std::string(kOverlay);
}

bool any_trace(const GpuFacts& f) {
  return !f.nodes.empty() || !f.kernel_driver.empty() || f.probe.libcuda || f.requested() || f.wsl_libcuda ||
         !f.probe.ended.empty();
}

Cause probe_died(const GpuFacts& f) {
  if (f.probe.ended.empty()) return std::nullopt;
  const std::string where =
      f.probe.step.empty() || f.probe.step == "end" ? "" : fmt::format(" in {}", f.probe.step);
  return cause("gpu.probe_died", fmt::format("the NVIDIA driver library {}{}", f.probe.ended, where),
               "run nvidia-smi on the host: if it hangs too, reboot; until then set ZIMU_DEVICE=cpu");
}

Cause no_library_on_wsl(const GpuFacts& f) {
  if (f.wsl_libcuda) {
    return cause("gpu.wsl_not_found", "WSL2: libcuda is in /usr/lib/wsl/lib, but programs do not find it",
                 f.platform.container() ? fmt::format("{}; {}", kToolkit, kOverlay)
                                        : "run sudo ldconfig, or set LD_LIBRARY_PATH=/usr/lib/wsl/lib");
  }
  if (!f.has_node("dxg")) {
    return cause("gpu.wsl_no_dxg", "WSL2 without /dev/dxg: Windows hands no GPU to Linux",
                 f.platform.container()
                     ? fmt::format("{}; on Windows update the NVIDIA driver and run wsl --update", kOverlay)
                     : "on Windows update the NVIDIA driver and run wsl --update, then wsl --shutdown; "
                       "install no driver inside Linux");
  }
  return cause("gpu.wsl_no_libcuda", 
      "WSL2: /dev/dxg is here, but no libcuda",
      f.platform.container()
          ? fmt::format("{} (Docker Desktop needs no toolkit, only the WSL2 engine); {}", kToolkit, kOverlay)
          : "install the NVIDIA driver on Windows (not inside Linux), then wsl --update and wsl --shutdown");
}

bool has_card_node(const GpuFacts& f) {
  return std::any_of(f.nodes.begin(), f.nodes.end(), [](const std::string& name) {
    return name.starts_with("nvidia") && name.find_first_of("0123456789") == std::string("nvidia").size();
  });
}

Cause no_library(const GpuFacts& f) {
  if (f.probe.libcuda) return std::nullopt;
  if (f.platform.wsl) return no_library_on_wsl(f);
  const bool not_absent =
      f.probe.libcuda_error.find("No such file") == std::string::npos && !f.probe.libcuda_error.empty();
  if (not_absent) {
    return cause("gpu.library_unusable",
        fmt::format("the NVIDIA driver library cannot be loaded: {}", f.probe.libcuda_error),
                 "install the driver's library of the same version as the kernel's driver");
  }
  if (has_card_node(f)) {
    return cause("gpu.library_absent", 
        fmt::format(
            "/dev/{} is here, but the driver library libcuda is not{}", f.nodes.front(),
            f.capabilities.empty() ? "" : fmt::format(" (NVIDIA_DRIVER_CAPABILITIES={})", f.capabilities)),
        f.platform.container()
            ? "set NVIDIA_DRIVER_CAPABILITIES=compute,utility, and in the compose file capabilities: [gpu] "
              "alone"
            : "install the driver's library (Debian: libcuda1; Ubuntu: libnvidia-compute-…)");
  }
  if (f.requested()) {
    return cause("gpu.nothing_arrived", 
        fmt::format("a GPU was requested (NVIDIA_VISIBLE_DEVICES={}), but nothing arrived in the container{}",
                    f.visible_devices,
                    f.kernel_driver.empty() ? "" : fmt::format("; the host has driver {}", f.kernel_driver)),
        f.platform.podman ? how_to_get_a_gpu(f)
                          : fmt::format("{}; {}; on a machine without an NVIDIA GPU use the cpu image",
                                        kToolkit, kOverlay));
  }
  if (f.platform.container()) {
    return cause("gpu.not_requested", 
        fmt::format("the host has an NVIDIA GPU (driver {}), but this container got none", f.kernel_driver),
        how_to_get_a_gpu(f));
  }
  return cause("gpu.library_missing", 
      fmt::format("driver {} is in the kernel, but the library libcuda is not installed", f.kernel_driver),
      "install the driver's library (Debian: libcuda1; Ubuntu: libnvidia-compute-…)");
}

Cause no_backend(const GpuFacts& f) {
  if (f.backend || f.own_worker) return std::nullopt;
  return cause("gpu.no_backend", f.platform.container() ? "this image has no CUDA"
                                      : "this build has no CUDA (no libggml-cuda.so beside the program)",
               f.platform.container()
                   ? "use the cuda image: a docker-compose.gpu….yml file in COMPOSE_FILE chooses it; take "
                     "ZIMU_TARGET=cpu out of "
                     ".env, then docker compose build && docker compose up -d"
                   : "use the cuda image, or put libggml-cuda.so (tools/build_ggml_cuda.sh) beside zimu");
}

Cause broken_backend(const GpuFacts& f) {
  if (f.own_worker || f.probe.backend_error.empty()) return std::nullopt;
  return cause("gpu.backend_unusable",
      fmt::format("the CUDA backend cannot be loaded: {}", f.probe.backend_error),
               "the image is damaged or its CUDA libraries are missing: pull or build the cuda image again");
}

std::string driver_of(const GpuFacts& f) {
  return !f.probe.driver.empty() ? f.probe.driver : f.kernel_driver;
}

Cause old_driver(const GpuFacts& f) {
  const int least = least_driver(f.build.cuda_major);
  const int driver = std::atoi(driver_of(f).c_str());
  const bool level_too_low = f.probe.cuda_version > 0 && f.probe.cuda_version / 1000 < f.build.cuda_major;
  const std::string fix = fmt::format(
      "update the NVIDIA driver on the host to {} or newer, then recreate the container; until then the CPU "
      "is used",
      least);
  if (driver > 0 && driver < least) return cause("gpu.driver_old",
      fmt::format("driver {} < {}", driver_of(f), least), fix);
  if (driver == 0 && level_too_low) {
    return cause("gpu.driver_old", 
        fmt::format("the driver is for CUDA {}.{}, older than {}.0 (driver < {})",
                    f.probe.cuda_version / 1000, f.probe.cuda_version % 1000 / 10, f.build.cuda_major, least),
        fix);
  }
  return std::nullopt;
}

/// Why the device files may not do, as the cause behind a failed start of the driver.
Cause device_files(const GpuFacts& f) {
  if (f.platform.wsl) return std::nullopt;
  if (!f.refused.empty()) {
    return cause("gpu.devices_refused",
        fmt::format("this user may not open /dev/{}", fmt::join(f.refused, ", /dev/")),
                 "add the group that owns it (ls -ln /dev/nvidia*) with group_add in the compose file; the "
                 "entrypoint keeps groups");
  }
  if (f.nodes.empty()) {
    return cause("gpu.no_device_files", 
        "the driver library is here, but there is no /dev/nvidia*: the container got no GPU, or the image "
        "holds driver files",
        f.platform.container() ? how_to_get_a_gpu(f)
                               : "on the host: sudo modprobe nvidia && sudo nvidia-modprobe -u -c=0");
  }
  if (!f.has_node("nvidia-uvm")) {
    return cause("gpu.no_uvm", "/dev/nvidia-uvm is missing",
                 "on the host: sudo nvidia-modprobe -u -c=0, then recreate the container");
  }
  return std::nullopt;
}

bool cuda_answers(const GpuFacts& f) {
  return f.probe.init_status == 0 && !f.probe.devices.empty();
}

Cause nvml_fails(const GpuFacts& f) {
  if (!f.probe.nvml_status || *f.probe.nvml_status <= 0) return std::nullopt;
  auto [code, text, fix] = explain_nvml_error(*f.probe.nvml_status, f.platform.container());
  return cause(std::move(code), std::move(text), std::move(fix));
}

Cause init_fails(const GpuFacts& f) {
  const int status = f.probe.init_status.value_or(0);
  if (status == 0) return std::nullopt;
  if (status < 0) {
    return cause("gpu.no_cuinit", "the library that was found is no CUDA driver: it has no cuInit",
                 "remove it, or take its folder out of LD_LIBRARY_PATH");
  }
  auto [code, text, fix] = explain_cuda_error(status, f.platform.container());
  if (const auto files = device_files(f); files && (status == 100 || status == 304 || status == 999)) {
    return cause(files->code, fmt::format("{} ({})", text, files->text), files->fix);
  }
  return cause(std::move(code), std::move(text), std::move(fix));
}

Cause no_devices(const GpuFacts& f) {
  if (!f.probe.devices.empty()) return std::nullopt;
  if (f.probe.count_status > 0) {
    auto [code, text, fix] = explain_cuda_error(f.probe.count_status, f.platform.container());
    return cause(std::move(code), std::move(text), std::move(fix));
  }
  return cause("gpu.none_shown", "the driver works, but shows no GPU",
               "check CUDA_VISIBLE_DEVICES and the device_ids of the compose file");
}

Cause arch_missing(const GpuFacts& f) {
  if (f.own_worker || f.probe.devices.empty()) return std::nullopt;
  const GpuDevice& card = f.probe.devices.front();
  const ArchSupport support = arch_support(f.build.archs, card.major, card.minor);
  if (support == ArchSupport::kNone) {
    return cause("gpu.arch_missing",
        fmt::format("sm_{}{} not built: {} is outside of what this build has code for ({})",
                             card.major, card.minor, card.name, f.build.text),
                 "build the cuda image with CUDA_ARCHITECTURES for this card, name a supported card in "
                 "CUDA_VISIBLE_DEVICES, or set ZIMU_DEVICE=cpu");
  }
  const int toolkit = f.build.cuda_major * 1000 + f.build.cuda_minor * 10;
  if (support == ArchSupport::kCompiledAtFirstUse && f.probe.cuda_version > 0 &&
      f.probe.cuda_version < toolkit) {
    return cause("gpu.arch_needs_driver", 
        fmt::format("sm_{}{} not built, and a driver for CUDA {}.{} cannot compile the code of CUDA {}.{}",
                    card.major, card.minor, f.probe.cuda_version / 1000, f.probe.cuda_version % 1000 / 10,
                    f.build.cuda_major, f.build.cuda_minor),
        "update the NVIDIA driver on the host");
  }
  return std::nullopt;
}

Cause compute_fails(const GpuFacts& f) {
  if (f.probe.compute_status.value_or(0) == 0) return std::nullopt;
  const int status = *f.probe.compute_status;
  if (status < 0)
    return cause("gpu.compute_fails", fmt::format("the GPU does not compute: {}", f.probe.compute_step),
                 "reset the card or reboot the host; see dmesg for Xid lines");
  auto [code, text, fix] = explain_cuda_error(status, f.platform.container());
  return cause(std::move(code), fmt::format("{} (in {})", text, f.probe.compute_step), std::move(fix));
}

/// NVML tells more than CUDA's number where both fail.
Cause driver_fails(const GpuFacts& f) {
  if (cuda_answers(f)) return std::nullopt;
  auto nvml = nvml_fails(f);
  return nvml ? nvml : init_fails(f);
}

/// The first that applies is the cause; what comes after it would only be its consequence.
Cause driver_cause(const GpuFacts& f) {
  for (const auto look :
       {probe_died, no_library, old_driver, driver_fails, no_devices, arch_missing, compute_fails}) {
    if (auto found = look(f)) return found;
  }
  return std::nullopt;
}

std::string describe(const GpuDevice& device) {
  std::string text = fmt::format("{} (sm_{}{})", device.name, device.major, device.minor);
  if (device.total_bytes > 0) {
    text += fmt::format(", {:.1f} of {:.1f} GB free", static_cast<double>(device.free_bytes) / 1e9,
                        static_cast<double>(device.total_bytes) / 1e9);
  }
  return text;
}

void add_facts(const GpuFacts& f, Check& check) {
  for (const GpuDevice& device : f.probe.devices) check.fact(describe(device));
  if (const auto driver = driver_of(f); !driver.empty()) check.fact(fmt::format("driver {}", driver));
  if (f.probe.cuda_version > 0) {
    check.fact(fmt::format("CUDA {}.{}", f.probe.cuda_version / 1000, f.probe.cuda_version % 1000 / 10));
  }
  if (!f.nodes.empty()) check.fact(fmt::format("/dev: {}", fmt::join(f.nodes, " ")));
  if (f.backend)
    check.fact(
        fmt::format("built with CUDA {}.{} for {}", f.build.cuda_major, f.build.cuda_minor, f.build.text));
}

}  // namespace

GpuVerdict judge_gpu(const GpuFacts& f) {
  GpuVerdict verdict{Check{"gpu"}};
  Check& check = verdict.check;
  if (f.wanted == "cpu") {
    check.fact("cpu: ZIMU_DEVICE=cpu");
    return verdict;
  }
  if (!any_trace(f)) {
    check.fact("cpu: no NVIDIA GPU here");
    if (f.wanted == "cuda") check.broken("gpu.wanted_but_none",
        "ZIMU_DEVICE=cuda, but there is no NVIDIA GPU", how_to_get_a_gpu(f));
    return verdict;
  }
  std::vector<Finding> causes;
  for (const auto look : {no_backend, driver_cause, broken_backend}) {
    if (auto found = look(f)) causes.push_back(std::move(*found));
  }
  verdict.usable = causes.empty();
  check.fact(verdict.usable ? "cuda" : "cpu");
  // A card of the host that nobody asked for is worth a word, not a warning.
  const bool only_seen = f.wanted == "auto" && f.platform.container() && f.nodes.empty() &&
                         !f.probe.libcuda && !f.requested() && f.probe.ended.empty();
  for (Finding& found : causes) {
    if (only_seen) {
      check.fact(fmt::format("{} (to use it: {})", found.text, found.fix));
    } else {
      found.verdict = f.wanted == "cuda" ? Verdict::kBroken : Verdict::kDegraded;
      check.findings.push_back(std::move(found));
    }
  }
  if (auto nvml = nvml_fails(f); nvml && verdict.usable) check.findings.push_back(std::move(*nvml));
  add_facts(f, check);
  return verdict;
}

}  // namespace zimu::doctor
