#include "domain/align/tokens.hpp"

#include <algorithm>
#include <cstdint>
#include <optional>

#include "base/utf8.hpp"
#include "domain/captions/width.hpp"

namespace zimu::domain::align {
namespace {

char32_t folded(char32_t c) {
  if (c >= 0xFF01 && c <= 0xFF5E) c -= 0xFEE0;  // full-width
  if (c >= 'A' && c <= 'Z') return c + 0x20;
  if (c >= 0xC0 && c <= 0xDE && c != 0xD7) return c + 0x20;
  if (c >= 0x100 && c <= 0x17F && c != 0x130 && c != 0x131 && c != 0x138 && c != 0x149 && c != 0x178) {
    const bool odd_upper = (c >= 0x139 && c <= 0x148) || (c >= 0x179 && c <= 0x17E);
    return odd_upper ? (c % 2 == 1 ? c + 1 : c) : c | 1U;
  }
  if (c >= 0x391 && c <= 0x3A9) return c + 0x20;
  if (c >= 0x410 && c <= 0x42F) return c + 0x20;
  if (c >= 0x400 && c <= 0x40F) return c + 0x50;
  return c;
}

/// Letters, digits and marks; of what is not ASCII, all but the blocks of signs.
bool is_letter(char32_t c) {
  if (c < 0x80) return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
  if (c < 0xC0) return c == 0xAA || c == 0xB5 || c == 0xBA;
  if (c == 0xD7 || c == 0xF7) return false;
  if (c >= 0x2000 && c <= 0x2BFF) return false;
  if (c >= 0x3000 && c <= 0x303F) return c == 0x3005 || c == 0x3007;  // 々 〇
  if (c == 0x30FB || c == 0x060C || c == 0x061B || c == 0x061F || c == 0x06D4 || c == 0x0964) return false;
  if (c >= 0xFE10 && c <= 0xFE6F) return false;
  return c < 0xFF5F || c > 0xFF65;
}

bool blank_at(std::string_view text, std::size_t at) { return std::string_view(" \t\r\n").find(text[at]) != std::string_view::npos; }

}  // namespace

int columns(std::string_view text) { return std::max(1, captions::columns_of(text, true)); }

std::vector<Token> tokens_of(std::string_view text) {
  std::vector<Token> tokens;
  std::optional<std::size_t> waiting;  // punctuation before the first token
  bool open = false;                   // the last token still grows
  bool new_line = false;               // since the last token
  for (std::size_t at = 0; at < text.size();) {
    const Utf8Step step = next_codepoint(text.substr(at));
    const std::size_t next = at + step.length;
    const char32_t c = folded(step.codepoint);
    const bool blank = captions::is_blank(step.codepoint) || c == '\n' || c == '\r' || c == '\t' || c == 0xA0;
    if (blank) {
      open = false;
      new_line = new_line || c == '\n';
    } else if (!is_letter(c)) {
      const bool after_blank = at > 0 && blank_at(text, at - 1);
      const bool opens = captions::never_ends_line(step.codepoint) || (after_blank && next < text.size() && !blank_at(text, next));
      if (tokens.empty() || waiting || new_line || (!open && opens)) {
        waiting = waiting.value_or(at);  // it goes with the word that follows
      } else {
        tokens.back().end = next;
      }
    } else {
      const bool alone = captions::spaceless(step.codepoint);
      if (!open || alone || waiting) {
        tokens.push_back({waiting.value_or(at), next, ""});
        waiting.reset();
      }
      tokens.back().end = next;
      tokens.back().key += c == step.codepoint ? std::string(text.substr(at, step.length)) : std::string();
      if (c != step.codepoint) {
        const auto put = [&](std::uint32_t byte) { tokens.back().key += static_cast<char>(static_cast<unsigned char>(byte)); };
        if (c < 0x80) {
          put(c);
        } else {  // the folds above stay below U+0800
          put(0xC0U | c >> 6U);
          put(0x80U | (c & 0x3FU));
        }
      }
      open = !alone;
      new_line = false;
    }
    at = next;
  }
  if (waiting && !tokens.empty()) tokens.back().end = text.find_last_not_of(" \t\r\n") + 1;
  return tokens;
}

}  // namespace zimu::domain::align
