#pragma once
#include <cstddef>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"

namespace zimu::models {

/// The raw bytes behind a token in GPT-2's printable spelling ("Ġthe" → " the"). kModelInvalid for a character
/// outside its alphabet of 256.
Result<std::string> bytes_of_token(std::string_view spelling);

/// Parsers of each vocabulary file; each gives the raw bytes of ids 0 … `text_tokens` - 1 and checks that
/// `<|endoftext|>` comes next where the file lists it. Safe on any bytes.
Result<std::vector<std::string>> parse_vocabulary_txt(std::string_view text, std::size_t text_tokens);
/// CTranslate2's vocabulary.json (a list), Hugging Face's vocab.json (an object) or tokenizer.json (`model.vocab`).
Result<std::vector<std::string>> parse_vocabulary_json(std::string_view text, std::size_t text_tokens);

/// The first of vocabulary.txt, vocabulary.json, vocab.json, tokenizer.json that the folder has.
Result<std::vector<std::string>> read_vocabulary(const std::filesystem::path& folder, std::size_t text_tokens);

}  // namespace zimu::models
