#include "domain/captions/tokens.hpp"

#include <algorithm>

#include "base/utf8.hpp"
#include "domain/captions/width.hpp"
#include "domain/export_parts.hpp"

namespace zimu::domain::captions {
namespace {

/// A word's place among the bytes that are no blanks, counted over all words of the segment.
struct Span {
  std::size_t begin = 0;
  std::size_t end = 0;
  Milliseconds start{0};
  Milliseconds stop{0};
  float probability = 0;
};

std::string solid(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const Utf8Step step = next_codepoint(text);
    if (!is_blank(step.codepoint)) out += text.substr(0, step.length);
    text.remove_prefix(step.length);
  }
  return out;
}

/// The words of a segment and their text without blanks; one word over all of it where there are none.
struct Spoken {
  std::vector<Span> spans;
  std::string text;
};

Spoken spoken_of(const Segment& segment, const std::string& shown) {
  Spoken out;
  Milliseconds last{0};
  for (const Word& word : segment.words) {
    const std::string text = solid(detail::one_line(word.text));
    if (text.empty()) continue;
    const Milliseconds start = std::max(word.start, last);
    last = std::max(word.end, start);
    out.spans.push_back({out.text.size(), out.text.size() + text.size(), start, last, word.probability});
    out.text += text;
  }
  if (out.spans.empty()) {
    const Milliseconds start = std::max(segment.start, Milliseconds{0});
    out.spans.push_back({0, shown.size(), start, std::max(segment.end, start), 0});
    out.text = shown;
  }
  return out;
}

/// The clock of a segment: which time belongs to which byte of its text. Where somebody edited the text, what is the same
/// at its beginning and its end keeps its words; what is between is spread over the words that it replaced.
class Clock {
 public:
  Clock(const Segment& segment, const std::string& shown) : spoken_(spoken_of(segment, shown)), shown_(shown.size()) {
    const std::string& said = spoken_.text;
    const std::size_t most = std::min(said.size(), shown.size());
    while (head_ < most && said[head_] == shown[head_]) ++head_;
    while (tail_ < most - head_ && said[said.size() - 1 - tail_] == shown[shown_ - 1 - tail_]) ++tail_;
    // Words that were put in take time from those beside them.
    if (head_ + tail_ == said.size() && said.size() < shown_) {
      if (head_ > 0) head_ = span_at(head_ - 1).begin;
      if (tail_ > 0) tail_ = said.size() - span_at(said.size() - tail_).end;
    }
  }
  const Span& at(std::size_t byte) const { return span_at(place(byte)); }
  Milliseconds start(std::size_t byte) const { return inside(at(byte), place(byte)); }
  /// Of the text that ends before `byte`.
  Milliseconds end(std::size_t byte) const { return inside(at(byte - 1), place(byte)); }
  bool begins_word(std::size_t byte) const { return at(byte).begin == place(byte); }

