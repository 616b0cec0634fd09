#pragma once
#include <set>
#include <string>
#include <string_view>

namespace zimu::app {

/// Titles as names of files beside each other, on any system: no separators, nothing that Windows refuses, at most
/// kMaxNameBytes, and no two that differ in case only. Thread: one at a time.
class UniqueNames {
 public:
  static constexpr std::size_t kMaxNameBytes = 150;
  /// The title itself where it can be, else with what is forbidden replaced, and " (2)" and so on when it is taken.
  std::string take(std::string_view title);

 private:
  std::set<std::string> taken_;  ///< folded
};

}  // namespace zimu::app
