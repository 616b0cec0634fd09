#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace zimu::doctor {

enum class Verdict : std::uint8_t { kGood, kDegraded, kBroken };
std::string_view verdict_name(Verdict verdict) noexcept;  ///< "good" | "degraded" | "broken"

/// One cause and its remedy. `fix` is never empty: a command, a line of a file, or what to look at.
/// `code` names the cause for programs and translations ("data.read_only"): add, never rename.
struct Finding {
  Verdict verdict = Verdict::kDegraded;
  std::string code;
  std::string text;
  std::string fix;
};

/// One part of the machine: what was seen, and every cause found. Thread: plain values.
struct Check {
  std::string name;  ///< "ids" "data" "models" "ffmpeg" "gpu" "ollama" "platform"
  std::vector<std::string> facts = {};
  std::vector<Finding> findings = {};

  void fact(std::string text) { facts.push_back(std::move(text)); }
  void degraded(std::string code, std::string text, std::string fix);
  void broken(std::string code, std::string text, std::string fix);

  Verdict verdict() const;     ///< the worst finding's
  std::string seen() const;    ///< the facts in one line
  std::string detail() const;  ///< causes first, then the facts, in one line
  std::string action() const;  ///< every fix; empty when good
};

Verdict worst_of(const std::vector<Check>& checks);

}  // namespace zimu::doctor
