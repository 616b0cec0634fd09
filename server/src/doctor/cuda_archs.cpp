#include "doctor/cuda_archs.hpp"

#include <algorithm>
#include <charconv>

namespace zimu::doctor {
namespace {

/// The leading number; 0 when there is none. `rest` is what follows it.
int leading_number(std::string_view text, std::string_view& rest) {
  int value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  rest = error == std::errc() ? text.substr(static_cast<std::size_t>(end - text.data())) : text;
  return error == std::errc() && value > 0 ? value : 0;  // "12.0": no minor number is 0 too
}

}  // namespace

CudaArchs parse_cuda_archs(std::string_view list) {
  CudaArchs archs;
  while (!list.empty()) {
    const auto end = std::min(list.find_first_of(";, \n"), list.size());
    std::string_view kind;
    const int number = leading_number(list.substr(0, end), kind);
    list.remove_prefix(std::min(end + 1, list.size()));
    // "90a" is code for that one card family only; it neither moves up nor down, and sm_90 is what it needs.
    if (kind.starts_with('a') || kind.starts_with('f')) kind.remove_prefix(1);
    if (number == 0) continue;
    if (kind.empty() || kind == "-real") archs.real.push_back(number);
    if (kind.empty() || kind == "-virtual") archs.ptx.push_back(number);
  }
  return archs;
}

CudaBuild built_in_cuda() {
  return parse_cuda_build(ZIMU_CUDA_VERSION " " ZIMU_CUDA_ARCHS, CudaBuild{});
}

CudaBuild parse_cuda_build(std::string_view line, CudaBuild otherwise) {
  CudaBuild build = std::move(otherwise);
  line = line.substr(0, line.find('\n'));
  std::string_view rest;
  const int major = leading_number(line, rest);
  if (major > 0 && rest.starts_with('.')) {
    build.cuda_major = major;
    build.cuda_minor = leading_number(rest.substr(1), rest);
    line = rest;
  }
  line.remove_prefix(std::min(line.find_first_not_of(' '), line.size()));
  auto archs = parse_cuda_archs(line);
  if (archs.real.empty() && archs.ptx.empty()) return build;
  build.archs = std::move(archs);
  build.text = line;
  return build;
}

ArchSupport arch_support(const CudaArchs& archs, int major, int minor) {
  const int card = major * 10 + minor;
  const auto native = [&](int built) { return built / 10 == major && built <= card; };
  const auto compiles = [&](int built) { return built <= card; };
  if (std::any_of(archs.real.begin(), archs.real.end(), native)) return ArchSupport::kNative;
  if (std::any_of(archs.ptx.begin(), archs.ptx.end(), compiles)) return ArchSupport::kCompiledAtFirstUse;
  return ArchSupport::kNone;
}

int least_driver(int cuda_major) noexcept {
  if (cuda_major <= 11) return 450;
  if (cuda_major == 12) return 525;
  return 580;
}

}  // namespace zimu::doctor
