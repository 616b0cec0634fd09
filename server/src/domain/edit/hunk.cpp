#include "domain/edit/hunk.hpp"

#include <algorithm>
#include <cstdint>
#include <utility>

#include "base/check.hpp"

namespace zimu::domain {
namespace {

using Offset = std::ptrdiff_t;
// Above, what lies between the first and the last difference is one hunk.
constexpr std::size_t kMostCells = 4'000'000;

std::vector<Segment> slice(const std::vector<Segment>& all, std::size_t from, std::size_t to) {
  return {all.begin() + static_cast<Offset>(from), all.begin() + static_cast<Offset>(to)};
}

/// Lengths of the longest common subsequences of the rests of `from` and `to` behind each pair of places.
class CommonLengths {
 public:
  CommonLengths(const std::vector<Segment>& from, const std::vector<Segment>& to, std::size_t begin, std::size_t from_end,
                std::size_t to_end)
      : begin_(begin), width_(to_end - begin + 1), cells_((from_end - begin + 1) * width_) {
    for (std::size_t i = from_end; i-- > begin;) {
      for (std::size_t j = to_end; j-- > begin;) {
        at(i, j) = alike(from[i], to[j]) ? at(i + 1, j + 1) + 1 : std::max(at(i + 1, j), at(i, j + 1));
      }
    }
  }
  std::uint32_t& at(std::size_t i, std::size_t j) { return cells_[(i - begin_) * width_ + (j - begin_)]; }

 private:
  std::size_t begin_, width_;
  std::vector<std::uint32_t> cells_;
};

}  // namespace

bool alike(const Segment& a, const Segment& b) {
  const auto same_word = [](const Word& x, const Word& y) {
    return x.start == y.start && x.end == y.end && x.text == y.text && x.probability == y.probability;
  };
  return a.start == b.start && a.end == b.end && a.text == b.text && a.speaker == b.speaker &&
         std::equal(a.words.begin(), a.words.end(), b.words.begin(), b.words.end(), same_word);
}

void splice(std::vector<Segment>& segments, const Hunk& hunk) {
  ZIMU_CHECK(hunk.at + hunk.removed.size() <= segments.size());
  const auto begin = segments.begin() + static_cast<Offset>(hunk.at);
  const auto same = static_cast<Offset>(std::min(hunk.removed.size(), hunk.inserted.size()));
  std::copy_n(hunk.inserted.begin(), same, begin);
  if (hunk.removed.size() > hunk.inserted.size()) {
    segments.erase(begin + same, begin + static_cast<Offset>(hunk.removed.size()));
  } else {
    segments.insert(begin + same, hunk.inserted.begin() + same, hunk.inserted.end());
  }
}

void apply_hunks(std::vector<Segment>& segments, const std::vector<Hunk>& hunks) {
  for (const Hunk& hunk : hunks) splice(segments, hunk);
  std::int64_t index = 0;
  for (Segment& segment : segments) segment.index = index++;
}

std::vector<Hunk> inverse(const std::vector<Hunk>& hunks) {
  std::vector<Hunk> out;
  for (auto hunk = hunks.rbegin(); hunk != hunks.rend(); ++hunk) out.push_back({hunk->at, hunk->inserted, hunk->removed});
  return out;
}

std::vector<Hunk> difference(const std::vector<Segment>& from, const std::vector<Segment>& to) {
  std::size_t begin = 0, from_end = from.size(), to_end = to.size();
  while (begin < from_end && begin < to_end && alike(from[begin], to[begin])) ++begin;
  while (from_end > begin && to_end > begin && alike(from[from_end - 1], to[to_end - 1])) --from_end, --to_end;
  if (begin == from_end && begin == to_end) return {};
  if ((from_end - begin) * (to_end - begin) > kMostCells) {
    return {{begin, slice(from, begin, from_end), slice(to, begin, to_end)}};
  }
  CommonLengths common(from, to, begin, from_end, to_end);
  std::vector<Hunk> hunks;
  // `at` counts in the list as it is by then, which up to there is `to`.
  for (std::size_t i = begin, j = begin; i < from_end || j < to_end;) {
    const std::size_t first_from = i, first_to = j;
    while (i < from_end || j < to_end) {
      if (i < from_end && j < to_end && alike(from[i], to[j])) break;
      if (j == to_end || (i < from_end && common.at(i + 1, j) >= common.at(i, j + 1))) {
        ++i;
      } else {
        ++j;
      }
    }
    if (i > first_from || j > first_to) hunks.push_back({first_to, slice(from, first_from, i), slice(to, first_to, j)});
    while (i < from_end && j < to_end && alike(from[i], to[j])) ++i, ++j;
  }
  return hunks;
}

}  // namespace zimu::domain
