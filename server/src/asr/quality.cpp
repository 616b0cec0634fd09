#include "asr/quality.hpp"

#include <zlib.h>

#include <algorithm>
#include <vector>

namespace zimu::asr {
namespace {

constexpr std::size_t kLongestUnit = 64;  // tokens: about two sentences

std::size_t repeats_at(std::span<const Token> text, std::size_t at, std::size_t unit) {
  std::size_t repeats = 1;
  while (at + (repeats + 1) * unit <= text.size() &&
         std::equal(text.begin() + static_cast<std::ptrdiff_t>(at),
                    text.begin() + static_cast<std::ptrdiff_t>(at + unit),
                    text.begin() + static_cast<std::ptrdiff_t>(at + repeats * unit))) {
    ++repeats;
  }
  return repeats;
}

bool is_loop(const LoopRule& rule, std::size_t unit, std::size_t repeats) {
  if (unit >= rule.unit_that_repeats_thrice) return repeats >= 3;
  return repeats >= rule.fewest_repeats && unit * repeats >= rule.shortest_loop;
}

}  // namespace

float compression_ratio(std::string_view text) {
  if (text.empty()) return 0;
  uLongf size = compressBound(static_cast<uLong>(text.size()));
  std::vector<Bytef> packed(size);
  std::vector<Bytef> plain(text.begin(), text.end());
  if (compress2(packed.data(), &size, plain.data(), static_cast<uLong>(plain.size()), Z_DEFAULT_COMPRESSION) != Z_OK) {
    return 0;
  }
  return static_cast<float>(text.size()) / static_cast<float>(size);
}

std::optional<Loop> find_loop(std::span<const Token> tokens, const SpecialTokens& special, const LoopRule& rule) {
  std::vector<Token> text;
  std::vector<std::size_t> place;  // of each text token in `tokens`
  for (std::size_t i = 0; i < tokens.size(); ++i) {
    if (tokens[i] >= special.eot) continue;
    text.push_back(tokens[i]);
    place.push_back(i);
  }
  for (std::size_t at = 0; at < text.size(); ++at) {
    for (std::size_t unit = 1; unit <= kLongestUnit && at + 3 * unit <= text.size(); ++unit) {
      const std::size_t repeats = repeats_at(text, at, unit);
      if (is_loop(rule, unit, repeats)) {
        return Loop{place[at], place[at + unit - 1] + 1, static_cast<int>(repeats)};
      }
    }
  }
  return std::nullopt;
}

}  // namespace zimu::asr
