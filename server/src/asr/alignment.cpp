#include "asr/alignment.hpp"

#include <bit>
#include <cmath>
#include <memory>
#include <string>
#include <utility>

#include "asr/alignment_matrix.hpp"
#include "asr/words.hpp"

namespace zimu::asr {

AttentionRow pack_attention(std::span<const float> softmaxed, std::size_t heads, std::size_t frames) {
  constexpr float kLeastSum = 1e-20F;
  constexpr std::uint32_t kHalfOfLastPlace = 0x8000;
  constexpr unsigned kHalf = 16;
  const std::size_t context = softmaxed.size() / heads;
  AttentionRow row;
  row.frames = frames;
  row.weights.resize(heads * frames);
  for (std::size_t head = 0; head < heads; ++head) {
    const float* from = softmaxed.data() + head * context;
    std::uint16_t* to = row.weights.data() + head * frames;
    float sum = 0;
#pragma omp simd reduction(+ : sum)
    for (std::size_t f = 0; f < frames; ++f) sum += from[f];
    const float scale = 1 / (sum > kLeastSum ? sum : kLeastSum);
    for (std::size_t f = 0; f < frames; ++f) {
      to[f] = static_cast<std::uint16_t>((std::bit_cast<std::uint32_t>(from[f] * scale) + kHalfOfLastPlace) >> kHalf);
    }
  }
  return row;
}

Alignment align(const Decoding& decoding, const Vocabulary& vocabulary) {
  Alignment alignment;
  if (decoding.tokens.empty() || decoding.attention.size() <= decoding.tokens.size()) return alignment;
  // The row of the prompt's last token chose the first one; the last token's row chose the end of the text.
  const std::size_t first = decoding.attention.size() - decoding.tokens.size() - 1;
  const std::size_t frames = decoding.attention.front()->frames;
  const std::vector<float> matrix = alignment_matrix(decoding.attention);
  const auto starts = row_starts(std::span(matrix).subspan(first * frames), decoding.tokens.size() + 1, frames);
  const auto time = [](std::size_t frame) { return Milliseconds(static_cast<std::int64_t>(frame) * kTimestampStepMs); };
  for (std::size_t i = 0; i < decoding.tokens.size(); ++i) {
    if (!vocabulary.is_text(decoding.tokens[i])) continue;
    alignment.tokens.push_back(decoding.tokens[i]);
    alignment.starts.push_back(time(starts[i]));
    alignment.ends.push_back(time(starts[i + 1]));
  }
  return alignment;
}

std::vector<domain::Word> time_words(const Decoding& decoding, const Slice& slice, const Alignment& alignment,
                                     const Vocabulary& vocabulary) {
  std::size_t text_index = 0;  // of the slice's first token among the text tokens
  for (std::size_t i = 0; i < slice.first; ++i) text_index += vocabulary.is_text(decoding.tokens[i]) ? 1 : 0;
  std::vector<TimedPiece> pieces;
  bool aligned = true;
  for (std::size_t i = slice.first; i < slice.last; ++i) {
    if (!vocabulary.is_text(decoding.tokens[i])) continue;
    TimedPiece piece{std::string(vocabulary.piece(decoding.tokens[i])), slice.start, slice.end,
                     std::exp(decoding.logprobs[i])};
    aligned = aligned && text_index < alignment.ends.size();
    if (aligned) {
      piece.start = alignment.starts[text_index];
      piece.end = alignment.ends[text_index];
    }
    ++text_index;
    pieces.push_back(std::move(piece));
  }
  if (!aligned) spread_evenly(pieces, slice.start, slice.end);
  return group_words(pieces);
}

}  // namespace zimu::asr
