#pragma once
#include <cstddef>
#include <span>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "domain/transcript.hpp"

/// The compact forms of a segment's words and tokens (docs/formats/db-schema.md, "Binary columns"): an hour of speech
/// is about 10,000 words, so they are one value a segment, not one row a word. Pure; thread: any.
namespace zimu::storage {

/// An empty list is an empty blob.
std::vector<std::byte> encode_words(std::span<const domain::Word> words);
std::vector<std::byte> encode_tokens(std::span<const int> tokens);
/// kIo for anything the encoders do not write; never reads past the end and never reserves more than the input holds.
Result<std::vector<domain::Word>> decode_words(std::span<const std::byte> blob);
Result<std::vector<int>> decode_tokens(std::span<const std::byte> blob);

}  // namespace zimu::storage
