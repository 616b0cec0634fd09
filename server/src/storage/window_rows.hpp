#pragma once
#include <algorithm>
#include <vector>

#include "domain/transcript.hpp"
#include "storage/sqlite.hpp"

namespace zimu::storage {

/// Calls `take(window)` for each row whose first column is the index of one of `windows`; both are in window order.
template <class Take>
Result<> for_windows(Statement& row, std::vector<domain::Window>& windows, const Take& take) {
  auto window = windows.begin();
  while (true) {
    ZIMU_TRY(const bool found, row.step());
    if (!found) return {};
    window = std::find_if(window, windows.end(), [&](const auto& one) { return one.index == row.integer(0); });
    if (window == windows.end()) return {};
    take(*window);
  }
}

}  // namespace zimu::storage
