#include "asr/suppress.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <string>
#include <string_view>

namespace zimu::asr {
namespace {

constexpr auto kSymbols = std::to_array<std::string_view>({
    "\"", "#",  "(",   ")",   "*",   "+",  "/",  ":",  ";",   "<",    "=",  ">",  "@",   "[",   "\\", "]",  "^",  "_",
    "`",  "{",  "|",   "}",   "~",   "「", "」", "『", "』",  "<<",   ">>", "<<<", ">>>", "--",  "---", "-(", "-[", "('",
    "(\"", "((", "))", "(((", ")))", "[[", "]]", "{{", "}}",  "♪♪", "♪♪♪", "♩", "♪", "♫", "♬", "♭", "♮", "♯"});

/// Music signs are suppressed by their first piece even where they take several tokens: no other
/// character anybody transcribes starts with it.
bool is_music_sign(std::string_view symbol) {
  constexpr std::size_t kBytesOfOneSign = 3;
  return symbol.size() == kBytesOfOneSign && symbol.substr(0, 2) == "\xe2\x99";
}

void add_symbol(const Vocabulary& vocabulary, std::string_view symbol, std::vector<Token>& out) {
  for (const std::string& spelled : {std::string(symbol), " " + std::string(symbol)}) {
    const std::vector<Token> tokens = vocabulary.encode(spelled);
    if (!tokens.empty() && (tokens.size() == 1 || is_music_sign(symbol))) out.push_back(tokens.front());
  }
}

}  // namespace

std::vector<Token> never_sampled(const Vocabulary& vocabulary) {
  std::vector<Token> out;
  for (const std::string_view symbol : kSymbols) add_symbol(vocabulary, symbol, out);
  // Hyphens and apostrophes are for the inside of words, not for their start.
  for (const std::string_view start : {" -", " '"}) {
    if (const auto tokens = vocabulary.encode(start); !tokens.empty()) out.push_back(tokens.front());
  }
  const SpecialTokens& special = vocabulary.special();
  for (Token token = special.eot + 1; token < special.timestamp_begin; ++token) out.push_back(token);
  std::sort(out.begin(), out.end());
  out.erase(std::unique(out.begin(), out.end()), out.end());
  return out;
}

std::vector<Token> never_first(const Vocabulary& vocabulary) {
  std::vector<Token> out = vocabulary.encode(" ");
  out.push_back(vocabulary.special().eot);
  return out;
}

}  // namespace zimu::asr
