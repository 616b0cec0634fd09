#include "doctor/check.hpp"

#include <fmt/ranges.h>

#include <algorithm>

namespace zimu::doctor {

std::string_view verdict_name(Verdict verdict) noexcept {
  switch (verdict) {
    case Verdict::kGood:
      return "good";
    case Verdict::kDegraded:
      return "degraded";
    case Verdict::kBroken:
      return "broken";
  }
  return "broken";
}

void Check::degraded(std::string code, std::string text, std::string fix) {
  findings.push_back({Verdict::kDegraded, std::move(code), std::move(text), std::move(fix)});
}

void Check::broken(std::string code, std::string text, std::string fix) {
  findings.push_back({Verdict::kBroken, std::move(code), std::move(text), std::move(fix)});
}

Verdict Check::verdict() const {
  Verdict worst = Verdict::kGood;
  for (const Finding& finding : findings) worst = std::max(worst, finding.verdict);
  return worst;
}

std::string Check::seen() const {
  return fmt::format("{}", fmt::join(facts, ", "));
}

std::string Check::detail() const {
  std::vector<std::string> parts;
  for (const Finding& finding : findings) parts.push_back(finding.text);
  if (!facts.empty()) parts.push_back(seen());
  return fmt::format("{}", fmt::join(parts, "; "));
}

std::string Check::action() const {
  std::vector<std::string> fixes;
  for (const Finding& finding : findings) fixes.push_back(finding.fix);
  return fmt::format("{}", fmt::join(fixes, "; "));
}

Verdict worst_of(const std::vector<Check>& checks) {
  Verdict worst = Verdict::kGood;
  for (const Check& check : checks) worst = std::max(worst, check.verdict());
  return worst;
}

}  // namespace zimu::doctor
