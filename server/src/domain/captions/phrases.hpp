#pragma once
#include <string_view>
#include <vector>

#include "domain/captions/tokens.hpp"

namespace zimu::domain::captions {

/// What it costs a reader when a line ends after a token. Below 0: a good place.
inline constexpr int kNeverBreak = 100'000;  ///< article|noun, title|name: only where nothing else fits
inline constexpr int kSentenceEnd = -60;

/// One value for every token: of a line end after it. `language` is an ISO 639-1 code; without word lists for it,
/// punctuation, names, numbers and pauses still count.
std::vector<int> break_costs(const std::vector<Token>& tokens, std::string_view language);
/// Ends with . ! ? … or their full-width forms, quotes and brackets after them aside.
bool ends_sentence(std::string_view text) noexcept;

}  // namespace zimu::domain::captions
