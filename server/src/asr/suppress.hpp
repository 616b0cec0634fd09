#pragma once
#include <vector>

#include "asr/vocabulary.hpp"

namespace zimu::asr {

/// Tokens that no transcript may hold: symbols nobody speaks (openai/whisper tokenizer.py, non_speech_tokens)
/// and every special token but the end of text and the timestamps. Sorted, without doubles.
std::vector<Token> never_sampled(const Vocabulary& vocabulary);
/// Tokens that may not come first: a lone space and the end of text.
std::vector<Token> never_first(const Vocabulary& vocabulary);

}  // namespace zimu::asr
