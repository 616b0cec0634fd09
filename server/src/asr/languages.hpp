#pragma once
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "asr/vocabulary.hpp"
#include "base/result.hpp"

namespace zimu::asr {

/// Code of the language whose token is the `number`-th after <|startoftranscript|> (openai/whisper tokenizer.py);
/// empty past the last one.
std::string_view language_code(int number) noexcept;
/// Number of a language; kInvalidArgument when the model does not know it.
Result<int> language_number(const Vocabulary& vocabulary, std::string_view code);

/// Of several; kInvalidArgument when the model does not know one of them.
Result<std::vector<int>> language_numbers(const Vocabulary& vocabulary, std::span<const std::string> codes);

/// How likely each language is, by its number, from the logits that follow <|startoftranscript|>: among those with the
/// numbers `among` (none: all), which add up to 1. Empty for models that know English only.
std::vector<float> language_odds(std::span<const float> row, const SpecialTokens& special, std::span<const int> among);

}  // namespace zimu::asr
