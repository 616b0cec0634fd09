#include "domain/import/words.hpp"

#include <algorithm>

#include "domain/export_parts.hpp"

namespace zimu::domain::import {
namespace {

/// Words with the blanks before them.
std::vector<std::string> parted(const std::string& text) {
  std::vector<std::string> words;
  bool in_word = false;
  for (const char c : text) {
    const bool blank = c == ' ' || c == '\n' || c == '\t';
    if (words.empty() || (blank && in_word)) words.emplace_back();
    words.back() += blank ? ' ' : c;
    in_word = !blank;
  }
  if (words.size() > 1 && words.back().find_first_not_of(' ') == std::string::npos) {
    words.pop_back();  // blanks at the end belong to the word that follows
  }
  return words;
}

}  // namespace

std::vector<Word> words_of(const CueText& cue, Milliseconds start, Milliseconds end) {
  if (cue.pieces.size() < 2) return {};
  std::vector<Word> words;
  std::string carried;  // blanks at the end of the piece before
  Milliseconds from = start;
  for (std::size_t i = 0; i < cue.pieces.size(); ++i) {
    const auto& piece = cue.pieces[i];
    if (piece.from) from = std::clamp(*piece.from, from, end);
    const auto next = i + 1 < cue.pieces.size() ? std::clamp(*cue.pieces[i + 1].from, from, end) : end;
    const std::string text = carried + piece.text;
    carried.clear();
    if (text.find_first_not_of(" \n\t") == std::string::npos) {
      carried = text;
      continue;
    }
    const auto last = text.find_last_not_of(" \n\t");
    carried = text.substr(last + 1);
    const auto parts = parted(text.substr(0, last + 1));
    std::size_t length = 0;
    for (const auto& part : parts) length += part.size();
    std::size_t done = 0;
    for (const auto& part : parts) {
      const auto at = [&](std::size_t bytes) {
        return from + (next - from) * static_cast<std::int64_t>(bytes) / static_cast<std::int64_t>(length);
      };
      words.push_back({at(done), at(done + part.size()), part, 1.0F});
      done += part.size();
    }
    from = next;
  }
  std::string all;
  for (const auto& word : words) all += word.text;
  if (detail::one_line(all) != detail::one_line(cue.text)) return {};
  return words;
}

}  // namespace zimu::domain::import
