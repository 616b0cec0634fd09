#include "doctor/gpu_facts.hpp"

#include <algorithm>
#include <charconv>

namespace zimu::doctor {
namespace {

constexpr std::size_t kMaxDevices = 64;

/// Takes the next word off `rest`.
std::string_view word(std::string_view& rest) {
  const auto end = std::min(rest.find(' '), rest.size());
  const std::string_view first = rest.substr(0, end);
  rest.remove_prefix(std::min(end + 1, rest.size()));
  return first;
}

template <class Number>
Number number(std::string_view text) {
  Number value{};
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

GpuDevice parse_device(std::string_view rest) {
  GpuDevice device;
  device.major = number<int>(word(rest));
  device.minor = number<int>(word(rest));
  device.total_bytes = number<std::uint64_t>(word(rest));
  device.free_bytes = number<std::uint64_t>(word(rest));
  device.name = rest;
  return device;
}

void parse_line(std::string_view line, GpuProbe& probe) {
  const std::string_view key = word(line);
  if (key == "step") probe.step = line;
  if (key == "libcuda") probe.libcuda = line == "found";
  if (key == "libcuda_error") probe.libcuda_error = line;
  if (key == "backend_error") probe.backend_error = line;
  if (key == "nvml") probe.nvml_status = number<int>(line);
  if (key == "driver") probe.driver = line;
  if (key == "init") probe.init_status = number<int>(line);
  if (key == "cuda") probe.cuda_version = number<int>(line);
  if (key == "count") probe.count_status = number<int>(line);
  if (key == "device" && probe.devices.size() < kMaxDevices) probe.devices.push_back(parse_device(line));
  if (key == "compute") {
    probe.compute_status = number<int>(word(line));
    probe.compute_step = line;
  }
}

}  // namespace

bool GpuFacts::has_node(std::string_view name) const {
  return std::find(nodes.begin(), nodes.end(), name) != nodes.end();
}

bool GpuFacts::requested() const {
  return !visible_devices.empty() && visible_devices != "void" && visible_devices != "none";
}

GpuProbe parse_probe(std::string_view text) {
  GpuProbe probe;
  while (!text.empty()) {
    const auto end = std::min(text.find('\n'), text.size());
    parse_line(text.substr(0, end), probe);
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return probe;
}

std::string kernel_driver_version(std::string_view text) {
  text = text.substr(0, text.find('\n'));
  while (!text.empty()) {
    const std::string_view part = word(text);
    const bool numeric = part.find_first_not_of("0123456789.") == std::string_view::npos;
    if (numeric && part.find('.') != std::string_view::npos && part.front() != '.') return std::string(part);
  }
  return {};
}

}  // namespace zimu::doctor
