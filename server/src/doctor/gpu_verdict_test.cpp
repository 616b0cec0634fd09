#include "doctor/gpu_verdict.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "doctor/gpu_watch.hpp"

namespace zimu::doctor {
namespace {

using ::testing::HasSubstr;

/// A container of the cuda image on a host where everything is right.
GpuFacts good() {
  GpuFacts f;
  f.platform.docker = true;
  f.nodes = {"nvidia-uvm", "nvidia0", "nvidiactl"};
  f.kernel_driver = "575.57.08";
  f.visible_devices = "all";
  f.backend = true;
  f.build = built_in_cuda();
  f.probe = parse_probe(
      "step load libcuda\nnvml 0\ndriver 575.57.08\nlibcuda found\ncuda 12090\ninit 0\ncount 0\n"
      "device 8 9 25757220864 21474836480 NVIDIA GeForce RTX 4090\ncompute 0 cuMemcpyDtoH_v2\nstep end\n");
  return f;
}

/// The machine without any trace of a GPU.
GpuFacts none() {
  GpuFacts f;
  f.build = built_in_cuda();
  f.probe.libcuda_error = "libcuda.so.1: cannot open shared object file: No such file or directory";
  return f;
}

TEST(GpuVerdict, AGoodCardIsUsed) {
  const GpuVerdict verdict = judge_gpu(good());
  EXPECT_TRUE(verdict.usable);
  EXPECT_EQ(verdict.check.verdict(), Verdict::kGood);
  EXPECT_EQ(verdict.check.facts.front(), "cuda");
  EXPECT_THAT(verdict.check.detail(), HasSubstr("NVIDIA GeForce RTX 4090 (sm_89), 21.5 of 25.8 GB free"));
  EXPECT_THAT(verdict.check.detail(), HasSubstr("CUDA 12.9"));
}

TEST(GpuVerdict, NoGpuIsFineUnlessItWasAskedFor) {
  EXPECT_EQ(judge_gpu(none()).check.verdict(), Verdict::kGood);
  EXPECT_FALSE(judge_gpu(none()).usable);
  GpuFacts asked = none();
  asked.wanted = "cuda";
  EXPECT_EQ(judge_gpu(asked).check.verdict(), Verdict::kBroken);
  GpuFacts cpu = good();
  cpu.wanted = "cpu";
  EXPECT_EQ(judge_gpu(cpu).check.verdict(), Verdict::kGood);
  EXPECT_FALSE(judge_gpu(cpu).usable);
}

struct Case {
  const char* name;
  void (*change)(GpuFacts&);
  const char* cause;
  const char* fix;
};

class GpuCause : public ::testing::TestWithParam<Case> {};

TEST_P(GpuCause, IsNamedWithItsFix) {
  GpuFacts facts = good();
  GetParam().change(facts);
  const GpuVerdict verdict = judge_gpu(facts);
  EXPECT_FALSE(verdict.usable);
  EXPECT_EQ(verdict.check.verdict(), Verdict::kDegraded);
  EXPECT_EQ(verdict.check.facts.front(), "cpu");
  EXPECT_THAT(verdict.check.detail(), HasSubstr(GetParam().cause));
  EXPECT_THAT(verdict.check.action(), HasSubstr(GetParam().fix));
  facts.wanted = "cuda";
  EXPECT_EQ(judge_gpu(facts).check.verdict(), Verdict::kBroken) << "ZIMU_DEVICE=cuda leaves no other way";
}

void lose_everything(GpuFacts& f) {
  f.nodes.clear();
  f.kernel_driver.clear();
  f.probe = none().probe;
}
void make_wsl(GpuFacts& f) {
  lose_everything(f);
  f.platform.wsl = true;
}
void fail_init(GpuFacts& f, int number) {
  f.probe.init_status = number;
  f.probe.devices.clear();
  f.probe.compute_status.reset();
}

INSTANTIATE_TEST_SUITE_P(
    All, GpuCause,
    ::testing::Values(
        Case{"old_driver", [](GpuFacts& f) { f.probe.driver = "470.82.01"; }, "driver 470.82.01 < 525",
             "525 or newer"},
        Case{"old_driver_without_nvml",
             [](GpuFacts& f) {
               f.probe.driver.clear();
               f.kernel_driver.clear();
               f.probe.cuda_version = 11040;
             },
             "CUDA 11.4, older than 12.0", "update the NVIDIA driver"},
        Case{"maxwell", [](GpuFacts& f) { f.probe.devices.front() = {"GTX 750", 5, 0}; }, "sm_50 not built",
             "ZIMU_DEVICE=cpu"},
        Case{"later_card_older_driver",
             [](GpuFacts& f) {
               f.probe.devices.front() = {"Next", 13, 0};
               f.probe.cuda_version = 12080;
             },
             "sm_130 not built, and a driver for CUDA 12.8", "update the NVIDIA driver"},
        Case{"no_backend", [](GpuFacts& f) { f.backend = false; }, "this image has no CUDA",
             "use the cuda image"},
        Case{"backend_does_not_load",
             [](GpuFacts& f) { f.probe.backend_error = "libcublas.so.12: cannot open shared object file"; },
             "libcublas.so.12", "cuda image again"},
        Case{"nothing_arrived", lose_everything,
             "requested (NVIDIA_VISIBLE_DEVICES=all), but nothing arrived", "nvidia-container-toolkit"},
        Case{"nothing_arrived_podman",
             [](GpuFacts& f) {
               lose_everything(f);
               f.platform.docker = false;
               f.platform.podman = true;
             },
             "nothing arrived", "docker-compose.gpu-podman.yml"},
        Case{"no_compute_capability",
             [](GpuFacts& f) {
               f.probe = none().probe;
               f.nodes = {"nvidia0"};
               f.capabilities = "utility";
             },
             "NVIDIA_DRIVER_CAPABILITIES=utility", "NVIDIA_DRIVER_CAPABILITIES=compute,utility"},
        Case{"no_card",
             [](GpuFacts& f) {
               fail_init(f, 100);
               f.nodes.clear();
             },
             "error 100", "COMPOSE_FILE=docker-compose.yml:docker-compose.gpu.yml"},
        Case{"refused_nodes",
             [](GpuFacts& f) {
               fail_init(f, 100);
               f.refused = {"nvidia0"};
             },
             "may not open /dev/nvidia0", "group_add"},
        Case{"no_uvm",
             [](GpuFacts& f) {
               fail_init(f, 999);
               f.nodes = {"nvidia0", "nvidiactl"};
             },
             "/dev/nvidia-uvm is missing", "nvidia-modprobe"},
        Case{"unknown", [](GpuFacts& f) { fail_init(f, 999); }, "error 999", "recreate the container"},
        Case{"mismatch", [](GpuFacts& f) { fail_init(f, 803); }, "different versions", "reboot"},
        Case{"compat", [](GpuFacts& f) { fail_init(f, 804); }, "error 804", "/usr/local/cuda/compat"},
        Case{"stub", [](GpuFacts& f) { fail_init(f, 34); }, "stub", "LD_LIBRARY_PATH"},
        Case{"busy",
             [](GpuFacts& f) {
               f.probe.compute_status = 46;
               f.probe.compute_step = "cuDevicePrimaryCtxRetain";
             },
             "exclusive", "nvidia-smi -c DEFAULT"},
        Case{"wrong_device",
             [](GpuFacts& f) {
               f.probe.count_status = 101;
               f.probe.devices.clear();
             },
             "error 101", "CUDA_VISIBLE_DEVICES"},
        Case{"hidden", [](GpuFacts& f) { f.probe.devices.clear(); }, "shows no GPU", "CUDA_VISIBLE_DEVICES"},
        Case{"fabric", [](GpuFacts& f) { fail_init(f, 802); }, "fabric manager", "nvidia-fabricmanager"},
        Case{"new_number", [](GpuFacts& f) { fail_init(f, 4711); }, "error 4711", "CUresult"},
        Case{"out_of_memory",
             [](GpuFacts& f) {
               f.probe.compute_status = 2;
               f.probe.compute_step = "cuMemAlloc_v2";
             },
             "out of GPU memory", "nvidia-smi"},
        Case{"does_not_compute",
             [](GpuFacts& f) {
               f.probe.compute_status = -2;
               f.probe.compute_step = "what came back";
             },
             "does not compute", "dmesg"},
        Case{"nvml_unknown",
             [](GpuFacts& f) {
               fail_init(f, 999);
               f.probe.nvml_status = 999;
             },
             "Unknown Error", "docker-compose.gpu-cdi.yml"},
        Case{"nvml_selinux",
             [](GpuFacts& f) {
               fail_init(f, 800);
               f.probe.nvml_status = 4;
             },
             "insufficient permissions", "label=disable"},
        Case{"nvml_mismatch",
             [](GpuFacts& f) {
               fail_init(f, 803);
               f.probe.nvml_status = 18;
             },
             "NVML error 18", "reboot"},
        Case{"hang",
             [](GpuFacts& f) {
               f.probe.ended = "did not answer within 15 s";
               f.probe.step = "cuInit";
             },
             "did not answer within 15 s in cuInit", "nvidia-smi"},
        Case{"crash",
             [](GpuFacts& f) {
               f.probe.ended = "crashed (signal 11)";
               f.probe.step = "nvmlInit";
             },
             "crashed (signal 11) in nvmlInit", "ZIMU_DEVICE=cpu"},
        Case{"foreign_library", [](GpuFacts& f) { fail_init(f, -1); }, "no CUDA driver", "LD_LIBRARY_PATH"},
        Case{"wrong_architecture",
             [](GpuFacts& f) {
               f.probe = none().probe;
               f.probe.libcuda_error = "libcuda.so.1: wrong ELF class: ELFCLASS32";
             },
             "wrong ELF class", "same version"},
        Case{"wsl_nothing", make_wsl, "without /dev/dxg", "wsl --update"},
        Case{"wsl_dxg_without_libcuda",
             [](GpuFacts& f) {
               make_wsl(f);
               f.nodes = {"dxg"};
             },
             "/dev/dxg is here, but no libcuda", "nvidia-container-toolkit"},
        Case{"wsl_not_injected",
             [](GpuFacts& f) {
               make_wsl(f);
               f.nodes = {"dxg"};
               f.wsl_libcuda = true;
             },
             "/usr/lib/wsl/lib", "nvidia-container-toolkit"},
        Case{"wsl_bare",
             [](GpuFacts& f) {
               make_wsl(f);
               f.platform.docker = false;
               f.nodes = {"dxg"};
               f.wsl_libcuda = true;
             },
             "/usr/lib/wsl/lib", "LD_LIBRARY_PATH=/usr/lib/wsl/lib"}),
    [](const auto& test) { return test.param.name; });

TEST(GpuVerdict, BothCausesAreToldWhenBothWait) {
  GpuFacts facts = good();
  facts.backend = false;
  facts.probe.driver = "470.82.01";
  EXPECT_EQ(judge_gpu(facts).check.findings.size(), 2U);
}

TEST(GpuVerdict, ACardOfTheHostThatNobodyAskedForIsOnlyMentioned) {
  GpuFacts facts = none();
  facts.platform.docker = true;
  facts.kernel_driver = "570.86.10";
  const Check check = judge_gpu(facts).check;
  EXPECT_EQ(check.verdict(), Verdict::kGood);
  EXPECT_EQ(check.action(), "");
  EXPECT_THAT(check.detail(), HasSubstr("the host has an NVIDIA GPU (driver 570.86.10)"));
  EXPECT_THAT(check.detail(), HasSubstr("docker-compose.gpu.yml"));
}

TEST(GpuVerdict, AnotherWorkerJudgesCardsItself) {
  GpuFacts facts = good();
  facts.backend = false;
  facts.own_worker = true;
  facts.probe.devices.front() = {"GTX 750", 5, 0};
  EXPECT_TRUE(judge_gpu(facts).usable);
}

TEST(GpuVerdict, NvmlAloneDoesNotStopTheGpu) {
  GpuFacts facts = good();
  facts.probe.nvml_status = 4;
  const GpuVerdict verdict = judge_gpu(facts);
  EXPECT_TRUE(verdict.usable);
  EXPECT_EQ(verdict.check.verdict(), Verdict::kDegraded);
}

TEST(GpuVerdict, ALostGpuSaysSoFirst) {
  GpuFacts facts = good();
  fail_init(facts, 999);
  const Check lost = lost_gpu(judge_gpu(facts).check, "RTX 4090", true);
  EXPECT_EQ(lost.verdict(), Verdict::kDegraded);
  EXPECT_THAT(lost.detail(), ::testing::StartsWith("GPU lost: RTX 4090"));
  EXPECT_THAT(lost.action(), HasSubstr("--force-recreate server"));
  EXPECT_THAT(lost_gpu(judge_gpu(facts).check, "RTX 4090", false).action(), HasSubstr("rmmod nvidia_uvm"));
}

TEST(GpuProbe, AnyBytesAreRead) {
  const GpuProbe probe = parse_probe("device\ndevice x y z\n\xff\xfe\ninit\nstep cuInit");
  EXPECT_EQ(probe.devices.size(), 2U);
  EXPECT_EQ(probe.step, "cuInit");
  EXPECT_EQ(parse_probe("").devices.size(), 0U);
}

TEST(GpuProbe, DriverVersionOfTheKernel) {
  EXPECT_EQ(kernel_driver_version("NVRM version: NVIDIA UNIX x86_64 Kernel Module  535.129.03  Thu Oct 19 "
                                  "18:56:32 UTC 2023\nGCC version: gcc 12.2.0\n"),
            "535.129.03");
  EXPECT_EQ(kernel_driver_version(
                "NVRM version: NVIDIA UNIX Open Kernel Module for x86_64  570.86.10  Release Build\n"),
            "570.86.10");
  EXPECT_EQ(kernel_driver_version("nothing"), "");
}

}  // namespace
}  // namespace zimu::doctor
