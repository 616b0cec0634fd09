#include "asr/beam_search.hpp"

#include <algorithm>
#include <utility>

namespace zimu::asr {

BeamSearch::BeamSearch(const Vocabulary& vocabulary, const SamplingRules& rules, std::size_t width)
    : vocabulary_(vocabulary), rules_(rules), width_(width), beams_(1) {}

void BeamSearch::hear(std::size_t beam, std::shared_ptr<const AttentionRow> attention) {
  beams_[beam].so_far.attention.push_back(std::move(attention));
}

void BeamSearch::look(std::size_t beam, std::span<const float> logits) {
  Beam& from = beams_[beam];
  weigh(from.odds, logits, from.so_far.tokens, rules_, vocabulary_);
  from.next.clear();
  std::vector<Token> likeliest;
  // One more than wanted, since one of them may be the end.
  if (from.odds.any()) from.odds.best(width_ + 1, likeliest);
  for (const Token token : likeliest) from.next.push_back({token, from.odds.logprob(token)});
  if (from.next.empty()) from.next.push_back({vocabulary_.special().eot, 0});
}

/// All ways on from all beams, the likeliest first.
std::vector<BeamSearch::Way> BeamSearch::ways() const {
  std::vector<Way> all;
  for (std::size_t i = 0; i < beams_.size(); ++i) {
    for (const Next& next : beams_[i].next) all.push_back({i, next, beams_[i].sum + next.logprob});
  }
  std::ranges::stable_sort(all, [](const Way& a, const Way& b) { return a.sum > b.sum; });
  return all;
}

BeamSearch::Beam BeamSearch::longer(const Way& way) const {
  Beam beam;
  beam.so_far = beams_[way.parent].so_far;
  beam.so_far.tokens.push_back(way.next.token);
  beam.so_far.logprobs.push_back(way.next.logprob);
  beam.sum = way.sum;
  return beam;
}

bool BeamSearch::advance(std::vector<std::size_t>& parents) {
  parents.clear();
  if (beams_.front().so_far.tokens.size() >= rules_.max_tokens) return false;
  std::vector<Beam> longer_ones;
  for (const Way& way : ways()) {
    if (longer_ones.size() == width_) break;
    if (way.next.token != vocabulary_.special().eot) {
      longer_ones.push_back(longer(way));
      parents.push_back(way.parent);
    } else if (finished_.size() < width_) {
      finished_.push_back({beams_[way.parent].so_far, way.sum});
      finished_.back().decoding.ended = true;
    }
  }
  if (longer_ones.empty() || finished_.size() >= width_) {
    beams_.clear();  // what goes on is no way of its own
    return false;
  }
  drop_loops(longer_ones, parents);
  beams_ = std::move(longer_ones);
  return !parents.empty();
}

void BeamSearch::drop_loops(std::vector<Beam>& beams, std::vector<std::size_t>& parents) {
  std::vector<std::size_t> good;
  for (std::size_t i = 0; i < beams.size(); ++i) {
    beams[i].so_far.looping = starts_to_loop(beams[i].so_far.tokens, vocabulary_);
    if (!beams[i].so_far.looping) good.push_back(i);
  }
  if (good.size() == beams.size()) return;
  std::vector<Beam> kept;
  std::vector<std::size_t> kept_parents;
  for (const std::size_t i : good) {
    kept.push_back(std::move(beams[i]));
    kept_parents.push_back(parents[i]);
  }
  parents = std::move(kept_parents);  // none: the search is over, and what loops is all there is
  if (!kept.empty()) beams = std::move(kept);
}

Decoding BeamSearch::take() {
  std::ranges::stable_sort(beams_, [](const Beam& a, const Beam& b) { return a.sum > b.sum; });
  for (Beam& beam : beams_) {
    if (finished_.size() >= width_) break;
    finished_.push_back({std::move(beam.so_far), beam.sum});
  }
  const auto mean = [](const Finished& way) {
    return way.sum / static_cast<double>(std::max<std::size_t>(way.decoding.tokens.size(), 1));
  };
  auto best = finished_.begin();
  for (auto way = finished_.begin(); way != finished_.end(); ++way) {
    const bool loops = way->decoding.looping;
    if (loops != best->decoding.looping ? !loops : mean(*way) > mean(*best)) best = way;
  }
  measure(best->decoding, best->sum, vocabulary_);
  return std::move(best->decoding);
}

}  // namespace zimu::asr
