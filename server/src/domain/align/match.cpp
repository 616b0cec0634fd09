#include "domain/align/match.hpp"

#include <algorithm>
#include <unordered_map>

namespace zimu::domain::align {
namespace {

using Pair = std::pair<std::size_t, std::size_t>;
using Ids = std::vector<std::uint32_t>;

struct Stretch {
  std::size_t a_begin, a_end, b_begin, b_end;
  int run;  ///< length of the unique runs to look for; 0: Myers
};

class Matcher {
 public:
  Matcher(const Ids& a, const Ids& b) : a_(a), b_(b) {}

  std::vector<Pair> all() {
    std::vector<Stretch> todo{{0, a_.size(), 0, b_.size(), 3}};
    while (!todo.empty()) {
      Stretch s = todo.back();
      todo.pop_back();
      for (; s.a_begin < s.a_end && s.b_begin < s.b_end && a_[s.a_begin] == b_[s.b_begin]; ++s.a_begin, ++s.b_begin) {
        found_.emplace_back(s.a_begin, s.b_begin);
      }
      for (; s.a_begin < s.a_end && s.b_begin < s.b_end && a_[s.a_end - 1] == b_[s.b_end - 1]; --s.a_end, --s.b_end) {
        found_.emplace_back(s.a_end - 1, s.b_end - 1);
      }
      if (s.a_begin == s.a_end || s.b_begin == s.b_end) continue;
      const bool small = (s.a_end - s.a_begin) + (s.b_end - s.b_begin) <= kSmall;
      if (s.run == 0 || small) {
        myers(s);
        continue;
      }
      split(s, todo);
    }
    std::ranges::sort(found_);
    return std::move(found_);
  }

 private:
  static constexpr std::size_t kSmall = 400;

  /// Where each run of that length begins, for runs that occur once.
  std::unordered_map<std::uint64_t, std::size_t> unique_runs(const Ids& ids, std::size_t begin, std::size_t end, int run) const {
    constexpr std::size_t kTwice = static_cast<std::size_t>(-1);
    std::unordered_map<std::uint64_t, std::size_t> seen;
    seen.reserve(end - begin);
    const auto length = static_cast<std::size_t>(run);
    for (std::size_t i = begin; i + length <= end; ++i) {
      std::uint64_t key = 0;  // ids are below 2^20: three fit
      for (std::size_t k = 0; k < length; ++k) key = key << 20U | (ids[i + k] + 1);
      const auto [place, is_new] = seen.emplace(key, i);
      if (!is_new) place->second = kTwice;
    }
    std::erase_if(seen, [](const auto& one) { return one.second == kTwice; });
    return seen;
  }

  /// The longest chain of unique runs, and the stretches between them.
  void split(const Stretch& s, std::vector<Stretch>& todo) {
    const auto in_a = unique_runs(a_, s.a_begin, s.a_end, s.run);
    const auto in_b = unique_runs(b_, s.b_begin, s.b_end, s.run);
    std::vector<Pair> both;
    for (const auto& [key, at] : in_a) {
      if (const auto other = in_b.find(key); other != in_b.end()) both.emplace_back(at, other->second);
    }
    std::ranges::sort(both);
    const auto chain = longest_rising(both);
    const int next_run = chain.empty() ? s.run - 1 : s.run == 1 ? 0 : 1;
    std::size_t a = s.a_begin;
    std::size_t b = s.b_begin;
    for (const Pair& anchor : chain) {
      if (anchor.first < a || anchor.second < b) continue;  // inside the run before
      todo.push_back({a, anchor.first, b, anchor.second, next_run});
      const auto length = static_cast<std::size_t>(s.run);
      for (std::size_t k = 0; k < length; ++k) found_.emplace_back(anchor.first + k, anchor.second + k);
      a = anchor.first + length;
      b = anchor.second + length;
    }
    todo.push_back({a, s.a_end, b, s.b_end, next_run});
  }

