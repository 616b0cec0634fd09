#pragma once
#include <span>

#include "asr/vocabulary.hpp"

namespace zimu::asr {

/// What a well-formed window looks like: <|t0|> text <|t1|><|t1|> text <|t2|> …
/// (openai/whisper decoding.py, ApplyTimestampRules; plus the end of the real audio, which OpenAI lacks).
struct TimestampRules {
  int max_initial = 50;  ///< index of the latest first timestamp: 1.0 s
  int max_index = 1500;  ///< index of the latest timestamp: the end of the real audio

  /// Forbids in `logits` what may not follow `sampled` (the tokens after the prompt).
  void apply(std::span<float> logits, std::span<const Token> sampled, const SpecialTokens& special) const;
};

}  // namespace zimu::asr
