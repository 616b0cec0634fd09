#include "asr/words.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "base/utf8.hpp"

namespace zimu::asr {
namespace {

constexpr Milliseconds kLongestWord{2000};
constexpr Milliseconds kShortestWord{40};

bool in(char32_t c, char32_t first, char32_t last) { return c >= first && c <= last; }

/// Characters that are words by themselves for timing: Han, kana, bopomofo.
bool is_ideograph(char32_t c) {
  return in(c, 0x3040, 0x312F) || in(c, 0x31A0, 0x31FF) || in(c, 0x3400, 0x4DBF) || in(c, 0x4E00, 0x9FFF) ||
         in(c, 0xF900, 0xFAFF) || in(c, 0xFF66, 0xFF9F) || in(c, 0x20000, 0x323AF) || c == 0x3005 || c == 0x3007;
}

/// Thai, Lao, Myanmar, Khmer: no spaces, and characters that must not be torn from each other.
bool is_unspaced_script(char32_t c) {
  return in(c, 0x0E00, 0x0EFF) || in(c, 0x1000, 0x109F) || in(c, 0x1780, 0x17FF);
}

bool is_opening(char32_t c) {
  constexpr std::u32string_view kOpening = U"([{¿¡“‘«‹「『（《〈【〔［｛";
  return kOpening.find(c) != std::u32string_view::npos;
}

bool is_punctuation(char32_t c) {
  if (c < 0x80) return !((c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c <= ' ');
  return in(c, 0x2010, 0x205E) || in(c, 0x3001, 0x3003) || in(c, 0x3008, 0x301F) || in(c, 0xFF01, 0xFF0F) ||
         in(c, 0xFF1A, 0xFF20) || in(c, 0xFF3B, 0xFF40) || in(c, 0xFF5B, 0xFF65) || c == 0x30FC || c == 0x00BB;
}

/// One character of the segment with the piece it began in and its share of that piece's time.
struct Letter {
  std::string bytes;
  char32_t codepoint = 0;
  std::size_t piece = 0;
  bool begins_piece = false;
  Milliseconds start{0};
  Milliseconds end{0};
};

Milliseconds inside(const TimedPiece& piece, std::size_t byte) {
  const auto size = static_cast<std::int64_t>(piece.bytes.size());
  return piece.start + (piece.end - piece.start) * static_cast<std::int64_t>(byte) / std::max<std::int64_t>(size, 1);
}

std::vector<Letter> spell(const std::vector<TimedPiece>& pieces) {
  std::string all;
  std::vector<std::pair<std::size_t, std::size_t>> origin;  // per byte: piece, byte in it
  for (std::size_t p = 0; p < pieces.size(); ++p) {
    for (std::size_t b = 0; b < pieces[p].bytes.size(); ++b) origin.emplace_back(p, b);
    all += pieces[p].bytes;
  }
  std::vector<Letter> letters;
  for (std::size_t at = 0; at < all.size();) {
    const Utf8Step step = next_codepoint(std::string_view(all).substr(at));
    if (step.valid) {
      const auto [first_piece, first_byte] = origin[at];
      const auto [last_piece, last_byte] = origin[at + step.length - 1];
      letters.push_back({all.substr(at, step.length), step.codepoint, first_piece, first_byte == 0,
                         inside(pieces[first_piece], first_byte), inside(pieces[last_piece], last_byte + 1)});
    }
    at += step.length;
  }
  return letters;
}

bool is_space(char32_t c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

/// Leaves one leading space at most and no trailing one.
void trim_letters(std::vector<Letter>& letters) {
  while (!letters.empty() && is_space(letters.back().codepoint)) letters.pop_back();
  std::size_t spaces = 0;
  while (spaces < letters.size() && is_space(letters[spaces].codepoint)) ++spaces;
  if (spaces > 1) letters.erase(letters.begin(), letters.begin() + static_cast<std::ptrdiff_t>(spaces) - 1);
}

bool begins_word(const Letter* before, const Letter& letter, bool word_has_body) {
  if (before == nullptr) return true;
  if (is_space(letter.codepoint)) return !is_space(before->codepoint);
  if (!word_has_body) return false;  // spaces and opening brackets wait for their word
  if (is_opening(letter.codepoint)) {
    return is_ideograph(before->codepoint) || is_punctuation(before->codepoint) || letter.codepoint >= 0x3000;
  }
  if (is_punctuation(letter.codepoint)) return false;
  if (is_ideograph(letter.codepoint) || is_ideograph(before->codepoint)) return true;
  // After 「，」 and its like no space follows; after a hyphen or an apostrophe the word goes on.
  if (is_punctuation(before->codepoint) && before->codepoint >= 0x3000) return true;
  return is_unspaced_script(letter.codepoint) && letter.begins_piece;
}

}  // namespace

std::vector<domain::Word> group_words(const std::vector<TimedPiece>& pieces) {
  std::vector<Letter> letters = spell(pieces);
  trim_letters(letters);
  std::vector<domain::Word> words;
  std::size_t probabilities = 0;
  bool has_body = false;
  for (std::size_t i = 0; i < letters.size(); ++i) {
    const Letter& letter = letters[i];
    const bool begins = begins_word(i == 0 ? nullptr : &letters[i - 1], letter, has_body);
    if (begins) {
      words.push_back({letter.start, letter.end, "", 0});
      probabilities = 0;
      has_body = false;
    }
    domain::Word& word = words.back();
    word.text += letter.bytes;
    // Trailing punctuation is not spoken: it does not make the word longer.
    if (!has_body || !is_punctuation(letter.codepoint)) word.end = letter.end;
    if (!is_space(letter.codepoint) && !is_opening(letter.codepoint)) has_body = true;
    if (begins || letters[i - 1].piece != letter.piece) {
      ++probabilities;
      word.probability += (pieces[letter.piece].probability - word.probability) / static_cast<float>(probabilities);
    }
  }
  return words;
}

namespace {

/// Where there is a pause between two words, or before the first one, the border belongs there: attention gives
/// pauses, and sometimes the sound at their edges, to a word or a comma beside them.
void snap_to_pauses(std::vector<domain::Word>& words, Milliseconds start, Milliseconds end, const Loudness& loudness) {
  constexpr Milliseconds kPause{150};
  for (std::size_t i = 0; i <= words.size() && !words.empty(); ++i) {
    domain::Word* before = i > 0 ? &words[i - 1] : nullptr;
    domain::Word* after = i < words.size() ? &words[i] : nullptr;
    const Milliseconds from = before != nullptr ? before->start + kShortestWord : start;
    const Milliseconds to = after != nullptr ? after->end - kShortestWord : end;
    const auto pause = loudness.longest_pause(from, to, kPause);
    if (!pause) continue;
    // A pause that touches a word's core says nothing about the border.
    if (before != nullptr && pause->first > from) before->end = pause->first;
    if (after != nullptr && pause->second < to) after->start = pause->second;
  }
}

/// Alignment sometimes stays on one word and rushes through the next ones: these share their time by characters.
void share_time(std::vector<domain::Word>& words) {
  constexpr Milliseconds kRushed{60};
  constexpr Milliseconds kSlow{250};
  for (std::size_t first = 0; first + 1 < words.size(); ++first) {
    std::size_t last = first;
    while (last + 1 < words.size() && words[last + 1].start == words[last].end &&
           words[last + 1].end - words[last + 1].start <= kRushed) {
      ++last;
    }
    if (last == first || words[first].end - words[first].start < kSlow) continue;
    std::int64_t total = 0;
    for (std::size_t i = first; i <= last; ++i) total += static_cast<std::int64_t>(words[i].text.size());
    const Milliseconds start = words[first].start;
    const Milliseconds time = words[last].end - start;
    std::int64_t before = 0;
    for (std::size_t i = first; i <= last; ++i) {
      words[i].start = start + time * before / total;
      before += static_cast<std::int64_t>(words[i].text.size());
      words[i].end = start + time * before / total;
    }
    first = last;
  }
}

}  // namespace

bool holds_word(std::string_view text) {
  while (!text.empty()) {
    const Utf8Step step = next_codepoint(text);
    if (step.valid && !is_space(step.codepoint) && !is_punctuation(step.codepoint)) return true;
    text.remove_prefix(step.length);
  }
  return false;
}

void fit_words(std::vector<domain::Word>& words, Milliseconds start, Milliseconds end, const Loudness& loudness) {
  snap_to_pauses(words, start, end, loudness);
  Milliseconds earliest = start;
  for (domain::Word& word : words) {
    word.start = std::clamp(word.start, earliest, end);
    word.end = std::clamp(word.end, word.start, end);
    loudness.shrink_to_audible(word.start, word.end);
    if (word.end - word.start > kLongestWord) word.start = word.end - kLongestWord;
    if (word.end - word.start < kShortestWord) word.end = std::min(word.start + kShortestWord, end);
    earliest = word.end;
  }
  // Words that alignment puts past the end find room before it.
  Milliseconds latest = end;
  for (auto word = words.rbegin(); word != words.rend(); ++word) {
    word->end = std::min(word->end, latest);
    word->start = std::max(std::min(word->start, word->end - kShortestWord), start);
    latest = word->start;
  }
  share_time(words);
}

void spread_evenly(std::vector<TimedPiece>& pieces, Milliseconds start, Milliseconds end) {
  std::int64_t total = 0;
  for (const TimedPiece& piece : pieces) total += static_cast<std::int64_t>(piece.bytes.size());
  std::int64_t before = 0;
  for (TimedPiece& piece : pieces) {
    piece.start = start + (end - start) * before / std::max<std::int64_t>(total, 1);
    before += static_cast<std::int64_t>(piece.bytes.size());
    piece.end = start + (end - start) * before / std::max<std::int64_t>(total, 1);
  }
}

}  // namespace zimu::asr
