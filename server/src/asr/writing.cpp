#include "asr/writing.hpp"

#include <algorithm>
#include <cstddef>
#include <utility>

#include "asr/ladder.hpp"
#include "asr/words.hpp"
#include "base/utf8.hpp"

namespace zimu::asr {
namespace {

/// Kept around audible speech: its softest sounds.
constexpr Milliseconds kEdge{100};

std::vector<Token> part(const std::vector<Token>& tokens, std::size_t first, std::size_t last) {
  return {tokens.begin() + static_cast<std::ptrdiff_t>(first), tokens.begin() + static_cast<std::ptrdiff_t>(last)};
}

/// The model rounds its times, often to whole seconds: moves them to the sound between them.
void tighten(Milliseconds& start, Milliseconds& end, const Loudness& loudness) {
  Milliseconds first = start;
  Milliseconds last = end;
  loudness.shrink_to_audible(first, last);
  start = std::max(start, first - kEdge);
  end = std::min(end, last + kEdge);
}

domain::Segment segment_of(const Heard& heard, const Slice& slice, const Vocabulary& vocabulary) {
  const Decoding& kept = heard.kept;
  std::size_t first = slice.first;
  std::size_t last = slice.last;
  domain::Segment segment;
  segment.text = trim(keep_utf8(vocabulary.decode(part(kept.tokens, first, last))));
  segment.start = slice.start;
  segment.end = slice.end;
  tighten(segment.start, segment.end, heard.loudness);
  segment.avg_logprob = kept.avg_logprob;
  segment.compression_ratio = kept.compression_ratio;
  segment.no_speech_prob = kept.no_speech_prob;
  segment.temperature = kept.temperature;
  // With their timestamps, as openai/whisper lists them.
  if (first > 0 && vocabulary.is_timestamp(kept.tokens[first - 1])) --first;
  if (last < kept.tokens.size() && vocabulary.is_timestamp(kept.tokens[last])) ++last;
  segment.tokens = part(kept.tokens, first, last);
  return segment;
}

/// Fits the words of all segments together, and the segments to them: attention is surer of times than timestamp
/// tokens.
void fit_all_words(std::vector<domain::Segment>& segments, const Heard& heard, bool aligned) {
  std::vector<domain::Word> words;
  for (const auto& segment : segments) words.insert(words.end(), segment.words.begin(), segment.words.end());
  fit_words(words, Milliseconds{0}, heard.length, heard.loudness);
  auto next = words.begin();
  for (auto& segment : segments) {
    const auto last = next + static_cast<std::ptrdiff_t>(segment.words.size());
    segment.words.assign(next, last);
    next = last;
    if (!aligned || segment.words.empty()) continue;
    segment.start = segment.words.front().start;
    segment.end = segment.words.back().end;
  }
}

}  // namespace

bool is_no_speech(const Heard& heard, const Vocabulary& vocabulary) {
  const Milliseconds audible = heard.loudness.audible(Milliseconds{0}, heard.length);
  return is_silence(heard.kept) || says_next_to_nothing(heard.kept, vocabulary, audible);
}

std::vector<domain::Segment> write_segments(const Heard& heard, const Split& split, bool words,
                                            const Alignment& alignment, const Vocabulary& vocabulary) {
  std::vector<domain::Segment> segments;
  for (const Slice& slice : split.slices) {
    domain::Segment segment = segment_of(heard, slice, vocabulary);
    if (!holds_word(segment.text)) continue;
    if (words) segment.words = time_words(heard.kept, slice, alignment, vocabulary);
    segments.push_back(std::move(segment));
  }
  if (words) fit_all_words(segments, heard, !alignment.tokens.empty());
  return segments;
}

}  // namespace zimu::asr
