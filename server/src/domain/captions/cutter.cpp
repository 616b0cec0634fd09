#include "domain/captions/cutter.hpp"

#include <algorithm>
#include <limits>

#include "domain/captions/captions.hpp"
#include "domain/captions/phrases.hpp"

namespace zimu::domain::captions {
namespace {

constexpr std::int64_t kBrokenRule = 10'000;  // under kNeverBreak, over everything that is a matter of taste
constexpr std::int64_t kCue = 40;
constexpr std::int64_t kInnerSentence = 35;
constexpr std::int64_t kTwoLines = 5;
constexpr std::int64_t kNarrow = 20;
constexpr std::int64_t kMostInnerPause = 150;
constexpr Milliseconds kPause{500};        // longer ones are felt inside a cue
constexpr Milliseconds kLongPause{2000};   // longer ones always part cues
constexpr std::int64_t kNone = std::numeric_limits<std::int64_t>::max();

class Cutter {
 public:
  Cutter(const std::vector<Token>& tokens, const CaptionRules& rules, std::string_view language, Milliseconds recording)
      : tokens_(tokens), rules_(rules), widths_(tokens), costs_(break_costs(tokens, language)), recording_(recording) {
    for (std::size_t i = 0; i < tokens.size(); ++i) {
      const bool same = i > 0 && tokens[i].segment == tokens[i - 1].segment;
      const int label = same ? labels_.back() : label_columns(tokens[i].segment->speaker, rules);
      // A name that takes most of the line is told as a broken rule, and does not push the text away.
      labels_.push_back(label > rules.line_columns() / 2 ? 0 : label);
      sentence_ends_.push_back(costs_[i] != kNeverBreak && ends_sentence(tokens[i].text));
    }
  }

  std::vector<TimedCue> run() {
    std::vector<std::int64_t> best(tokens_.size() + 1, kNone);
    std::vector<std::size_t> from(tokens_.size() + 1, 0);
    best[0] = 0;
    for (std::size_t begin = 0; begin < tokens_.size(); ++begin) {
      std::int64_t inner = 0;
      for (std::size_t end = begin + 1; end <= tokens_.size(); ++end) {
        if (end - begin > 1) {
          if (parted(end - 1)) break;
          inner += inner_cost(end - 1);
        }
        const TimedCue cue = timed(begin, end);
        // One token alone is always a cue: it cannot be cut.
        if (end - begin > 1 && !possible(cue)) break;
        const std::int64_t cost = best[begin] + inner + cost_of(cue);
        if (cost >= best[end]) continue;
        best[end] = cost;
        from[end] = begin;
      }
    }
    std::vector<TimedCue> cues;
    for (std::size_t end = tokens_.size(); end > 0; end = from[end]) cues.push_back(timed(from[end], end));
    std::ranges::reverse(cues);
    return cues;
  }

 private:
  /// Whether a cue must end before this token: another speaker, or a long silence.
  bool parted(std::size_t token) const {
    const Token& before = tokens_[token - 1];
    const Token& after = tokens_[token];
    return before.segment->speaker != after.segment->speaker || after.start - before.end >= kLongPause;
  }

  std::int64_t inner_cost(std::size_t token) const {
    const auto pause = tokens_[token].start - tokens_[token - 1].end;
    const std::int64_t felt = pause > kPause ? std::min((pause - kPause).count() / 10, kMostInnerPause) : 0;
    return felt + (sentence_ends_[token - 1] ? kInnerSentence : 0);
  }

  /// Starts with the first word. Ends with the last, later where reading takes longer or the rules want it, never past
  /// the least gap before the next; a small silence before the next is closed.
  TimedCue timed(std::size_t begin, std::size_t end) const {
    TimedCue cue{begin, end, tokens_[begin].start, {}, lay_out(widths_, costs_, begin, end, labels_[begin], rules_)};
    const bool last = end == tokens_.size();
    const Milliseconds spoken = tokens_[end - 1].end;
    const std::int64_t columns = widths_.reading(begin, end);
    const Milliseconds reading{(columns * 1000 + rules_.columns_per_second() - 1) / rules_.columns_per_second()};
    Milliseconds stop = std::max(spoken, std::min(cue.start + reading, spoken + rules_.linger));
    stop = std::max(stop, cue.start + rules_.shortest);
    Milliseconds bound = recording_ == Milliseconds{0} ? Milliseconds::max() : std::max(recording_, spoken);
    if (!last) {
      bound = tokens_[end].start - rules_.gap;
      if (stop < bound && bound - stop < rules_.chain - rules_.gap) stop = bound;
      // Words too close together for the gap: at least they do not overlap.
      bound = std::max(bound, cue.start + Milliseconds{1});
    }
    const bool alone = end - begin == 1;
    // A single word that was timed too long is shown for as long as the rules allow.
    if (alone || spoken <= cue.start + rules_.longest) bound = std::min(bound, cue.start + rules_.longest);
    cue.stop = std::min(stop, bound);
    return cue;
  }

  bool possible(const TimedCue& cue) const {
    return cue.layout.fits && cue.stop - cue.start <= rules_.longest;
  }

  std::int64_t cost_of(const TimedCue& cue) const {
    const Milliseconds length = cue.stop - cue.start;
    const std::int64_t columns = widths_.reading(cue.begin, cue.end);
    std::int64_t cost = kCue + cue.layout.cost + costs_[cue.end - 1] * std::int64_t{3} / 2;
    if (!cue.layout.fits) cost += kBrokenRule;
    if (length < rules_.shortest) cost += kBrokenRule + share(rules_.shortest - length, rules_.shortest);
    if (length > rules_.longest) cost += kBrokenRule;
    const std::int64_t allowed = length.count() * rules_.columns_per_second() / 1000;
    if (columns > allowed) cost += kBrokenRule + std::min(1000 * (columns - allowed) / std::max(columns, std::int64_t{1}), std::int64_t{1000});
    if (cue.end < tokens_.size() && tokens_[cue.end].start - cue.stop < rules_.gap) cost += kBrokenRule;
    const std::int64_t limit = rules_.line_columns();
    const std::int64_t width = std::min<std::int64_t>(widths_.line(cue.begin, cue.end), limit);
    if (cue.layout.breaks.empty()) cost += kNarrow * (limit - width) * (limit - width) / (limit * limit);
    return cost + kTwoLines * static_cast<std::int64_t>(cue.layout.breaks.size());
  }

  static std::int64_t share(Milliseconds part, Milliseconds whole) { return 1000 * part.count() / whole.count(); }

  const std::vector<Token>& tokens_;
  const CaptionRules& rules_;
  Widths widths_;
  std::vector<int> costs_;
  Milliseconds recording_;
  std::vector<int> labels_;
  std::vector<bool> sentence_ends_;
};

}  // namespace

std::vector<TimedCue> cut(const std::vector<Token>& tokens, const CaptionRules& rules, std::string_view language,
                          Milliseconds recording) {
  return Cutter(tokens, rules, language, recording).run();
}

}  // namespace zimu::domain::captions
