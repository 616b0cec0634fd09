#include "asr/sampler.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <utility>

#include "asr/quality.hpp"
#include "asr/suppress.hpp"
#include "asr/segments.hpp"
#include "base/utf8.hpp"

namespace zimu::asr {
namespace {

constexpr std::size_t kLoopCheckEvery = 16;  // tokens; a loop is left early, so that a failed rung costs little

/// Uniform in [0, 1) from the top 53 bits: equal on every standard library, unlike std::uniform_real_distribution.
double unit_interval(std::mt19937_64& random) { return static_cast<double>(random() >> 11U) * 0x1.0p-53; }

}  // namespace

Sampler::Sampler(const Vocabulary& vocabulary, const SamplingRules& rules, float temperature, std::uint64_t seed)
    : vocabulary_(vocabulary), rules_(rules), random_(seed) {
  decoding_.temperature = temperature;
}

Token Sampler::next(std::span<const float> logits) {
  const Token eot = vocabulary_.special().eot;
  if (decoding_.tokens.size() >= rules_.max_tokens) return eot;
  if (starts_to_loop()) {
    decoding_.looping = true;
    return eot;
  }
  row_.assign(logits.begin(), logits.end());
  restrict_row();
  const Token token = pick();
  const float sure = logprob(token);
  sum_logprob_ += sure;
  if (token == eot) {
    decoding_.ended = true;
    return eot;
  }
  decoding_.tokens.push_back(token);
  decoding_.logprobs.push_back(sure);
  return token;
}

void Sampler::restrict_row() {
  suppress(row_, rules_.never);
  if (rules_.with_timestamps) {
    rules_.timestamps.apply(row_, decoding_.tokens, vocabulary_.special());
  } else {
    for (std::size_t i = static_cast<std::size_t>(vocabulary_.special().timestamp_begin); i < row_.size(); ++i) {
      row_[i] = -INFINITY;
    }
  }
  // Blank at the start of the text. With timestamps the first token is a time anyway, and a window that
  // ends right after it says "nothing here", which is welcome.
  if (decoding_.tokens.empty()) suppress(row_, rules_.never_first);
}

Token Sampler::pick() {
  const auto best = std::max_element(row_.begin(), row_.end());
  if (std::isinf(*best)) return vocabulary_.special().eot;
  if (decoding_.temperature <= 0) return static_cast<Token>(best - row_.begin());
  double total = 0;
  for (const float logit : row_) total += std::exp((logit - *best) / decoding_.temperature);
  double target = unit_interval(random_) * total;
  for (std::size_t i = 0; i < row_.size(); ++i) {
    target -= std::exp((row_[i] - *best) / decoding_.temperature);
    if (target < 0) return static_cast<Token>(i);
  }
  return static_cast<Token>(best - row_.begin());
}

float Sampler::logprob(Token token) const {
  const float best = *std::max_element(row_.begin(), row_.end());
  if (std::isinf(best)) return 0;
  float sum = 0;
  for (const float logit : row_) {
    if (!std::isinf(logit)) sum += std::exp(logit - best);
  }
  return row_[static_cast<std::size_t>(token)] - best - std::log(sum);
}

bool Sampler::starts_to_loop() const {
  const std::size_t count = decoding_.tokens.size();
  return count > 0 && count % kLoopCheckEvery == 0 &&
         find_loop(decoding_.tokens, vocabulary_.special()).has_value();
}

Decoding Sampler::take() {
  decoding_.text = keep_utf8(vocabulary_.decode(decoding_.tokens));
  decoding_.avg_logprob = static_cast<float>(sum_logprob_ / static_cast<double>(decoding_.tokens.size() + 1));
  decoding_.compression_ratio = compression_ratio(trim(decoding_.text));
  decoding_.looping = decoding_.looping || find_loop(decoding_.tokens, vocabulary_.special()).has_value();
  return std::move(decoding_);
}

}  // namespace zimu::asr
