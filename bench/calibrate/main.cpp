// What this machine can do at most, in about a second, as JSON: yardsticks for bench/compare.py, which runs it in every
// round on the cores that the programs get.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <thread>

#include "rate.hpp"

namespace {

constexpr double kGiga = 1e9;
constexpr int kMostThreads = 1024;
constexpr int kUsage = 64, kInternal = 70;  // sysexits

void print(const char* name, const std::optional<zimu::bench::Peak>& peak) {
  if (peak) {
    std::printf("\"%s\":%.2f,\"%s_with\":\"%s\",", name, peak->operations / kGiga, name, peak->instructions.c_str());
  } else {
    std::printf("\"%s\":null,\"%s_with\":null,", name, name);
  }
}
void print(const char* name, std::optional<double> rate) {
  if (rate) {
    std::printf("\"%s\":%.2f,", name, *rate / kGiga);
  } else {
    std::printf("\"%s\":null,", name);
  }
}

int run(int threads, double seconds) {
  using namespace zimu::bench;
  const auto begin = std::chrono::steady_clock::now();
  std::printf("{\"threads\":%d,", threads);
  print("fp32", std::optional(peak_fp32(threads, 0.1 * seconds)));
  print("bf16", peak_bf16(threads, 0.1 * seconds));
  print("int8", peak_int8(threads, 0.1 * seconds));
  print("read_bytes", std::optional(read_bandwidth(threads, 0.3 * seconds)));
  print("int8_product", int8_product(threads, 0.2 * seconds));
  print("bf16_attention", bf16_attention(threads, 0.2 * seconds));
  const std::chrono::duration<double> spent = std::chrono::steady_clock::now() - begin;
  std::printf("\"processor_share\":%.3f,", spent_in_all().had / spent_in_all().wanted);
  std::printf("\"unit\":\"giga a second\",\"onednn\":\"%s\",\"seconds\":%.2f}\n", onednn_version().c_str(),
              spent.count());
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  int threads = std::max(1, static_cast<int>(std::thread::hardware_concurrency()));
  double seconds = 1;
  for (int i = 1; i < argc; i += 2) {
    const bool has_value = i + 1 < argc;
    if (has_value && std::strcmp(argv[i], "--threads") == 0) {
      threads = std::atoi(argv[i + 1]);
    } else if (has_value && std::strcmp(argv[i], "--seconds") == 0) {
      seconds = std::atof(argv[i + 1]);
    } else {
      threads = 0;
    }
  }
  if (threads < 1 || threads > kMostThreads || !(seconds > 0 && seconds <= 60)) {
    std::fprintf(stderr, "usage: calibrate [--threads 1…%d] [--seconds 1]\n", kMostThreads);
    return kUsage;
  }
  try {
    return run(threads, seconds);
  } catch (const std::exception& e) {
    std::fprintf(stderr, "calibrate: %s\n", e.what());
    return kInternal;
  }
}
