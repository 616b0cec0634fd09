#include "cli/doctor.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <cstdlib>

#include "cli/exit_code.hpp"
#include "cli/json_text.hpp"
#include "cli/settings.hpp"
#include "doctor/doctor.hpp"
#include "doctor/gpu_probe.hpp"

namespace zimu::cli {
namespace {

using doctor::Check;
using doctor::Finding;
using doctor::Verdict;

std::string paint(Verdict verdict) {
  const std::string name(doctor::verdict_name(verdict));
  const char* no_colour = std::getenv("NO_COLOR");
  if (::isatty(STDOUT_FILENO) != 1 || (no_colour != nullptr && *no_colour != '\0')) return name;
  const char* colour = verdict == Verdict::kGood ? "32" : verdict == Verdict::kDegraded ? "33" : "31";
  return fmt::format("\x1b[{}m{}\x1b[0m", colour, name);
}

/// A line of what was seen, then two lines for each cause.
void print_check(const Check& check) {
  constexpr std::size_t kWidest = 8;  // "degraded"
  const std::string blanks(kWidest - doctor::verdict_name(check.verdict()).size(), ' ');
  fmt::print("{:<9} {}{}  {}\n", check.name, paint(check.verdict()), blanks, check.seen());
  for (const Finding& finding : check.findings) {
    fmt::print("{:<9} {:<8}  {}: {}\n", "", "", paint(finding.verdict), finding.text);
    fmt::print("{:<9} {:<8}  → {}\n", "", "", finding.fix);
  }
}

std::string findings_json(const Check& check) {
  std::string out;
  for (const Finding& finding : check.findings) {
    out +=
        fmt::format("{}{{\"code\":{},\"verdict\":\"{}\",\"text\":{},\"fix\":{}}}", out.empty() ? "" : ",",
                    json_text(finding.code), doctor::verdict_name(finding.verdict), json_text(finding.text),
                    json_text(finding.fix));
  }
  return out;
}

void print_json(const std::vector<Check>& checks) {
  fmt::print("{{\"version\":{},\"verdict\":\"{}\",\"checks\":[", json_text(version()),
             doctor::verdict_name(doctor::worst_of(checks)));
  bool first = true;
  for (const Check& check : checks) {
    fmt::print("{}{{\"name\":{},\"verdict\":\"{}\",\"detail\":{},\"action\":{},\"findings\":[{}]}}",
               first ? "" : ",", json_text(check.name), doctor::verdict_name(check.verdict()),
               json_text(check.detail()), json_text(check.action()), findings_json(check));
    first = false;
  }
  fmt::print("]}}\n");
}

}  // namespace

int doctor_command(bool json) {
  const auto settings = load_settings({});
  if (!settings) return report(settings.error());
  const auto checks = doctor::run_checks(settings->config);
  if (json) {
    print_json(checks);
  } else {
    for (const Check& check : checks) print_check(check);
  }
  switch (doctor::worst_of(checks)) {
    case Verdict::kGood:
      return kExitOk;
    case Verdict::kDegraded:
      return kExitDegraded;
    case Verdict::kBroken:
      return kExitBroken;
  }
  return kExitInternal;
}

int probe_gpu_command(const std::string& depth) {
  return doctor::probe_gpu_here(doctor::usual_places(),
                                depth == "deep" ? doctor::ProbeDepth::kDeep : doctor::ProbeDepth::kLight);
}

}  // namespace zimu::cli
