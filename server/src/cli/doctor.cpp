#include "cli/doctor.hpp"

#include <unistd.h>

#include <cstdlib>

#include <fmt/format.h>

#include "cli/exit_code.hpp"
#include "cli/json_text.hpp"
#include "cli/settings.hpp"

namespace zimu::cli {
namespace {

std::string paint(const std::string& verdict) {
  const char* no_colour = std::getenv("NO_COLOR");
  if (::isatty(STDOUT_FILENO) != 1 || (no_colour != nullptr && *no_colour != '\0')) return verdict;
  const char* colour = verdict == "good" ? "32" : verdict == "degraded" ? "33" : "31";
  return fmt::format("\x1b[{}m{}\x1b[0m", colour, verdict);
}

void print_line(const Check& check) {
  const int pad = static_cast<int>(std::string("degraded").size() - check.verdict.size());
  fmt::print("{:<9} {}{:{}}  {}\n", check.name, paint(check.verdict), "", pad, check.detail);
  if (!check.action.empty()) fmt::print("{:<9} {:<8}  → {}\n", "", "", check.action);
}

void print_json(const std::vector<Check>& checks, const std::string& worst) {
  fmt::print("{{\"version\":{},\"verdict\":\"{}\",\"checks\":[", json_text(version()), worst);
  bool first = true;
  for (const Check& check : checks) {
    fmt::print("{}{{\"name\":{},\"verdict\":{},\"detail\":{},\"action\":{}}}", first ? "" : ",", json_text(check.name),
               json_text(check.verdict), json_text(check.detail), json_text(check.action));
    first = false;
  }
  fmt::print("]}}\n");
}

}  // namespace

std::vector<Check> run_checks(const config::Config& config) {
  return {check_ids(config),  check_data(config), check_models(config),  check_ffmpeg(config),
          check_gpu(config),  check_ollama(config), check_platform(config)};
}

int doctor_command(bool json) {
  const auto settings = load_settings({});
  if (!settings) return report(settings.error());
  const auto checks = run_checks(settings->config);
  std::string worst = "good";
  for (const Check& check : checks) {
    if (check.verdict == "broken" || (check.verdict == "degraded" && worst == "good")) worst = check.verdict;
  }
  if (json) {
    print_json(checks, worst);
  } else {
    for (const Check& check : checks) print_line(check);
  }
  return worst == "good" ? kExitOk : worst == "degraded" ? kExitDegraded : kExitBroken;
}

}  // namespace zimu::cli
