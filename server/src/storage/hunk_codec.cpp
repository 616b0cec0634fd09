#include "storage/hunk_codec.hpp"

#include <string_view>

#include "storage/blob_codec.hpp"
#include "storage/blob_parts.hpp"

namespace zimu::storage {
namespace {

constexpr std::byte kVersion{1};
// Of a segment and of a hunk: bounds what a count may promise.
constexpr std::size_t kMinSegmentBytes = 22;
constexpr std::size_t kMinHunkBytes = 3;

std::span<const std::byte> bytes_of(std::string_view text) { return std::as_bytes(std::span(text.data(), text.size())); }

void put_segments(std::vector<std::byte>& out, const std::vector<domain::Segment>& segments) {
  put_varint(out, segments.size());
  std::uint64_t before = 0;
  for (const domain::Segment& segment : segments) {
    const auto start = static_cast<std::uint64_t>(segment.start.count());
    put_varint(out, zigzag(start - before));
    put_varint(out, zigzag(static_cast<std::uint64_t>(segment.end.count()) - start));
    put_bytes(out, bytes_of(segment.text));
    put_bytes(out, bytes_of(segment.speaker));
    for (const float value : {segment.avg_logprob, segment.compression_ratio, segment.no_speech_prob, segment.temperature}) {
      put_real32(out, value);
    }
    put_bytes(out, encode_words(segment.words));
    put_bytes(out, encode_tokens(segment.tokens));
    before = start;
  }
}

Error damaged() { return {ErrorCode::kIo, "a stored revision is damaged", "restore a backup with: zimu restore FILE"}; }

Result<std::uint64_t> take_count(BlobReader& reader, std::size_t least_bytes) {
  const std::uint64_t count = reader.varint();
  if (reader.failed() || count > reader.left() / least_bytes) return std::unexpected(damaged());
  return count;
}

/// The number of hunks.
Result<std::uint64_t> take_head(BlobReader& reader) {
  if (const auto version = reader.take(1); version.empty() || version[0] != kVersion) return std::unexpected(damaged());
  return take_count(reader, kMinHunkBytes);
}

Result<std::vector<domain::Segment>> take_segments(BlobReader& reader) {
  ZIMU_TRY(const std::uint64_t count, take_count(reader, kMinSegmentBytes));
  std::vector<domain::Segment> segments;
  segments.reserve(static_cast<std::size_t>(count));
  std::uint64_t before = 0;
  for (std::uint64_t i = 0; i < count; ++i) {
    domain::Segment segment;
    const std::uint64_t start = before + unzigzag(reader.varint());
    segment.start = Milliseconds(static_cast<std::int64_t>(start));
    segment.end = Milliseconds(static_cast<std::int64_t>(start + unzigzag(reader.varint())));
    segment.text = reader.text();
    segment.speaker = reader.text();
    segment.avg_logprob = reader.real32();
    segment.compression_ratio = reader.real32();
    segment.no_speech_prob = reader.real32();
    segment.temperature = reader.real32();
    const auto words = reader.bytes();
    const auto tokens = reader.bytes();
    if (reader.failed()) return std::unexpected(damaged());
    ZIMU_TRY(segment.words, decode_words(words));
    ZIMU_TRY(segment.tokens, decode_tokens(tokens));
    segments.push_back(std::move(segment));
    before = start;
  }
  return segments;
}

/// How many, and of the first one where it begins and its text.
struct Glance {
  std::uint64_t count = 0;
  Milliseconds start{0};
  std::string_view text;
};

std::string_view text_of(std::span<const std::byte> bytes) { return {reinterpret_cast<const char*>(bytes.data()), bytes.size()}; }

Result<Glance> glance_at_segments(BlobReader& reader) {
  Glance glance;
  ZIMU_TRY(glance.count, take_count(reader, kMinSegmentBytes));
  for (std::uint64_t i = 0; i < glance.count; ++i) {
    const std::uint64_t start = unzigzag(reader.varint());  // of the first; of the others the difference
    reader.varint();
    const auto text = reader.bytes();
    reader.bytes();  // the speaker
    for (int value = 0; value < 4; ++value) reader.real32();
    reader.bytes();  // words
    reader.bytes();  // tokens
    if (reader.failed()) return std::unexpected(damaged());
    if (i > 0) continue;
    glance.start = Milliseconds(static_cast<std::int64_t>(start));
    glance.text = text_of(text);
  }
  return glance;
}

}  // namespace

std::vector<std::byte> encode_hunks(std::span<const domain::Hunk> hunks) {
  std::vector<std::byte> out{kVersion};
  put_varint(out, hunks.size());
  for (const domain::Hunk& hunk : hunks) {
    put_varint(out, hunk.at);
    put_segments(out, hunk.removed);
    put_segments(out, hunk.inserted);
  }
  return out;
}

Result<std::vector<domain::Hunk>> decode_hunks(std::span<const std::byte> blob) {
  BlobReader reader(blob);
  ZIMU_TRY(const std::uint64_t count, take_head(reader));
  std::vector<domain::Hunk> hunks;
  hunks.reserve(static_cast<std::size_t>(count));
  for (std::uint64_t i = 0; i < count; ++i) {
    domain::Hunk hunk;
    hunk.at = static_cast<std::size_t>(reader.varint());
    ZIMU_TRY(hunk.removed, take_segments(reader));
    ZIMU_TRY(hunk.inserted, take_segments(reader));
    hunks.push_back(std::move(hunk));
  }
  if (reader.failed() || reader.left() != 0) return std::unexpected(damaged());
  return hunks;
}

Result<domain::RevisionSummary> summarize_hunks(std::span<const std::byte> blob) {
  BlobReader reader(blob);
  ZIMU_TRY(const std::uint64_t count, take_head(reader));
  domain::RevisionSummary summary;
  summary.hunks = static_cast<std::size_t>(count);
  for (std::uint64_t i = 0; i < count; ++i) {
    const std::uint64_t at = reader.varint();
    ZIMU_TRY(const auto removed, glance_at_segments(reader));
    ZIMU_TRY(const auto inserted, glance_at_segments(reader));
    summary.removed += static_cast<std::size_t>(removed.count);
    summary.inserted += static_cast<std::size_t>(inserted.count);
    if (i > 0) continue;
    summary.at = static_cast<std::size_t>(at);
    summary.start = inserted.count > 0 ? inserted.start : removed.start;
    summary.before = removed.text;
    summary.after = inserted.text;
  }
  if (reader.failed() || reader.left() != 0) return std::unexpected(damaged());
  return summary;
}

}  // namespace zimu::storage
