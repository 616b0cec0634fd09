#pragma once
#include <cstdint>
#include <string_view>
#include <vector>

#include "domain/align/tokens.hpp"

/// Private to domain/.
namespace zimu::domain::align {

enum class Break : std::uint8_t { kNone, kClause, kSentence };

/// What follows each token: a sentence ends with its mark, a blank line, or a line that was not merely wrapped.
std::vector<Break> breaks_after(std::string_view text, const std::vector<Token>& tokens);

}  // namespace zimu::domain::align
