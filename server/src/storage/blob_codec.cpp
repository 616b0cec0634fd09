#include "storage/blob_codec.hpp"

#include <cstdint>
#include <limits>

#include "storage/blob_parts.hpp"

namespace zimu::storage {
namespace {

constexpr std::byte kVersion{1};
// Smallest word: start, length, probability (4 bytes), text length. Bounds what a count may promise.
constexpr std::size_t kMinWordBytes = 7;

Error damaged(std::string_view what) {
  return {ErrorCode::kIo, std::string("the stored ") + std::string(what) + " of a segment are damaged",
          "restore a backup with: zimu restore FILE"};
}

}  // namespace

std::vector<std::byte> encode_words(std::span<const domain::Word> words) {
  std::vector<std::byte> out;
  if (words.empty()) return out;
  out.push_back(kVersion);
  put_varint(out, words.size());
  std::uint64_t before = 0;
  for (const domain::Word& word : words) {
    const auto start = static_cast<std::uint64_t>(word.start.count());
    put_varint(out, zigzag(start - before));
    put_varint(out, zigzag(static_cast<std::uint64_t>(word.end.count()) - start));
    put_real32(out, word.probability);
    put_bytes(out, std::as_bytes(std::span(word.text.data(), word.text.size())));
    before = start;
  }
  return out;
}

std::vector<std::byte> encode_tokens(std::span<const int> tokens) {
  std::vector<std::byte> out;
  if (tokens.empty()) return out;
  out.push_back(kVersion);
  put_varint(out, tokens.size());
  for (const int token : tokens) put_varint(out, zigzag(static_cast<std::uint64_t>(std::int64_t{token})));
  return out;
}

Result<std::vector<domain::Word>> decode_words(std::span<const std::byte> blob) {
  std::vector<domain::Word> words;
  if (blob.empty()) return words;
  BlobReader reader(blob);
  if (reader.take(1)[0] != kVersion) return std::unexpected(damaged("words"));
  const std::uint64_t count = reader.varint();
  if (reader.failed() || count > reader.left() / kMinWordBytes) return std::unexpected(damaged("words"));
  words.reserve(static_cast<std::size_t>(count));
  std::uint64_t before = 0;
  for (std::uint64_t i = 0; i < count; ++i) {
    domain::Word word;
    const std::uint64_t start = before + unzigzag(reader.varint());
    const std::uint64_t end = start + unzigzag(reader.varint());
    word.start = Milliseconds(static_cast<std::int64_t>(start));
    word.end = Milliseconds(static_cast<std::int64_t>(end));
    word.probability = reader.real32();
    word.text = reader.text();
    if (reader.failed()) return std::unexpected(damaged("words"));
    words.push_back(std::move(word));
    before = start;
  }
  if (reader.left() != 0) return std::unexpected(damaged("words"));
  return words;
}

Result<std::vector<int>> decode_tokens(std::span<const std::byte> blob) {
  std::vector<int> tokens;
  if (blob.empty()) return tokens;
  BlobReader reader(blob);
  if (reader.take(1)[0] != kVersion) return std::unexpected(damaged("tokens"));
  const std::uint64_t count = reader.varint();
  if (reader.failed() || count > reader.left()) return std::unexpected(damaged("tokens"));
  tokens.reserve(static_cast<std::size_t>(count));
  for (std::uint64_t i = 0; i < count; ++i) {
    const auto value = static_cast<std::int64_t>(unzigzag(reader.varint()));
    if (reader.failed() || value < std::numeric_limits<int>::min() || value > std::numeric_limits<int>::max()) {
      return std::unexpected(damaged("tokens"));
    }
    tokens.push_back(static_cast<int>(value));
  }
  if (reader.left() != 0) return std::unexpected(damaged("tokens"));
  return tokens;
}

}  // namespace zimu::storage
