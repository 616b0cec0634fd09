#include "asr/timestamp_rules.hpp"

#include <algorithm>
#include <cstddef>

namespace zimu::asr {

Choice TimestampRules::choice(std::span<const Token> sampled, const Vocabulary& vocabulary) const {
  const SpecialTokens& special = vocabulary.special();
  const Token begin = special.timestamp_begin;
  const auto is_time = [begin](Token token) { return token >= begin; };

  Choice choice{0, begin, std::min<Token>(begin + max_index + 1, vocabulary.size())};
  if (sampled.empty()) {
    choice.text_from = begin;
    choice.times_to = std::min(choice.times_to, begin + max_initial + 1);
    return choice;
  }
  const bool last_is_time = is_time(sampled.back());
  const bool pair_is_whole = last_is_time && (sampled.size() < 2 || is_time(sampled[sampled.size() - 2]));
  if (last_is_time && !pair_is_whole) choice.text_from = special.eot;
  // Nothing is spoken after the end of the audio.
  if (pair_is_whole || (last_is_time && sampled.back() - begin >= max_index)) choice.times_to = begin;
  for (std::size_t i = sampled.size(); i-- > 0;) {
    if (!is_time(sampled[i])) continue;
    // Times never go back, and a segment has a length: or one time could repeat for ever.
    choice.times_from = last_is_time && !pair_is_whole ? sampled[i] : sampled[i] + 1;
    break;
  }
  return choice;
}

}  // namespace zimu::asr
