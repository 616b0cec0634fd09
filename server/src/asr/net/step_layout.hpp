#pragma once
#include <compare>
#include <cstdint>
#include <span>
#include <vector>

#include "asr/net/net.hpp"

namespace zimu::asr {

/// Neighbours with equally many rows each: one call of attention serves them.
struct Run {
  int first = 0;  ///< slot or window
  int count = 0;
  int rows = 0;   ///< of each
  auto operator<=>(const Run&) const = default;
};

/// How a step's rows lie in its graph: slot by slot, each run's rows together, so that attention to the text needs no
/// copy; attention to the audio needs one when slots and windows are not in the same order.
struct StepLayout {
  std::vector<int> order;             ///< which of the wanted rows lies there; kFiller: none
  std::vector<Run> slots;             ///< over the rows as they lie
  std::vector<Run> windows;           ///< over the rows as `gather` puts them
  std::vector<std::int32_t> gather;   ///< the rows by windows; empty: as they lie
  std::vector<std::int32_t> scatter;  ///< back again
  int keys = 0;                       ///< positions of the text that are looked at
  static constexpr int kFiller = -1;
};

struct LayoutRules {
  int windows = 0;
  int slots = 0;
  int positions = 0;  ///< of a slot: a multiple of 32
  /// Few different shapes, for devices that replay a graph they know: single rows of any slots become one run from
  /// slot 0 on, with fillers in between, and its length and `keys` take few values.
  bool steady = false;
};

/// Rows as `Net::step` takes them.
StepLayout lay_out(std::span<const StepRow> rows, const LayoutRules& rules);

/// The least power of two that is not below `value`, at most `most`.
int bucket(int value, int most);

}  // namespace zimu::asr
