#pragma once
#include <span>

#include "asr/vocabulary.hpp"

namespace zimu::asr {

/// The tokens that may come next: [text_from, timestamp_begin) and [times_from, times_to).
struct Choice {
  Token text_from = 0;
  Token times_from = 0;
  Token times_to = 0;  ///< not after times_from: none
};

/// What a well-formed window looks like: <|t0|> text <|t1|><|t1|> text <|t2|> …
/// (openai/whisper decoding.py, ApplyTimestampRules; plus the end of the real audio, which OpenAI lacks).
struct TimestampRules {
  int max_initial = 50;  ///< index of the latest first timestamp: 1.0 s
  int max_index = 1500;  ///< index of the latest timestamp: the end of the real audio

  /// What may follow `sampled` (the tokens after the prompt). That a time is due when all times together are likelier
  /// than any text is left to `Odds`.
  Choice choice(std::span<const Token> sampled, const Vocabulary& vocabulary) const;
};

}  // namespace zimu::asr
