#include "asr/timestamp_rules.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>

namespace zimu::asr {
namespace {

void forbid(std::span<float> logits, Token from, Token to) {
  const auto size = static_cast<Token>(logits.size());
  for (Token token = std::max<Token>(from, 0); token < std::min(to, size); ++token) {
    logits[static_cast<std::size_t>(token)] = -std::numeric_limits<float>::infinity();
  }
}

/// A timestamp is due when all timestamps together are likelier than the best text token. The softmax's
/// denominator is the same on both sides, so raw logits do.
bool timestamp_is_due(std::span<const float> logits, Token timestamp_begin) {
  const auto split = logits.begin() + timestamp_begin;
  const float best_text = *std::max_element(logits.begin(), split);
  const float best_time = *std::max_element(split, logits.end());
  if (std::isinf(best_time)) return false;
  float sum = 0;
  for (auto it = split; it != logits.end(); ++it) sum += std::exp(*it - best_time);
  return best_time + std::log(sum) > best_text;
}

}  // namespace

void TimestampRules::apply(std::span<float> logits, std::span<const Token> sampled,
                           const SpecialTokens& special) const {
  const Token begin = special.timestamp_begin;
  const auto end = static_cast<Token>(logits.size());
  const auto is_time = [begin](Token token) { return token >= begin; };

  forbid(logits, begin + max_index + 1, end);
  if (sampled.empty()) {
    forbid(logits, 0, begin);
    forbid(logits, begin + std::min(max_initial, max_index) + 1, end);
    return;
  }

  const bool last_is_time = is_time(sampled.back());
  const bool pair_is_whole = last_is_time && (sampled.size() < 2 || is_time(sampled[sampled.size() - 2]));
  if (last_is_time) {
    if (pair_is_whole) {
      forbid(logits, begin, end);
    } else {
      forbid(logits, 0, special.eot);
      // Nothing is spoken after the end of the audio.
      if (sampled.back() - begin >= max_index) forbid(logits, begin, end);
    }
  }
  for (std::size_t i = sampled.size(); i-- > 0;) {
    if (!is_time(sampled[i])) continue;
    // Times never go back, and a segment has a length: or one time could repeat for ever.
    const Token first_allowed = last_is_time && !pair_is_whole ? sampled[i] : sampled[i] + 1;
    forbid(logits, begin, first_allowed);
    break;
  }
  if (timestamp_is_due(logits, begin)) forbid(logits, 0, begin);
}

}  // namespace zimu::asr
