#include "domain/edit/retime.hpp"

#include <algorithm>
#include <optional>
#include <string>

#include "base/utf8.hpp"
#include "domain/captions/width.hpp"

namespace zimu::domain {
namespace {

// Above, only what is the same at both ends keeps its times.
constexpr std::size_t kMostCells = 4'000'000;

/// A word where words are kept apart by blanks, else one character.
struct Atom {
  std::string_view lead;  ///< the blanks before it
  std::string_view text;
  std::size_t letters = 0;
  Milliseconds start{0};
  Milliseconds end{0};
  float probability = 1;
  std::size_t word = 0;   ///< of the old ones: the word that it is a part of
};

std::vector<Atom> atoms_of(std::string_view text) {
  std::vector<Atom> atoms;
  std::size_t lead = 0, begin = 0, letters = 0;
  bool open = false;
  const auto close = [&](std::size_t end) {
    if (open) atoms.push_back({text.substr(lead, begin - lead), text.substr(begin, end - begin), letters});
    if (open) lead = end;
    open = false;
  };
  for (std::size_t at = 0; at < text.size();) {
    const Utf8Step step = next_codepoint(text.substr(at));
    if (captions::is_blank(step.codepoint) || step.codepoint == '\n') {
      close(at);
    } else {
      // A mark that stands on the letter before, or a sign that may not begin a line, stays with it.
      const bool tied = open && (captions::columns_of(step.codepoint, true) == 0 || captions::never_begins_line(step.codepoint));
      if (!tied && open && (captions::spaceless(step.codepoint) || captions::spaceless(next_codepoint(text.substr(begin)).codepoint))) {
        close(at);
      }
      if (!open) begin = at, letters = 0, open = true;
      ++letters;
    }
    at += step.length;
  }
  close(text.size());
  return atoms;
}

/// Shares [start, end) out by letters.
void spread(std::vector<Atom>& atoms, std::size_t from, std::size_t to, Milliseconds start, Milliseconds end) {
  std::size_t letters = 0;
  for (std::size_t i = from; i < to; ++i) letters += atoms[i].letters;
  const auto length = std::max<std::int64_t>((end - start).count(), 0);
  std::size_t before = 0;
  for (std::size_t i = from; i < to; ++i) {
    atoms[i].start = start + Milliseconds(length * static_cast<std::int64_t>(before) / static_cast<std::int64_t>(letters));
    before += atoms[i].letters;
    atoms[i].end = start + Milliseconds(length * static_cast<std::int64_t>(before) / static_cast<std::int64_t>(letters));
  }
}

std::vector<Atom> old_atoms(const std::vector<Word>& words) {
  std::vector<Atom> all;
  for (std::size_t i = 0; i < words.size(); ++i) {
    auto atoms = atoms_of(words[i].text);
    if (atoms.empty()) continue;
    spread(atoms, 0, atoms.size(), words[i].start, words[i].end);
    for (Atom& atom : atoms) {
      atom.probability = words[i].probability;
      atom.word = i;
      all.push_back(atom);
    }
  }
  return all;
}

/// For each new atom the old one that it still is.
std::vector<std::optional<std::size_t>> matches(const std::vector<Atom>& before, const std::vector<Atom>& after) {
  std::vector<std::optional<std::size_t>> out(after.size());
  std::size_t begin = 0, before_end = before.size(), after_end = after.size();
  for (; begin < before_end && begin < after_end && before[begin].text == after[begin].text; ++begin) out[begin] = begin;
  while (before_end > begin && after_end > begin && before[before_end - 1].text == after[after_end - 1].text) {
    out[--after_end] = --before_end;
  }
  const std::size_t rows = before_end - begin, columns = after_end - begin;
  if (rows == 0 || columns == 0 || rows * columns > kMostCells) return out;
  std::vector<std::uint32_t> common((rows + 1) * (columns + 1));
  const auto cell = [&](std::size_t i, std::size_t j) -> std::uint32_t& { return common[i * (columns + 1) + j]; };
  for (std::size_t i = rows; i-- > 0;) {
    for (std::size_t j = columns; j-- > 0;) {
      cell(i, j) = before[begin + i].text == after[begin + j].text ? cell(i + 1, j + 1) + 1
                                                                   : std::max(cell(i + 1, j), cell(i, j + 1));
    }
  }
  for (std::size_t i = 0, j = 0; i < rows && j < columns;) {
    if (before[begin + i].text == after[begin + j].text) {
      out[begin + j++] = begin + i++;
    } else if (cell(i + 1, j) >= cell(i, j + 1)) {
      ++i;
    } else {
      ++j;
    }
  }
  return out;
}

/// Gives the new atoms between two that are still there the time of what was between those.
void fill_gap(const std::vector<Atom>& before, std::vector<Atom>& after, std::size_t from, std::size_t to, std::size_t old_from,
              std::size_t old_to, const Segment& segment) {
  Milliseconds start = from == 0 ? segment.start : after[from - 1].end;
  Milliseconds end = to == after.size() ? segment.end : after[to].start;
  if (old_from < old_to) {
    start = before[old_from].start;
    end = before[old_to - 1].end;
  }
  spread(after, from, to, start, end);
}

Word word_of(const Atom& atom) {
  return {atom.start, atom.end, std::string(atom.lead) + std::string(atom.text), atom.probability};
}

/// All atoms of an old word in a row are that word again.
std::vector<Word> join(const std::vector<Atom>& after, const std::vector<std::optional<std::size_t>>& match,
                       const std::vector<Atom>& before, const std::vector<Word>& words) {
  std::vector<Word> out;
  for (std::size_t j = 0; j < after.size();) {
    Word word = word_of(after[j]);
    std::size_t next = j + 1;
    const bool begins = match[j] && (*match[j] == 0 || before[*match[j] - 1].word != before[*match[j]].word);
    if (begins) {
      const std::size_t old = before[*match[j]].word;
      std::size_t i = *match[j] + 1;
      std::string text = word.text;
      while (i < before.size() && before[i].word == old && next < after.size() && match[next] == i) {
        text += std::string(after[next].lead) + std::string(after[next].text);
        ++i, ++next;
      }
      if (i == before.size() || before[i].word != old) {
        word = {words[old].start, words[old].end, text, words[old].probability};
      } else {
        next = j + 1;
      }
    }
    out.push_back(std::move(word));
    j = next;
  }
  return out;
}

}  // namespace

std::vector<Word> spread_words(Milliseconds start, Milliseconds end, std::string_view text) {
  auto atoms = atoms_of(text);
  if (atoms.empty()) return {};
  spread(atoms, 0, atoms.size(), start, end);
  std::vector<Word> words;
  for (const Atom& atom : atoms) words.push_back(word_of(atom));
  return words;
}

std::vector<Word> retime_words(const Segment& segment, std::string_view text) {
  if (segment.words.empty()) return {};
  const auto before = old_atoms(segment.words);
  auto after = atoms_of(text);
  const auto match = matches(before, after);
  for (std::size_t j = 0; j < after.size(); ++j) {
    if (!match[j]) continue;
    after[j].start = before[*match[j]].start;
    after[j].end = before[*match[j]].end;
    after[j].probability = before[*match[j]].probability;
  }
  for (std::size_t j = 0, old_from = 0; j < after.size();) {
    if (match[j]) {
      old_from = *match[j++] + 1;
      continue;
    }
    std::size_t to = j;
    while (to < after.size() && !match[to]) ++to;
    fill_gap(before, after, j, to, old_from, to == after.size() ? before.size() : *match[to], segment);
    j = to;
  }
  auto words = join(after, match, before, segment.words);
  // Where words overlapped, a part of one may lie behind the next.
  Milliseconds at = segment.start;
  for (Word& word : words) {
    at = word.start = std::max(word.start, at);
    word.end = std::max(word.end, word.start);
  }
  const std::string_view first = segment.words.front().text;
  if (!words.empty() && first.starts_with(' ') && !words.front().text.starts_with(' ')) words.front().text.insert(0, 1, ' ');
  return words;
}

}  // namespace zimu::domain
