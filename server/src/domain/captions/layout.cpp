#include "domain/captions/layout.hpp"

#include <algorithm>
#include <limits>

namespace zimu::domain::captions {
namespace {

constexpr int kUneven = 50;    // for lines as uneven as they can be
constexpr int kTopHeavy = 15;  // added when an upper line is the longer

/// All ways to cut a run into `count` lines; runs are short, for lines are.
class Search {
 public:
  Search(const Widths& widths, std::span<const int> costs, std::size_t end, int label, const CaptionRules& rules)
      : widths_(widths), costs_(costs), end_(end), label_(label), limit_(rules.line_columns()) {}

  Layout best(std::size_t begin, int count) {
    best_ = {};
    best_.cost = std::numeric_limits<int>::max();
    breaks_.clear();
    mean_ = (widths_.line(begin, end_) + label_) / count;
    go(begin, count, label_, 0, 0);
    return best_;
  }

 private:
  void go(std::size_t begin, int left, int label, int before, int cost) {
    if (left == 1) {
      const int width = widths_.line(begin, end_) + label;
      if (width > limit_) return;
      take(cost + uneven(width) + (before > width ? kTopHeavy : 0));
      return;
    }
    for (std::size_t next = begin + 1; next < end_; ++next) {
      const int width = widths_.line(begin, next) + label;
      if (width > limit_) return;
      breaks_.push_back(next);
      go(next, left - 1, 0, width, cost + costs_[next - 1] + uneven(width) + (before > width ? kTopHeavy : 0));
      breaks_.pop_back();
    }
  }

  void take(int cost) {
    if (cost >= best_.cost) return;
    best_ = {true, cost, breaks_};
  }

  int uneven(int width) const {
    const int off = (width - mean_) * 100 / limit_;
    return kUneven * off * off / 10000;
  }

  const Widths& widths_;
  std::span<const int> costs_;
  std::size_t end_;
  int label_;
  int limit_;
  int mean_ = 0;
  std::vector<std::size_t> breaks_;
  Layout best_;
};

Layout greedy(const Widths& widths, std::size_t begin, std::size_t end, int label, int limit) {
  Layout out;
  std::size_t first = begin;
  for (std::size_t next = begin + 1; next < end; ++next) {
    if (widths.line(first, next + 1) + (first == begin ? label : 0) <= limit) continue;
    out.breaks.push_back(next);
    first = next;
  }
  return out;
}

}  // namespace

Widths::Widths(const std::vector<Token>& tokens) {
  for (const Token& token : tokens) {
    columns_.push_back(columns_.back() + token.lead_columns + token.columns);
    leads_.push_back(token.lead_columns);
    reading_.push_back(reading_.back() + token.lead_reading + token.reading);
    reading_leads_.push_back(token.lead_reading);
  }
}

int Widths::line(std::size_t begin, std::size_t end) const { return columns_[end] - columns_[begin] - leads_[begin]; }

int Widths::reading(std::size_t begin, std::size_t end) const {
  return reading_[end] - reading_[begin] - reading_leads_[begin];
}

Layout lay_out(const Widths& widths, std::span<const int> costs, std::size_t begin, std::size_t end, int label,
               const CaptionRules& rules) {
  const int limit = rules.line_columns();
  if (widths.line(begin, end) + label <= limit) return {true, 0, {}};
  Search search(widths, costs, end, label, rules);
  Layout best;
  for (int count = 2; count <= rules.lines; ++count) {
    Layout layout = search.best(begin, count);
    // One line more is right where fewer would part what belongs together.
    if (layout.fits && (!best.fits || layout.cost + 100 < best.cost)) best = std::move(layout);
  }
  return best.fits ? best : greedy(widths, begin, end, label, limit);
}

}  // namespace zimu::domain::captions