 private:
  const Span& span_at(std::size_t place) const {
    const auto found = std::ranges::upper_bound(spoken_.spans, place, {}, &Span::end);
    return found == spoken_.spans.end() ? spoken_.spans.back() : *found;
  }
  std::size_t place(std::size_t byte) const {
    if (byte <= head_) return byte;
    if (byte + tail_ >= shown_) return byte + spoken_.text.size() - shown_;
    return head_ + (byte - head_) * (spoken_.text.size() - head_ - tail_) / (shown_ - head_ - tail_);
  }
  static Milliseconds inside(const Span& span, std::size_t place) {
    const auto done = static_cast<std::int64_t>(std::clamp(place, span.begin, span.end) - span.begin);
    return span.start + (span.stop - span.start) * done / static_cast<std::int64_t>(span.end - span.begin);
  }
  Spoken spoken_;
  std::size_t shown_;
  std::size_t head_ = 0;
  std::size_t tail_ = 0;
};

bool quote(char32_t c) { return c == '"' || c == '\''; }

/// Whether a line may be broken between two characters that stand together.
bool breakable(char32_t before, char32_t after, bool ambiguous_wide) {
  if (!spaceless(before) && !spaceless(after)) return false;
  if (quote(before) || quote(after) || before == 0x200D || columns_of(after, ambiguous_wide) == 0) return false;
  return !never_ends_line(before) && !never_begins_line(after);
}

struct Piece {
  std::string lead;
  std::string text;
};

/// Whether blanks between the two do not part them: " ?" in French, "« mot".
bool tied(char32_t last, char32_t first) {
  constexpr std::u32string_view kTight = U"?!:;»%,.)]}";
  constexpr std::u32string_view kOpening = U"«¿¡([{";
  return kTight.find(first) != std::u32string_view::npos || kOpening.find(last) != std::u32string_view::npos ||
         (spaceless(first) && never_begins_line(first)) || (spaceless(last) && never_ends_line(last));
}

std::vector<Piece> pieces_of(std::string_view text, bool ambiguous_wide) {
  std::vector<Piece> pieces;
  std::string lead;
  char32_t last = 0;
  while (!text.empty()) {
    const Utf8Step step = next_codepoint(text);
    const std::string_view bytes = text.substr(0, step.length);
    text.remove_prefix(step.length);
    if (is_blank(step.codepoint)) {
      lead += bytes;
      continue;
    }
    const bool together = !pieces.empty() && (lead.empty() ? !breakable(last, step.codepoint, ambiguous_wide)
                                                           : tied(last, step.codepoint));
    if (together) {
      pieces.back().text += lead;
    } else {
      pieces.push_back({lead, {}});
    }
    pieces.back().text += bytes;
    lead.clear();
    last = step.codepoint;
  }
  return pieces;
}

}  // namespace

std::vector<Token> tokens_of(const Transcript& transcript, const CaptionRules& rules) {
  std::vector<const Segment*> ordered;
  for (const Segment& segment : transcript.segments) ordered.push_back(&segment);
  std::ranges::stable_sort(ordered, {}, [](const Segment* s) { return std::max(s->start, Milliseconds{0}); });
  std::vector<Token> tokens;
  Milliseconds last{-1};
  for (const Segment* segment : ordered) {
    const std::string text = detail::one_line(segment->text);
    const std::string shown = solid(text);
    if (shown.empty()) continue;
    const Clock clock(*segment, shown);
    std::size_t at = 0;
    for (Piece& piece : pieces_of(text, rules.wide)) {
      Token token;
      const std::size_t length = solid(piece.text).size();
      token.start = std::max(clock.start(at), last + Milliseconds{1});
      token.end = std::max(clock.end(at + length), token.start);
      token.probability = clock.at(at).probability;
      token.mid_word = at > 0 && piece.lead.empty() && !clock.begins_word(at);
      // Segments are trimmed: between two of them stands a space where the script has spaces.
      token.lead = at == 0 && !tokens.empty() ? " " : std::move(piece.lead);
      token.text = std::move(piece.text);
      token.segment = segment;
      token.columns = columns_of(token.text, rules.wide);
      token.reading = reading_columns(token.text, rules.wide);
      at += length;
      last = token.start;
      tokens.push_back(std::move(token));
    }
  }
  for (std::size_t i = 1; i < tokens.size(); ++i) {
    Token& token = tokens[i];
    tokens[i - 1].end = std::clamp(tokens[i - 1].end, tokens[i - 1].start, token.start);
    if (token.lead.empty()) continue;
    const std::string pair = tokens[i - 1].text + ' ' + token.text;
    token.lead_reading = reading_columns(pair, rules.wide) - tokens[i - 1].reading - token.reading;
    const bool between_segments = token.segment != tokens[i - 1].segment;
    if (between_segments && token.lead_reading == 0) token.lead.clear();
    token.lead_columns = columns_of(token.lead, rules.wide);
  }
  return tokens;
}

}  // namespace zimu::domain::captions
