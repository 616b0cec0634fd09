#pragma once
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "asr/sampler.hpp"
#include "asr/segments.hpp"
#include "asr/vocabulary.hpp"
#include "base/time.hpp"
#include "domain/transcript.hpp"

namespace zimu::asr {

/// Where the alignment heads look in the audio while the token after one row is chosen: [heads][frames], the upper
/// halves of floats, of which each head's sum is 1. Only frames of 20 ms that hold audio.
struct AttentionRow {
  std::size_t frames = 0;
  std::vector<std::uint16_t> weights;
  std::size_t heads() const noexcept { return frames == 0 ? 0 : weights.size() / frames; }
};

/// `softmaxed`: [heads][context], over all the 30 seconds. The audio is the first `frames` of them.
AttentionRow pack_attention(std::span<const float> softmaxed, std::size_t heads, std::size_t frames);

/// When each text token of a window was spoken.
struct Alignment {
  std::vector<Token> tokens;         ///< text only
  std::vector<Milliseconds> starts;  ///< one per token
  std::vector<Milliseconds> ends;
};

/// From the attention that was noted in `decoding` (openai/whisper timing.py): what moves with the text counts, and
/// dynamic time warping finds the way. Empty when nothing was noted.
Alignment align(const Decoding& decoding, const Vocabulary& vocabulary);

/// The words of one slice, to be fitted. Tokens the alignment does not know share the slice's time evenly.
std::vector<domain::Word> time_words(const Decoding& decoding, const Slice& slice, const Alignment& alignment,
                                     const Vocabulary& vocabulary);

}  // namespace zimu::asr
