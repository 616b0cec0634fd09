#include "asr/model_file.hpp"

#include <fcntl.h>
#include <fmt/core.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstddef>
#include <ggml.h>

#include "base/file.hpp"

namespace zimu::asr {
namespace {

constexpr std::uint32_t kMagic = 0x67676d6c;  // "ggml"
constexpr std::int32_t kMaxVocabulary = 1 << 20;
constexpr std::int32_t kMaxWidth = 1 << 14;
constexpr std::int32_t kMaxLayers = 256;
constexpr std::uint32_t kMaxPieceBytes = 4096;
constexpr std::int32_t kMaxTensorName = 256;
constexpr int kMaxTensors = 1 << 16;
constexpr int kMaxDimensions = 4;
constexpr int kOtherTensors = 11;
constexpr int kEncoderTensors = 15;  // in each layer
constexpr int kDecoderTensors = 24;
constexpr std::int32_t kSmallestVocabulary = 51864;  // the English-only models

/// Sequential reads with a position; `ok` turns false at the first read past the end and stays so.
class Reader {
 public:
  Reader(int fd, std::uint64_t size) : fd_(fd), size_(size) {}

  template <class T>
  T number() {
    T value{};
    read(&value, sizeof value);
    return value;
  }
  void read(void* into, std::size_t bytes) {
    if (!fits(bytes)) return;
    auto* out = static_cast<std::byte*>(into);
    for (std::size_t done = 0; done < bytes;) {
      const ssize_t got = ::pread(fd_, out + done, bytes - done, static_cast<off_t>(at_ + done));
      if (got < 0 && errno == EINTR) continue;
      if (got <= 0) {
        ok_ = false;
        return;
      }
      done += static_cast<std::size_t>(got);
    }
    at_ += bytes;
  }
  void skip(std::uint64_t bytes) {
    if (fits(bytes)) at_ += bytes;
  }
  bool ok() const { return ok_; }
  bool at_end() const { return at_ == size_; }
  std::uint64_t position() const { return at_; }

 private:
  bool fits(std::uint64_t bytes) {
    ok_ = ok_ && bytes <= size_ - at_;
    return ok_;
  }

