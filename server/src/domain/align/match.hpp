#pragma once
#include <cstdint>
#include <utility>
#include <vector>

/// Private to domain/.
namespace zimu::domain::align {

/// Pairs (i, j) with a[i] == b[j], both growing: nearly as many as there can be. Runs of three that both have once, and
/// only once, are met first (so that texts of any length split into short stretches), then the stretches between by
/// Myers' O(ND) with at most kMaxEdits edits; a stretch that differs more stays unmatched.
std::vector<std::pair<std::size_t, std::size_t>> match(const std::vector<std::uint32_t>& a,
                                                       const std::vector<std::uint32_t>& b);
inline constexpr int kMaxEdits = 2000;

}  // namespace zimu::domain::align
