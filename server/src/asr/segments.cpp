#include "asr/segments.hpp"

#include <algorithm>

#include "asr/ladder.hpp"
#include "asr/quality.hpp"
#include "base/utf8.hpp"

namespace zimu::asr {
namespace {

class Splitter {
 public:
  Splitter(const Decoding& decoding, const SpecialTokens& special, Milliseconds audio_length)
      : tokens_(decoding.tokens), special_(special), length_(audio_length) {}

  Split run() {
    for (std::size_t i = 0; i < tokens_.size(); ++i) {
      if (!is_time(i)) continue;
      if (open_) {
        close(i);
      } else {
        open(i);
      }
      // <|a|><|b|>: the second one of a pair opens; a lone one opens and waits for text.
      if (!open_ && i + 1 < tokens_.size() && !is_time(i + 1)) open(i);
    }
    finish();
    return split_;
  }

 private:
  bool is_time(std::size_t i) const { return tokens_[i] >= special_.timestamp_begin; }
  Milliseconds time(std::size_t i) const {
    return Milliseconds((tokens_[i] - special_.timestamp_begin) * kTimestampStepMs);
  }

  void open(std::size_t i) {
    open_ = true;
    start_ = time(i);
    first_ = i + 1;
  }

  void close(std::size_t i) {
    if (i > first_) {
      add(start_, time(i), first_, i);
      split_.spoken_to = std::min(time(i), length_);
      open_ = false;
    } else {
      open(i);  // two times without text between: the later one counts
    }
  }

  void add(Milliseconds start, Milliseconds end, std::size_t first, std::size_t last) {
    written_ = true;
    if (start >= length_) return;
    split_.slices.push_back({start, std::max(start, std::min(end, length_)), first, last});
  }

  void finish() {
    const std::size_t first = open_ ? first_ : (written_ ? tokens_.size() : 0);
    if (first >= tokens_.size()) return;
    if (split_.spoken_to >= kSmallestStep) {
      split_.unfinished = true;
      return;
    }
    // Nothing to go back to: keep the rest up to the end of the audio.
    add(open_ ? start_ : Milliseconds{0}, length_, first, tokens_.size());
    split_.spoken_to = length_;
  }

  const std::vector<Token>& tokens_;
  const SpecialTokens& special_;
  Milliseconds length_;
  Split split_;
  bool open_ = false;
  bool written_ = false;  // some text has found its slice, or lies past the audio
  Milliseconds start_{0};
  std::size_t first_ = 0;
};

/// The text of each segment, that is between timestamps.
std::vector<std::vector<Token>> texts_of(const Decoding& decoding, const Vocabulary& vocabulary) {
  std::vector<std::vector<Token>> texts;
  bool inside = false;
  for (const Token token : decoding.tokens) {
    if (vocabulary.is_text(token)) {
      if (!inside) texts.emplace_back();
      texts.back().push_back(token);
    }
    inside = vocabulary.is_text(token);
  }
  return texts;
}

}  // namespace

bool says_next_to_nothing(const Decoding& kept, const Vocabulary& vocabulary, Milliseconds heard) {
  constexpr Milliseconds kLong{5000};
  // Text tokens in ten audible seconds; speech has 30 and more. The less sure the model, the more is asked for.
  constexpr std::int64_t kUnsureRate = 5;
  constexpr std::int64_t kHopelessRate = 20;
  constexpr std::int64_t kRepeatedRate = 12;
  constexpr float kHopelessLogprob = -1.2F;
  constexpr std::size_t kFewestRepeated = 3;
  if (heard <= kLong) return false;
  auto texts = texts_of(kept, vocabulary);
  std::int64_t tokens = 0;
  for (const auto& text : texts) tokens += static_cast<std::int64_t>(text.size());
  const auto slower_than = [&](std::int64_t rate) { return tokens * 10000 < rate * heard.count(); };
  if (kept.avg_logprob < kMinAvgLogprob && slower_than(kUnsureRate)) return true;
  if (kept.avg_logprob < kHopelessLogprob && slower_than(kHopelessRate)) return true;
  const std::size_t segments = texts.size();
  std::ranges::sort(texts);
  const auto distinct = static_cast<std::size_t>(std::ranges::unique(texts).begin() - texts.begin());
  return segments >= kFewestRepeated && distinct * 2 < segments && slower_than(kRepeatedRate);
}

Split split_at_timestamps(const Decoding& decoding, const SpecialTokens& special, Milliseconds audio_length) {
  return Splitter(decoding, special, audio_length).run();
}

Milliseconds choose_consumed(const Split& split, const Loudness& loudness, Milliseconds audio_length) {
  if (split.slices.empty() || split.spoken_to < kSmallestStep) return audio_length;
  if (audio_length - split.spoken_to <= kWorthAnotherWindow) return audio_length;
  if (loudness.audible(split.spoken_to, audio_length) < kLeastAudible) return audio_length;
  return split.spoken_to;
}

std::string_view trim(std::string_view text) noexcept {
  constexpr std::string_view kSpaces = " \t\r\n\v\f";
  const std::size_t first = text.find_first_not_of(kSpaces);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kSpaces) - first + 1);
}

bool cut_loop(Decoding& decoding, const Vocabulary& vocabulary) {
  auto loop = find_loop(decoding.tokens, vocabulary.special());
  if (!loop && decoding.compression_ratio > kMaxCompressionRatio) {
    loop = find_loop(decoding.tokens, vocabulary.special(), kLenient);
  }
  if (!loop) return false;
  std::size_t end = loop->unit_end;
  // The timestamp that closes the first round stays with it.
  if (end < decoding.tokens.size() && vocabulary.is_timestamp(decoding.tokens[end])) ++end;
  if (!decoding.attention.empty()) decoding.attention.resize(decoding.attention.size() - decoding.tokens.size() + end);
  decoding.tokens.resize(end);
  decoding.logprobs.resize(end);
  decoding.text = keep_utf8(vocabulary.decode(decoding.tokens));
  decoding.compression_ratio = compression_ratio(trim(decoding.text));
  return true;
}

}  // namespace zimu::asr
