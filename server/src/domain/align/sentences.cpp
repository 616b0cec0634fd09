#include "domain/align/sentences.hpp"

#include <algorithm>

#include "base/utf8.hpp"

namespace zimu::domain::align {
namespace {

constexpr int kWrappedFrom = 50;  // columns: a line so long and without a mark at its end was wrapped, not ended
constexpr std::u32string_view kSentenceMarks = U".!?。！？…｡";
constexpr std::u32string_view kClauseMarks = U",;:，、；：—";
constexpr std::u32string_view kClosing = U"\"')]}”’»」』）》〉】";
constexpr std::string_view kAbbreviations = " mr mrs ms dr prof st sr jr vs etc no fig eg ie z.b dr.h.c hr fr nr m mme mlle sra ";

/// The mark at the end of a token, behind which quotes and brackets may close; 0: none.
char32_t last_mark(std::string_view text) {
  char32_t mark = 0;
  while (!text.empty()) {
    const Utf8Step step = next_codepoint(text);
    if (kClosing.find(step.codepoint) == std::u32string_view::npos) mark = step.codepoint;
    text.remove_prefix(step.length);
  }
  return mark;
}

bool starts_lower(std::string_view text) { return !text.empty() && text.front() >= 'a' && text.front() <= 'z'; }

bool is_abbreviation(const Token& token) {
  const bool initial = token.key.size() == 1 && token.key[0] >= 'a' && token.key[0] <= 'z';
  return initial || kAbbreviations.find(" " + token.key + " ") != std::string_view::npos;
}

/// Columns of the line that holds the byte `at`.
int line_columns(std::string_view text, std::size_t at) {
  const auto before = text.substr(0, at).find_last_of('\n');
  const std::size_t begin = before == std::string_view::npos ? 0 : before + 1;
  return columns(text.substr(begin, text.find('\n', at) - begin));
}

bool ends_by_line(std::string_view text, const Token& token, std::size_t next) {
  const std::string_view between = text.substr(token.end, next - token.end);
  const auto line_ends = std::ranges::count(between, '\n');
  return line_ends > 1 || (line_ends == 1 && line_columns(text, token.begin) < kWrappedFrom);
}

}  // namespace

std::vector<Break> breaks_after(std::string_view text, const std::vector<Token>& tokens) {
  std::vector<Break> breaks(tokens.size(), Break::kNone);
  for (std::size_t i = 0; i < tokens.size(); ++i) {
    const Token& token = tokens[i];
    if (i + 1 == tokens.size()) {
      breaks[i] = Break::kSentence;
      continue;
    }
    const char32_t mark = last_mark(text.substr(token.begin, token.end - token.begin));
    const std::string_view follows = text.substr(tokens[i + 1].begin, tokens[i + 1].end - tokens[i + 1].begin);
    const bool full_stop = mark == U'.';
    const bool joined = text.substr(token.end, 1) != "" && tokens[i + 1].begin == token.end;  // "3.5", "z.B."
    if (ends_by_line(text, token, tokens[i + 1].begin)) {
      breaks[i] = Break::kSentence;
    } else if (kSentenceMarks.find(mark) != std::u32string_view::npos) {
      const bool really = !full_stop || (!joined && !starts_lower(follows) && !is_abbreviation(token));
      breaks[i] = really ? Break::kSentence : Break::kNone;
    } else if (kClauseMarks.find(mark) != std::u32string_view::npos) {
      breaks[i] = Break::kClause;
    }
  }
  return breaks;
}

}  // namespace zimu::domain::align
