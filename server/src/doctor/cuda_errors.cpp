#include "doctor/cuda_errors.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string_view>

namespace zimu::doctor {
namespace {

struct Row {
  int number;
  std::string_view code;
  std::string_view cause;
  std::string_view fix;
};

constexpr std::string_view kReboot =
    "reboot the machine (or unload and load the nvidia modules), then recreate the container";

constexpr std::array kCuda{
    Row{2, "gpu.out_of_memory", "out of GPU memory",
        "stop what else uses the card (nvidia-smi lists it), or choose a smaller model"},
    Row{3, "gpu.shutting_down", "the driver is shutting down or not initialised",
        "start Zimu again; if it stays, reboot the machine"},
    Row{34, "gpu.stub_library", "the libcuda that was found is the toolkit's stub for linking, not a driver",
        "take the folder stubs out of LD_LIBRARY_PATH"},
    Row{46, "gpu.busy",
        "the GPU is busy or set to exclusive mode, and another process (perhaps Zimu's own worker) has it",
        "stop the other process, or run on the host: nvidia-smi -c DEFAULT"},
    Row{100, "gpu.none_seen", "the driver sees no GPU",
        "run nvidia-smi on the host; in a container use docker-compose.gpu.yml and keep the groups of "
        "/dev/nvidia*"},
    Row{101, "gpu.number_wrong", "CUDA_VISIBLE_DEVICES or the device number names a GPU that is not there",
        "correct or remove CUDA_VISIBLE_DEVICES (and device_ids in the compose file)"},
    Row{209, "gpu.no_code_for_card",
        "this build has no code for the card", "use the cuda image of a newer Zimu, or ZIMU_DEVICE=cpu"},
    Row{214, "gpu.ecc_errors", "the card reports memory errors that it cannot correct",
        "run nvidia-smi -q -d ECC on the host; the card may be failing"},
    Row{222, "gpu.driver_too_old",
        "the driver is too old for the code of this build", "update the NVIDIA driver on the host"},
    Row{304, "gpu.system_call",
        "an operating system call of the driver failed, mostly because /dev/nvidia* or /dev/nvidia-uvm may "
        "not be opened",
        "load it on the host: sudo nvidia-modprobe -u -c=0; in rootless Docker use CDI "
        "(docker-compose.gpu-cdi.yml)"},
    Row{719, "gpu.program_failed", "a program on the GPU failed",
        "look for Xid lines in dmesg on the host; reset the card or reboot"},
    Row{800, "gpu.not_permitted", "the operation is not permitted",
        "with SELinux add security_opt: [\"label=disable\"] to the server"},
    Row{802, "gpu.fabric_manager", "the GPUs are not ready: the fabric manager does not run",
        "on the host: sudo systemctl enable --now nvidia-fabricmanager (same version as the driver)"},
    Row{803, "gpu.versions_differ",
        "the driver in the kernel and its library are of different versions (a driver update without a "
        "reboot)",
        kReboot},
    Row{804, "gpu.compat_library", "a compatibility libcuda was loaded that this card does not support",
        "take /usr/local/cuda/compat out of LD_LIBRARY_PATH; update the driver on the host instead"},
    Row{805, "gpu.mps_silent", "the CUDA MPS server does not answer",
        "start nvidia-cuda-mps-control on the host, or unset CUDA_MPS_PIPE_DIRECTORY"},
};

constexpr std::array kNvml{
    Row{4, "gpu.not_permitted",
        "insufficient permissions", "with SELinux add security_opt: [\"label=disable\"] to the server"},
    Row{9, "gpu.driver_not_loaded", "the driver is not loaded in the kernel",
        "on the host: sudo modprobe nvidia; after a kernel update install the driver again"},
    Row{15, "gpu.off_the_bus", "the card has fallen off the bus",
        "look for Xid 79 in dmesg on the host; check power and cooling, reboot"},
    Row{16, "gpu.needs_reset",
        "the card needs a reset", "on the host: sudo nvidia-smi --gpu-reset, or reboot"},
    Row{18, "gpu.versions_differ",
        "the driver in the kernel and its library are of different versions (a driver update without a "
        "reboot)",
        kReboot},
};

template <std::size_t N>
const Row* find(const std::array<Row, N>& rows, int number) {
  const auto row =
      std::find_if(rows.begin(), rows.end(), [number](const Row& r) { return r.number == number; });
  return row == rows.end() ? nullptr : row;
}

}  // namespace

std::string recreate_container_fix(bool in_container) {
  if (!in_container) {
    return "on the host: sudo rmmod nvidia_uvm && sudo modprobe nvidia_uvm (after a suspend), or reboot; "
           "then start Zimu again";
  }
  return "recreate the container: docker compose up -d --force-recreate server. So that it does not come "
         "back: use CDI "
         "(docker-compose.gpu-cdi.yml), or \"exec-opts\": [\"native.cgroupdriver=cgroupfs\"] in "
         "/etc/docker/daemon.json; "
         "systemctl daemon-reload on the host takes the GPU away otherwise";
}

DriverError explain_cuda_error(int number, bool in_container) {
  if (number == 999) {
    return {"gpu.files_unusable", "CUDA error 999 (unknown): the driver's device files cannot be used any more",
            recreate_container_fix(in_container)};
  }
  if (const Row* row = find(kCuda, number))
    return {std::string(row->code), fmt::format("CUDA error {}: {}", number, row->cause), std::string(row->fix)};
  return {"gpu.cuda_error", fmt::format("CUDA error {}", number),
          "run nvidia-smi on the host; look the number up under CUresult in NVIDIA's documentation"};
}

DriverError explain_nvml_error(int number, bool in_container) {
  if (number == 999) {
    return {"gpu.files_unusable", "NVML: Unknown Error (999): the GPU was lost, the container may no longer use it",
            recreate_container_fix(in_container)};
  }
  if (const Row* row = find(kNvml, number))
    return {std::string(row->code), fmt::format("NVML error {}: {}", number, row->cause), std::string(row->fix)};
  return {"gpu.nvml_error", fmt::format("NVML error {}", number), "run nvidia-smi on the host"};
}

}  // namespace zimu::doctor
