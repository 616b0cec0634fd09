#include "storage/blob_codec.hpp"

#include <bit>
#include <cstdint>
#include <limits>

namespace zimu::storage {
namespace {

constexpr std::byte kVersion{1};
// Smallest word: start, length, probability (4 bytes), text length. Bounds what a count may promise.
constexpr std::size_t kMinWordBytes = 7;

// Differences wrap around in unsigned arithmetic, so that every pair of times can be written and read back.
std::uint64_t zigzag(std::uint64_t value) {
  return (value << 1U) ^ (0U - (value >> 63U));
}
std::uint64_t unzigzag(std::uint64_t value) {
  return (value >> 1U) ^ (0U - (value & 1U));
}

void put_varint(std::vector<std::byte>& out, std::uint64_t value) {
  while (value >= 0x80) {
    out.push_back(static_cast<std::byte>((value & 0x7fU) | 0x80U));
    value >>= 7U;
  }
  out.push_back(static_cast<std::byte>(value));
}

class Reader {
 public:
  explicit Reader(std::span<const std::byte> bytes) : rest_(bytes) {}
  std::size_t left() const { return rest_.size(); }
  bool failed() const { return failed_; }

  std::span<const std::byte> take(std::uint64_t count) {
    if (count > rest_.size()) {
      failed_ = true;
      return {};
    }
    const auto taken = rest_.first(static_cast<std::size_t>(count));
    rest_ = rest_.subspan(static_cast<std::size_t>(count));
    return taken;
  }

  std::uint64_t varint() {
    std::uint64_t value = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
      const auto byte = take(1);
      if (byte.empty()) return 0;
      const auto bits = std::to_integer<std::uint64_t>(byte[0]);
      value |= (bits & 0x7fU) << shift;
      if ((bits & 0x80U) == 0) return value;
    }
    failed_ = true;
    return 0;
  }

  float real32() {
    const auto bytes = take(4);
    if (bytes.empty()) return 0;
    std::uint32_t bits = 0;
    for (unsigned i = 0; i < 4; ++i) bits |= std::to_integer<std::uint32_t>(bytes[i]) << (8U * i);
    return std::bit_cast<float>(bits);
  }

 private:
  std::span<const std::byte> rest_;
  bool failed_ = false;
};

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
    const auto bits = std::bit_cast<std::uint32_t>(word.probability);
    for (unsigned i = 0; i < 4; ++i) out.push_back(static_cast<std::byte>(bits >> (8U * i)));
    put_varint(out, word.text.size());
    const auto text = std::as_bytes(std::span(word.text.data(), word.text.size()));
    out.insert(out.end(), text.begin(), text.end());
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
  Reader reader(blob);
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
    const auto text = reader.take(reader.varint());
    if (reader.failed()) return std::unexpected(damaged("words"));
    word.text.assign(reinterpret_cast<const char*>(text.data()), text.size());
    words.push_back(std::move(word));
    before = start;
  }
  if (reader.left() != 0) return std::unexpected(damaged("words"));
  return words;
}

Result<std::vector<int>> decode_tokens(std::span<const std::byte> blob) {
  std::vector<int> tokens;
  if (blob.empty()) return tokens;
  Reader reader(blob);
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
