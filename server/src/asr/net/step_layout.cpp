#include "asr/net/step_layout.hpp"

#include <algorithm>
#include <map>

namespace zimu::asr {
namespace {

constexpr int kFewestKeys = 64;
constexpr int kKeyStep = 32;
constexpr int kMostBeams = 16;

std::size_t size(int value) { return static_cast<std::size_t>(value); }

/// Members by key, both rising, and the runs they make.
std::vector<Run> runs_of(const std::map<int, std::vector<int>>& groups) {
  std::vector<Run> runs;
  for (const auto& [key, members] : groups) {
    const int rows = static_cast<int>(members.size());
    if (!runs.empty() && runs.back().first + runs.back().count == key && runs.back().rows == rows) {
      ++runs.back().count;
    } else {
      runs.push_back({key, 1, rows});
    }
  }
  return runs;
}

int keys_for(std::span<const StepRow> rows, const LayoutRules& rules) {
  int keys = 0;
  for (const StepRow& row : rows) keys = std::max(keys, row.position + 1);
  if (rules.steady) return bucket(std::max(keys, kFewestKeys), rules.positions);
  return std::min((keys + kKeyStep - 1) / kKeyStep * kKeyStep, rules.positions);
}

void lay_out_slots(std::span<const StepRow> rows, const LayoutRules& rules, StepLayout& layout) {
  std::map<int, std::vector<int>> slots;
  for (std::size_t i = 0; i < rows.size(); ++i) slots[rows[i].slot].push_back(static_cast<int>(i));
  if (rules.steady && slots.size() == rows.size()) {
    const int count = bucket(slots.rbegin()->first + 1, rules.slots);
    layout.order.assign(size(count), StepLayout::kFiller);
    for (const auto& [slot, members] : slots) layout.order[size(slot)] = members.front();
    layout.slots.push_back({0, count, 1});
    return;
  }
  for (const auto& [slot, members] : slots) layout.order.insert(layout.order.end(), members.begin(), members.end());
  layout.slots = runs_of(slots);
}

/// Whether the rows' windows are `first`, … with `beams` rows each, whatever the fillers are taken for.
bool rises(std::span<const StepRow> rows, const LayoutRules& rules, const StepLayout& layout, int beams, int& first) {
  const int count = static_cast<int>(layout.order.size());
  if (count % beams != 0) return false;
  bool known = false;
  for (int i = 0; i < count; ++i) {
    const int wanted = layout.order[size(i)];
    if (wanted == StepLayout::kFiller) continue;
    const int window = rows[size(wanted)].window;
    if (!known) first = window - i / beams;
    known = true;
    if (window != first + i / beams) return false;
  }
  return first >= 0 && first + count / beams <= rules.windows;
}

void lay_out_windows(std::span<const StepRow> rows, const LayoutRules& rules, StepLayout& layout) {
  const int count = static_cast<int>(layout.order.size());
  int first = 0;
  for (int beams = 1; beams <= std::min(count, kMostBeams); ++beams) {
    if (!rises(rows, rules, layout, beams, first)) continue;
    layout.windows.push_back({first, count / beams, beams});
    return;
  }
  std::map<int, std::vector<int>> windows;
  for (int i = 0; i < count; ++i) {
    const int wanted = layout.order[size(i)];
    if (wanted != StepLayout::kFiller) windows[rows[size(wanted)].window].push_back(i);
  }
  layout.windows = runs_of(windows);
  layout.scatter.assign(size(count), 0);  // a filler takes any row
  for (const auto& [window, members] : windows) {
    for (const int row : members) {
      layout.scatter[size(row)] = static_cast<std::int32_t>(layout.gather.size());
      layout.gather.push_back(row);
    }
  }
  bool as_they_lie = static_cast<int>(layout.gather.size()) == count;
  for (int i = 0; as_they_lie && i < count; ++i) as_they_lie = layout.gather[size(i)] == i;
  if (!as_they_lie) return;
  layout.gather.clear();
  layout.scatter.clear();
}

}  // namespace

int bucket(int value, int most) {
  int size = 1;
  while (size < value) size *= 2;
  return std::min(size, most);
}

StepLayout lay_out(std::span<const StepRow> rows, const LayoutRules& rules) {
  StepLayout layout;
  layout.keys = keys_for(rows, rules);
  lay_out_slots(rows, rules, layout);
  lay_out_windows(rows, rules, layout);
  return layout;
}

}  // namespace zimu::asr
