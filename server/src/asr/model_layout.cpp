#include "asr/model_layout.hpp"

#include <fcntl.h>
#include <fmt/core.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstddef>
#include <cstring>
#include <ggml.h>
#include <span>
#include <utility>

namespace zimu::asr {
namespace {

constexpr std::uint32_t kMagic = 0x67676d6c;  // "ggml"
constexpr std::int32_t kMaxVocabulary = 1 << 20;
constexpr std::int32_t kMaxWidth = 1 << 14;
constexpr std::int32_t kMaxLayers = 256;
constexpr std::uint32_t kMaxPieceBytes = 4096;
constexpr std::int32_t kMaxTensorName = 256;
constexpr std::size_t kMaxTensors = 1 << 16;
constexpr int kMaxDimensions = 4;
constexpr int kOtherTensors = 11;
constexpr int kEncoderTensors = 15;  // in each layer
constexpr int kDecoderTensors = 24;
constexpr std::int32_t kSmallestVocabulary = 51864;  // the English-only models

/// Sequential reads with a position; `ok` turns false at the first read past the end and stays so.
class Reader {
 public:
  Reader(int fd, std::uint64_t size) : fd_(fd), size_(size), buffer_(kBufferBytes) {}

  template <class T>
  T number() {
    T value{};
    read(std::as_writable_bytes(std::span(&value, 1)));
    return value;
  }
  std::string text(std::size_t bytes) {
    std::string value;
    if (!fits(bytes)) return value;
    value.resize(bytes);
    read(std::as_writable_bytes(std::span(value)));
    return value;
  }
  void skip(std::uint64_t bytes) {
    if (fits(bytes)) at_ += bytes;
  }
  bool ok() const { return ok_; }
  bool at_end() const { return at_ == size_; }
  std::uint64_t position() const { return at_; }

 private:
  static constexpr std::size_t kBufferBytes = 1U << 16U;

  bool fits(std::uint64_t bytes) {
    ok_ = ok_ && bytes <= size_ - at_;
    return ok_;
  }
  void read(std::span<std::byte> out) {
    if (!fits(out.size())) return;
    while (!out.empty()) {
      if (at_ < buffer_at_ || at_ >= buffer_at_ + filled_) fill();
      if (!ok_) return;
      const auto from = static_cast<std::size_t>(at_ - buffer_at_);
      const std::size_t bytes = std::min(out.size(), filled_ - from);
      std::memcpy(out.data(), buffer_.data() + from, bytes);
      out = out.subspan(bytes);
      at_ += bytes;
    }
  }
  void fill() {
    ssize_t got = -1;
    do {
      got = ::pread(fd_, buffer_.data(), buffer_.size(), static_cast<off_t>(at_));
    } while (got < 0 && errno == EINTR);
    ok_ = got > 0;
    buffer_at_ = at_;
    filled_ = ok_ ? static_cast<std::size_t>(got) : 0;
  }

