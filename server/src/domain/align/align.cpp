#include "domain/align.hpp"

#include <algorithm>
#include <unordered_map>

#include <fmt/format.h>

#include "domain/align/match.hpp"
#include "domain/align/sentences.hpp"
#include "domain/align/tokens.hpp"
#include "domain/import/text_encoding.hpp"

namespace zimu::domain {
namespace {

using align::Break;
using align::Token;

constexpr Milliseconds kUnheard{300};        ///< of a word before the first or after the last that was heard
constexpr Milliseconds kCrowded{40};         ///< less time a word than this: the words beside give some of theirs
constexpr Milliseconds kLongestSegment{10'000};
constexpr int kLongestColumns = 160;

struct Heard {
  Milliseconds start{0};
  Milliseconds end{0};
  std::string key;
  float probability = 0;
  const Segment* segment = nullptr;
};
struct Timed {
  Milliseconds start{0};
  Milliseconds end{0};
  float probability = 0;
  int weight = 1;
  const Segment* segment = nullptr;
};

/// The tokens of one stretch of recognised text, its time shared among them.
void hear(std::string_view text, Milliseconds start, Milliseconds end, float probability, const Segment& segment,
          std::vector<Heard>& out) {
  const auto tokens = align::tokens_of(text);
  int total = 0;
  for (const Token& token : tokens) total += align::columns(token.key);
  int done = 0;
  for (const Token& token : tokens) {
    const auto at = [&](int columns) { return start + (end - start) * columns / std::max(1, total); };
    const int width = align::columns(token.key);
    out.push_back({at(done), at(done + width), token.key, probability, &segment});
    done += width;
  }
}

std::vector<Heard> heard_in(const std::vector<Segment>& segments) {
  std::vector<Heard> heard;
  for (const Segment& segment : segments) {
    for (const Word& word : segment.words) hear(word.text, word.start, word.end, word.probability, segment, heard);
    if (segment.words.empty()) hear(segment.text, segment.start, segment.end, 0, segment, heard);
  }
  Milliseconds now{0};
  for (Heard& one : heard) {  // cues of an imported track may overlap: time only goes forward
    one.start = std::max(one.start, now);
    one.end = std::max(one.end, one.start);
    now = one.end;
  }
  return heard;
}

/// Numbers for the words, so that comparing is quick.
std::pair<std::vector<std::uint32_t>, std::vector<std::uint32_t>> numbered(const std::vector<Token>& tokens,
                                                                           const std::vector<Heard>& heard) {
  std::unordered_map<std::string_view, std::uint32_t> ids;
  const auto id_of = [&ids](std::string_view key) {
    return ids.emplace(key, static_cast<std::uint32_t>(ids.size())).first->second;
  };
  std::pair<std::vector<std::uint32_t>, std::vector<std::uint32_t>> out;
  for (const Token& token : tokens) out.first.push_back(id_of(token.key));
  for (const Heard& one : heard) out.second.push_back(id_of(one.key));
  return out;
}

void take(Timed& to, const Heard& from, float probability) {
  to.start = from.start;
  to.end = from.end;
  to.probability = probability;
  to.segment = from.segment;
}

/// Shares a stretch of time among words by their width.
void share(std::vector<Timed>& words, std::size_t begin, std::size_t end, Milliseconds from, Milliseconds to) {
  std::int64_t total = 0;
  for (std::size_t i = begin; i < end; ++i) total += words[i].weight;
  std::int64_t done = 0;
  for (std::size_t i = begin; i < end; ++i) {
    words[i].start = from + (to - from) * done / total;
    done += words[i].weight;
    words[i].end = from + (to - from) * done / total;
  }
}

/// Words [begin, end) of the text stand where words [heard_begin, heard_end) were heard, none of them the same.
void fill(std::vector<Timed>& words, std::size_t begin, std::size_t end, const std::vector<Heard>& heard,
          std::size_t heard_begin, std::size_t heard_end) {
  if (begin == end) return;
  if (end - begin == heard_end - heard_begin) {  // heard otherwise, one for one
    for (std::size_t i = begin; i < end; ++i) take(words[i], heard[heard_begin + (i - begin)], 0);
    return;
  }
  const bool first = begin == 0;
  const bool last = end == words.size();
  const auto count = static_cast<std::int64_t>(end - begin);
  Milliseconds from = first ? Milliseconds{0} : words[begin - 1].end;
  Milliseconds to = last ? from + kUnheard * count : words[end].start;
  if (heard_begin < heard_end) {
    from = heard[heard_begin].start;
    to = heard[heard_end - 1].end;
  } else if (first) {
    from = std::max(Milliseconds{0}, to - kUnheard * count);
  }
  if (to - from < kCrowded * count) {  // no room: the words beside give of theirs
    if (!first) from = words[--begin].start;
    if (!last) to = words[end++].end;
  }
  share(words, begin, end, from, std::max(from, to));
}

std::vector<Timed> timed_words(std::string_view text, const std::vector<Token>& tokens, const std::vector<Heard>& heard,
                               const std::vector<std::pair<std::size_t, std::size_t>>& pairs) {
  std::vector<Timed> words(tokens.size());
  for (std::size_t i = 0; i < tokens.size(); ++i) {
    words[i].weight = align::columns(text.substr(tokens[i].begin, tokens[i].end - tokens[i].begin));
  }
  for (const auto& [i, j] : pairs) take(words[i], heard[j], std::max(heard[j].probability, 0.01F));
  std::size_t i = 0;
  std::size_t j = 0;
  for (std::size_t next = 0; next <= pairs.size(); ++next) {
    const bool end = next == pairs.size();
    fill(words, i, end ? words.size() : pairs[next].first, heard, j, end ? heard.size() : pairs[next].second);
    if (end) break;
    i = pairs[next].first + 1;
    j = pairs[next].second + 1;
  }
  Milliseconds now{0};
  const Segment* speaking = nullptr;
  for (Timed& word : words) {
    word.start = std::max(word.start, now);
    word.end = std::max(word.end, word.start);
    now = word.end;
    if (word.segment == nullptr) word.segment = speaking;
    speaking = word.segment;
  }
  return words;
}

/// The text between two tokens as one blank, or nothing.
std::string lead_of(const std::vector<Token>& tokens, std::size_t i) {
  return i > 0 && tokens[i].begin > tokens[i - 1].end ? std::string(" ") : std::string();
}

class Cutter {
 public:
  Cutter(std::string_view text, const std::vector<Token>& tokens, const std::vector<Timed>& words,
         const std::vector<Break>& breaks)
      : text_(text), tokens_(tokens), words_(words), breaks_(breaks) {}

  std::vector<Segment> all() {
    std::size_t begin = 0;
    for (std::size_t i = 0; i < tokens_.size(); ++i) {
      if (breaks_[i] != Break::kSentence) continue;
      cut(begin, i + 1);
      begin = i + 1;
    }
    return std::move(out_);
  }

 private:
  bool fits(std::size_t begin, std::size_t end) const {
    const auto columns = align::columns(text_.substr(tokens_[begin].begin, tokens_[end - 1].end - tokens_[begin].begin));
    return columns <= kLongestColumns && words_[end - 1].end - words_[begin].start <= kLongestSegment;
  }

  /// The longest beginning that fits, ended at its last clause or else its longest pause in the second half.
  void cut(std::size_t begin, std::size_t end) {
    while (begin < end) {
      std::size_t most = begin + 1;
      while (most < end && fits(begin, most + 1)) ++most;
      std::size_t at = most;
      if (most < end) {
        const std::size_t half = begin + (most - begin) / 2;
        std::size_t pause = most;
        std::size_t clause = 0;
        for (std::size_t i = std::max(half, begin + 1); i <= most; ++i) {
          const auto silence = [&](std::size_t k) { return words_[k].start - words_[k - 1].end; };
          if (breaks_[i - 1] == Break::kClause) clause = i;
          if (i < end && silence(i) > silence(std::min(pause, end - 1))) pause = i;
        }
        at = clause > 0 ? clause : pause;
      }
      add(begin, at);
      begin = at;
    }
  }

  void add(std::size_t begin, std::size_t end) {
    Segment segment;
    segment.index = static_cast<std::int64_t>(out_.size());
    segment.start = words_[begin].start;
    if (!out_.empty()) segment.start = std::max(segment.start, out_.back().end);
    segment.end = std::max(words_[end - 1].end, segment.start + Milliseconds{1});
    for (std::size_t i = begin; i < end; ++i) {
      const std::string word(text_.substr(tokens_[i].begin, tokens_[i].end - tokens_[i].begin));
      const std::string lead = i == begin ? "" : lead_of(tokens_, i);
      const auto start = std::clamp(words_[i].start, segment.start, segment.end);
      segment.words.push_back({start, std::clamp(words_[i].end, start, segment.end), lead + word, words_[i].probability});
      segment.text += lead + word;
      if (segment.speaker.empty() && words_[i].segment != nullptr) segment.speaker = words_[i].segment->speaker;
    }
    out_.push_back(std::move(segment));
  }

  std::string_view text_;
  const std::vector<Token>& tokens_;
  const std::vector<Timed>& words_;
  const std::vector<Break>& breaks_;
  std::vector<Segment> out_;
};

}  // namespace

Result<std::vector<Segment>> align_text(std::string_view bytes, const std::vector<Segment>& timed) {
  if (bytes.size() > kMaxAlignBytes) {
    return fail(ErrorCode::kTooLarge, fmt::format("the text is over {} bytes", kMaxAlignBytes));
  }
  ZIMU_TRY(const std::string text, import::text_of(bytes));
  const auto tokens = align::tokens_of(text);
  if (tokens.empty()) return fail(ErrorCode::kBadMedia, "the text has no words", "send the text that is spoken");
  const auto heard = heard_in(timed);
  if (heard.empty()) {
    return fail(ErrorCode::kBadMedia, "the transcript has no words", "transcribe the recording first");
  }
  if (tokens.size() > kMaxAlignTokens || heard.size() > kMaxAlignTokens) {
    return fail(ErrorCode::kTooLarge, fmt::format("the text or the transcript has more than {} words", kMaxAlignTokens));
  }
  const auto [wanted, given] = numbered(tokens, heard);
  const auto pairs = align::match(wanted, given);
  if (pairs.empty()) {
    return fail(ErrorCode::kBadMedia, "no word of the text was heard in the recording", "is it the text of this recording?");
  }
  const auto words = timed_words(text, tokens, heard, pairs);
  return Cutter(text, tokens, words, align::breaks_after(text, tokens)).all();
}

}  // namespace zimu::domain
