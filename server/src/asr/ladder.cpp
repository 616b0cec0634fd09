#include "asr/ladder.hpp"

#include <cstddef>
#include <utility>

namespace zimu::asr {
namespace {

bool repeats_itself(const Decoding& decoding) {
  return decoding.looping || decoding.compression_ratio > kMaxCompressionRatio;
}

/// Index of the decoding to keep when every one has a fault.
std::size_t least_bad(const std::vector<Decoding>& tried) {
  std::size_t best = 0;
  for (std::size_t i = 1; i < tried.size(); ++i) {
    const bool best_repeats = repeats_itself(tried[best]);
    const bool repeats = repeats_itself(tried[i]);
    if (best_repeats != repeats ? best_repeats : tried[i].avg_logprob > tried[best].avg_logprob) best = i;
  }
  return best;
}

}  // namespace

bool is_silence(const Decoding& decoding) {
  return (decoding.no_speech_prob > kUnsureNoSpeechProb && decoding.avg_logprob < kMinAvgLogprob) ||
         (decoding.no_speech_prob > kMaxNoSpeechProb && decoding.avg_logprob < kSureLogprob);
}

std::optional<domain::Retry> find_fault(const Decoding& decoding) {
  // Silence is thrown away as a whole: a second attempt would only invent something else.
  if (is_silence(decoding)) return std::nullopt;
  if (decoding.looping) return domain::Retry{decoding.temperature, "repetition", decoding.compression_ratio};
  if (decoding.compression_ratio > kMaxCompressionRatio) {
    return domain::Retry{decoding.temperature, "compression_ratio", decoding.compression_ratio};
  }
  if (decoding.avg_logprob < kMinAvgLogprob) {
    return domain::Retry{decoding.temperature, "avg_logprob", decoding.avg_logprob};
  }
  return std::nullopt;
}

Ladder::Ladder(float first_temperature, Beam beam)
    : rung_{first_temperature, 0, beam == Beam::kFirst && first_temperature <= 0},
      beam_is_next_(beam == Beam::kAfterGreedy && first_temperature <= 0) {}

bool Ladder::next_rung() {
  constexpr float kRounding = 1e-3F;
  if (std::exchange(beam_is_next_, false)) {
    rung_.beam = true;
    return true;
  }
  rung_.beam = false;
  rung_.temperature += kTemperatureStep;
  ++rung_.seed;
  return rung_.temperature < kLastTemperature + kRounding;
}

bool Ladder::climb(Decoding decoding) {
  const auto fault = find_fault(decoding);
  if (!fault) {
    outcome_.kept = std::move(decoding);
    good_ = true;
    return false;
  }
  outcome_.retries.push_back(*fault);
  tried_.push_back(std::move(decoding));
  return next_rung();
}

LadderOutcome Ladder::outcome() {
  if (!good_) {
    const auto kept = static_cast<std::ptrdiff_t>(least_bad(tried_));
    outcome_.kept = std::move(tried_[static_cast<std::size_t>(kept)]);
    tried_.erase(tried_.begin() + kept);
    outcome_.retries.erase(outcome_.retries.begin() + kept);
  }
  return std::move(outcome_);
}

}  // namespace zimu::asr