  int fd_;
  std::uint64_t size_;
  std::uint64_t at_ = 0;
  bool ok_ = true;
};

std::unexpected<Error> invalid(const std::string& path, std::string_view what) {
  return fail(ErrorCode::kModelInvalid, fmt::format("the model file {} cannot be used: {}", path, what),
              "run `zimu models verify`, then pull or import the model again");
}

bool in_range(std::int32_t value, std::int32_t least, std::int32_t most) { return value >= least && value <= most; }

bool plausible(const ModelHeader& h) {
  return in_range(h.vocab_size, kSmallestVocabulary, kMaxVocabulary) && in_range(h.audio_context, 1, kMaxWidth) &&
         in_range(h.audio_width, 1, kMaxWidth) && in_range(h.audio_heads, 1, kMaxLayers) &&
         in_range(h.audio_layers, 1, kMaxLayers) && in_range(h.text_context, 8, kMaxWidth) &&
         in_range(h.text_width, 1, kMaxWidth) && in_range(h.text_heads, 1, kMaxLayers) &&
         in_range(h.text_layers, 1, kMaxLayers) && (h.mel_bands == 80 || h.mel_bands == 128) &&
         h.audio_width == h.text_width && h.audio_width % h.audio_heads == 0 && h.text_width % h.text_heads == 0;
}

ModelHeader read_header(Reader& reader) {
  std::array<std::int32_t, 11> n{};
  for (std::int32_t& value : n) value = reader.number<std::int32_t>();
  return {n[0], n[1], n[2], n[3], n[4], n[5], n[6], n[7], n[8], n[9], n[10], 0};
}

bool skip_filters(Reader& reader, const ModelHeader& header) {
  const auto bands = reader.number<std::int32_t>();
  const auto bins = reader.number<std::int32_t>();
  constexpr std::int32_t kSpectrumBins = 201;  // of a 400-point transform
  if (!reader.ok() || bands != header.mel_bands || bins != kSpectrumBins) return false;
  reader.skip(static_cast<std::uint64_t>(bands) * static_cast<std::uint64_t>(bins) * sizeof(float));
  return reader.ok();
}

bool skip_vocabulary(Reader& reader, const ModelHeader& header) {
  const auto pieces = reader.number<std::int32_t>();
  if (!reader.ok() || !in_range(pieces, 1, header.vocab_size)) return false;
  for (std::int32_t i = 0; i < pieces; ++i) {
    const auto bytes = reader.number<std::uint32_t>();
    if (!reader.ok() || bytes > kMaxPieceBytes) return false;
    reader.skip(bytes);
  }
  return reader.ok();
}

bool skip_tensor(Reader& reader) {
  const auto dimensions = reader.number<std::int32_t>();
  const auto name_bytes = reader.number<std::int32_t>();
  const auto type = reader.number<std::int32_t>();
  if (!reader.ok() || !in_range(dimensions, 1, kMaxDimensions) || !in_range(name_bytes, 1, kMaxTensorName) ||
      !in_range(type, 0, GGML_TYPE_COUNT - 1)) {
    return false;
  }
  std::uint64_t elements = 1;
  for (std::int32_t i = 0; i < dimensions; ++i) {
    const auto extent = reader.number<std::int32_t>();
    if (!reader.ok() || !in_range(extent, 1, kMaxVocabulary)) return false;
    elements *= static_cast<std::uint64_t>(extent);
    if (elements > (1ULL << 40U)) return false;
  }
  const auto kind = static_cast<ggml_type>(type);
  if (ggml_blck_size(kind) <= 0) return false;  // a retired type
  reader.skip(static_cast<std::uint64_t>(name_bytes));
  reader.skip(elements / static_cast<std::uint64_t>(ggml_blck_size(kind)) * ggml_type_size(kind));
  return reader.ok();
}

}  // namespace

Result<ModelHeader> check_model_file(const std::string& path) {
  const auto fd = open_file(path, O_RDONLY);
  if (!fd) {
    if (fd.error().code != ErrorCode::kNotFound) return std::unexpected(fd.error());
    return fail(ErrorCode::kModelMissing, fmt::format("there is no model file {}", path),
                "install the model with `zimu models pull` or `zimu models import`");
  }
  struct stat info {};
  if (::fstat(fd->get(), &info) != 0) return std::unexpected(error_from_errno(errno, "reading the size of " + path));
  if (!S_ISREG(info.st_mode)) return invalid(path, "it is not a file");

  Reader reader(fd->get(), static_cast<std::uint64_t>(info.st_size));
  if (reader.number<std::uint32_t>() != kMagic || !reader.ok()) return invalid(path, "it is not a ggml Whisper model");
  ModelHeader header = read_header(reader);
  header.file_bytes = static_cast<std::uint64_t>(info.st_size);
  if (!reader.ok() || !plausible(header)) return invalid(path, "its header does not describe a Whisper model");
  if (!skip_filters(reader, header) || !skip_vocabulary(reader, header)) {
    return invalid(path, "its filters or vocabulary are damaged");
  }
  int tensors = 0;
  for (; !reader.at_end() && tensors < kMaxTensors; ++tensors) {
    const std::uint64_t at = reader.position();
    if (!skip_tensor(reader)) {
      return invalid(path, fmt::format("it is damaged or cut off at byte {} of {}", at, header.file_bytes));
    }
  }
  // libwhisper finds a wrong number too, but keeps the memory of what it has read by then.
  if (const int wanted = kOtherTensors + kEncoderTensors * header.audio_layers + kDecoderTensors * header.text_layers;
      tensors != wanted) {
    return invalid(path, fmt::format("it holds {} of {} tensors", tensors, wanted));
  }
  return header;
}

}  // namespace zimu::asr