  int fd_;
  std::uint64_t size_;
  std::uint64_t at_ = 0;
  bool ok_ = true;
  std::vector<std::byte> buffer_;
  std::uint64_t buffer_at_ = 0;
  std::size_t filled_ = 0;
};

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

bool read_filters(Reader& reader, ModelLayout& layout) {
  const auto bands = reader.number<std::int32_t>();
  const auto bins = reader.number<std::int32_t>();
  if (!reader.ok() || bands != layout.header.mel_bands || bins != kSpectrumBins) return false;
  layout.filters_offset = reader.position();
  reader.skip(static_cast<std::uint64_t>(bands) * static_cast<std::uint64_t>(bins) * sizeof(float));
  return reader.ok();
}

bool read_pieces(Reader& reader, ModelLayout& layout) {
  const auto pieces = reader.number<std::int32_t>();
  if (!reader.ok() || !in_range(pieces, 1, layout.header.vocab_size)) return false;
  for (std::int32_t i = 0; i < pieces; ++i) {
    const auto bytes = reader.number<std::uint32_t>();
    if (!reader.ok() || bytes > kMaxPieceBytes) return false;
    layout.pieces.push_back(reader.text(bytes));
  }
  return reader.ok();
}

bool read_tensor(Reader& reader, ModelLayout& layout) {
  const auto dimensions = reader.number<std::int32_t>();
  const auto name_bytes = reader.number<std::int32_t>();
  ModelLayout::Tensor tensor;
  tensor.type = reader.number<std::int32_t>();
  if (!reader.ok() || !in_range(dimensions, 1, kMaxDimensions) || !in_range(name_bytes, 1, kMaxTensorName) ||
      !in_range(tensor.type, 0, GGML_TYPE_COUNT - 1)) {
    return false;
  }
  std::uint64_t elements = 1;
  for (std::int32_t i = 0; i < dimensions; ++i) {
    const auto extent = reader.number<std::int32_t>();
    if (!reader.ok() || !in_range(extent, 1, kMaxVocabulary)) return false;
    tensor.extent.push_back(extent);
    elements *= static_cast<std::uint64_t>(extent);
    if (elements > (1ULL << 40U)) return false;
  }
  const auto kind = static_cast<ggml_type>(tensor.type);
  const std::int64_t block = ggml_blck_size(kind);
  if (block <= 0 || tensor.extent.front() % block != 0) return false;  // a retired type, or half a block
  tensor.name = reader.text(static_cast<std::size_t>(name_bytes));
  tensor.offset = reader.position();
  tensor.bytes = elements / static_cast<std::uint64_t>(block) * ggml_type_size(kind);
  reader.skip(tensor.bytes);
  if (reader.ok()) layout.tensors.push_back(std::move(tensor));
  return reader.ok();
}

}  // namespace

std::unexpected<Error> invalid_model(const std::string& path, std::string_view what) {
  return fail(ErrorCode::kModelInvalid, fmt::format("the model file {} cannot be used: {}", path, what),
              "run `zimu models verify`, then pull or import the model again");
}

Result<OpenModelFile> open_model_file(const std::string& path) {
  auto fd = open_file(path, O_RDONLY);
  if (!fd) {
    if (fd.error().code != ErrorCode::kNotFound) return std::unexpected(fd.error());
    return fail(ErrorCode::kModelMissing, fmt::format("there is no model file {}", path),
                "install the model with `zimu models pull` or `zimu models import`");
  }
  struct stat info {};
  if (::fstat(fd->get(), &info) != 0) return std::unexpected(error_from_errno(errno, "reading the size of " + path));
  if (!S_ISREG(info.st_mode)) return invalid_model(path, "it is not a file");

  Reader reader(fd->get(), static_cast<std::uint64_t>(info.st_size));
  if (reader.number<std::uint32_t>() != kMagic || !reader.ok()) {
    return invalid_model(path, "it is not a ggml Whisper model");
  }
  ModelLayout layout;
  layout.header = read_header(reader);
  layout.header.file_bytes = static_cast<std::uint64_t>(info.st_size);
  if (!reader.ok() || !plausible(layout.header)) {
    return invalid_model(path, "its header does not describe a Whisper model");
  }
  if (!read_filters(reader, layout) || !read_pieces(reader, layout)) {
    return invalid_model(path, "its filters or vocabulary are damaged");
  }
  while (!reader.at_end() && layout.tensors.size() < kMaxTensors) {
    const std::uint64_t at = reader.position();
    if (!read_tensor(reader, layout)) {
      return invalid_model(path, fmt::format("it is damaged or cut off at byte {} of {}", at, info.st_size));
    }
  }
  // libwhisper finds a wrong number too, but keeps the memory of what it has read by then.
  const auto wanted = static_cast<std::size_t>(kOtherTensors + kEncoderTensors * layout.header.audio_layers +
                                               kDecoderTensors * layout.header.text_layers);
  if (layout.tensors.size() != wanted) {
    return invalid_model(path, fmt::format("it holds {} of {} tensors", layout.tensors.size(), wanted));
  }
  return OpenModelFile{std::move(*fd), std::move(layout)};
}

}  // namespace zimu::asr