  /// Of pairs with growing first, the longest part with growing second.
  static std::vector<Pair> longest_rising(const std::vector<Pair>& pairs) {
    constexpr std::size_t kNone = static_cast<std::size_t>(-1);
    std::vector<std::size_t> tails;
    std::vector<std::size_t> before(pairs.size(), kNone);
    for (std::size_t i = 0; i < pairs.size(); ++i) {
      const auto place = std::ranges::lower_bound(tails, pairs[i].second, {}, [&](std::size_t t) { return pairs[t].second; });
      if (place != tails.begin()) before[i] = *std::prev(place);
      if (place == tails.end()) {
        tails.push_back(i);
      } else {
        *place = i;
      }
    }
    std::vector<Pair> chain;
    for (std::size_t i = tails.empty() ? kNone : tails.back(); i != kNone; i = before[i]) chain.push_back(pairs[i]);
    std::ranges::reverse(chain);
    return chain;
  }

  /// Myers 1986, "An O(ND) difference algorithm", the greedy one with its trace.
  void myers(const Stretch& s) {
    const auto n = static_cast<int>(s.a_end - s.a_begin);
    const auto m = static_cast<int>(s.b_end - s.b_begin);
    const auto same = [&](int x, int y) {
      return a_[s.a_begin + static_cast<std::size_t>(x)] == b_[s.b_begin + static_cast<std::size_t>(y)];
    };
    const int most = std::min(kMaxEdits, n + m);
    std::vector<std::vector<int>> trace;  // trace[d][k + d]: how far diagonal k came with d edits
    for (int d = 0; d <= most; ++d) {
      std::vector<int> far(static_cast<std::size_t>(2 * d + 1), -1);
      for (int k = -d; k <= d; k += 2) {
        const bool down = d > 0 && came_down(trace.back(), d, k);
        const int before = d == 0 ? 0 : reach(trace.back(), d, down ? k + 1 : k - 1);
        int x = d == 0 || down ? before : before + 1;
        if (before < 0 || x > n || x - k > m || x - k < 0) {
          continue;  // past an edge: no way
        }
        while (x < n && x - k < m && same(x, x - k)) ++x;
        far[static_cast<std::size_t>(k + d)] = x;
        if (x == n && x - k == m) {
          trace.push_back(std::move(far));
          walk_back(s, trace, d, k);
          return;
        }
      }
      trace.push_back(std::move(far));
    }
  }

  static int reach(const std::vector<int>& far, int d, int k) {
    const int at = k + d - 1;
    return at < 0 || at >= static_cast<int>(far.size()) ? -1 : far[static_cast<std::size_t>(at)];
  }
  /// Whether diagonal k with d edits is entered from the one above (an insertion).
  static bool came_down(const std::vector<int>& before, int d, int k) {
    if (k == -d) return true;
    if (k == d) return false;
    return reach(before, d, k - 1) < reach(before, d, k + 1);
  }

  void walk_back(const Stretch& s, const std::vector<std::vector<int>>& trace, int d, int k) {
    int x = trace[static_cast<std::size_t>(d)][static_cast<std::size_t>(k + d)];
    for (; d >= 0; --d) {
      int from = 0;  // where the run of equals on this diagonal begins
      int next_k = k;
      if (d > 0) {
        const auto& before = trace[static_cast<std::size_t>(d - 1)];
        const bool down = came_down(before, d, k);
        next_k = down ? k + 1 : k - 1;
        from = down ? reach(before, d, k + 1) : reach(before, d, k - 1) + 1;
      }
      for (; x > from; --x) {
        found_.emplace_back(s.a_begin + static_cast<std::size_t>(x - 1), s.b_begin + static_cast<std::size_t>(x - 1 - k));
      }
      if (d > 0) x = reach(trace[static_cast<std::size_t>(d - 1)], d, next_k);
      k = next_k;
    }
  }

  const Ids& a_;
  const Ids& b_;
  std::vector<Pair> found_;
};

}  // namespace

std::vector<Pair> match(const Ids& a, const Ids& b) { return Matcher(a, b).all(); }

}  // namespace zimu::domain::align
