#include "asr/sampler.hpp"

#include <cstddef>
#include <utility>

#include "asr/quality.hpp"
#include "asr/segments.hpp"
#include "base/check.hpp"
#include "base/utf8.hpp"

namespace zimu::asr {
namespace {

constexpr std::size_t kLoopCheckEvery = 16;  // tokens

/// Uniform in [0, 1) from the top 53 bits: equal on every standard library, unlike std::uniform_real_distribution.
double unit_interval(std::mt19937_64& random) { return static_cast<double>(random() >> 11U) * 0x1.0p-53; }

}  // namespace

void weigh(Odds& odds, std::span<const float> logits, std::span<const Token> sampled, const SamplingRules& rules,
           const Vocabulary& vocabulary) {
  ZIMU_CHECK(rules.bias != nullptr);
  const Token begin = vocabulary.special().timestamp_begin;
  const Choice choice = rules.with_timestamps ? rules.timestamps.choice(sampled, vocabulary) : Choice{0, begin, begin};
  // Blank at the start of the text. With timestamps the first token is a time anyway, and a window that ends right
  // after it says "nothing here", which is welcome.
  odds.read(logits, sampled.empty() ? rules.bias->first : rules.bias->always, choice, vocabulary.special());
}

bool starts_to_loop(std::span<const Token> tokens, const Vocabulary& vocabulary) {
  return !tokens.empty() && tokens.size() % kLoopCheckEvery == 0 &&
         find_loop(tokens, vocabulary.special()).has_value();
}

void measure(Decoding& decoding, double sum_logprob, const Vocabulary& vocabulary) {
  decoding.text = keep_utf8(vocabulary.decode(decoding.tokens));
  decoding.avg_logprob = static_cast<float>(sum_logprob / static_cast<double>(decoding.tokens.size() + 1));
  decoding.compression_ratio = compression_ratio(trim(decoding.text));
  decoding.looping = decoding.looping || find_loop(decoding.tokens, vocabulary.special()).has_value();
}

Sampler::Sampler(const Vocabulary& vocabulary, const SamplingRules& rules, float temperature, std::uint64_t seed)
    : vocabulary_(vocabulary), rules_(rules), random_(seed) {
  decoding_.temperature = temperature;
}

Token Sampler::next(std::span<const float> logits) {
  const Token eot = vocabulary_.special().eot;
  if (decoding_.tokens.size() >= rules_.max_tokens) return eot;
  if (starts_to_loop(decoding_.tokens, vocabulary_)) {
    decoding_.looping = true;
    return eot;
  }
  weigh(odds_, logits, decoding_.tokens, rules_, vocabulary_);
  Token token = eot;
  float sure = 0;
  if (odds_.any()) {
    const float temperature = decoding_.temperature;
    token = temperature > 0 ? odds_.draw(temperature, unit_interval(random_)) : odds_.likeliest();
    sure = odds_.logprob(token);
  }
  sum_logprob_ += sure;
  if (token == eot) {
    decoding_.ended = true;
    return eot;
  }
  decoding_.tokens.push_back(token);
  decoding_.logprobs.push_back(sure);
  return token;
}

Decoding Sampler::take() {
  measure(decoding_, sum_logprob_, vocabulary_);
  return std::move(decoding_);
}

}  // namespace zimu::asr
