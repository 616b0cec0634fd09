#pragma once
#include <cstddef>
#include <optional>
#include <span>
#include <string_view>

#include "asr/vocabulary.hpp"

namespace zimu::asr {

/// Bytes before / after zlib, as openai/whisper utils.py; 0 for empty text.
float compression_ratio(std::string_view text);

/// A stretch of text tokens that is one unit said over and over.
struct Loop {
  std::size_t first = 0;    ///< index in the token list where the unit stands for the first time
  std::size_t unit_end = 0; ///< index just after its first standing
  int repeats = 0;
};

/// How much repetition makes a loop.
struct LoopRule {
  std::size_t fewest_repeats = 4;
  std::size_t shortest_loop = 20;            ///< text tokens in all, so that short units need more repeats
  std::size_t unit_that_repeats_thrice = 20; ///< units this long need only three repeats
};
constexpr LoopRule kLenient{3, 9, 20};

/// Finds the first loop in `tokens`; timestamps between the repeats do not hide it. Short units must come
/// often, long ones a few times: "no, no, no" is speech, a sentence said four times in a row is not.
std::optional<Loop> find_loop(std::span<const Token> tokens, const SpecialTokens& special, const LoopRule& rule = {});

}  // namespace zimu::asr
