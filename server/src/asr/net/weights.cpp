#include "asr/net/weights.hpp"

#include <fmt/core.h>
#include <sys/mman.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <ggml.h>
#include <utility>

#include "asr/model_layout.hpp"
#include "base/check.hpp"

namespace zimu::asr {
namespace {

/// Tensors by name with the extents they must have; extents of one do not count.
using Shapes = std::map<std::string, std::vector<std::int64_t>>;

void add_linear(Shapes& shapes, const std::string& name, std::int64_t in, std::int64_t out, bool bias = true) {
  shapes[name + ".weight"] = {in, out};
  if (bias) shapes[name + ".bias"] = {out};
}

void add_norm(Shapes& shapes, const std::string& name, std::int64_t width) {
  shapes[name + ".weight"] = {width};
  shapes[name + ".bias"] = {width};
}

void add_attention(Shapes& shapes, const std::string& name, std::int64_t width) {
  add_norm(shapes, name + "_ln", width);
  add_linear(shapes, name + ".query", width, width);
  add_linear(shapes, name + ".key", width, width, false);
  add_linear(shapes, name + ".value", width, width);
  add_linear(shapes, name + ".out", width, width);
}

void add_mlp(Shapes& shapes, const std::string& block, std::int64_t width) {
  add_norm(shapes, block + "mlp_ln", width);
  add_linear(shapes, block + "mlp.0", width, 4 * width);
  add_linear(shapes, block + "mlp.2", 4 * width, width);
}

Shapes wanted_shapes(const ModelHeader& h) {
  Shapes shapes;
  const std::int64_t audio = h.audio_width;
  const std::int64_t text = h.text_width;
  shapes["encoder.conv1.weight"] = {3, h.mel_bands, audio};
  shapes["encoder.conv2.weight"] = {3, audio, audio};
  shapes["encoder.conv1.bias"] = shapes["encoder.conv2.bias"] = {audio};
  shapes["encoder.positional_embedding"] = {audio, h.audio_context};
  add_norm(shapes, "encoder.ln_post", audio);
  for (int i = 0; i < h.audio_layers; ++i) {
    const std::string block = fmt::format("encoder.blocks.{}.", i);
    add_attention(shapes, block + "attn", audio);
    add_mlp(shapes, block, audio);
  }
  shapes["decoder.positional_embedding"] = {text, h.text_context};
  shapes["decoder.token_embedding.weight"] = {text, h.vocab_size};
  add_norm(shapes, "decoder.ln", text);
  for (int i = 0; i < h.text_layers; ++i) {
    const std::string block = fmt::format("decoder.blocks.{}.", i);
    add_attention(shapes, block + "attn", text);
    add_attention(shapes, block + "cross_attn", text);
    add_mlp(shapes, block, text);
  }
  return shapes;
}

std::vector<std::int64_t> without_ones(std::vector<std::int64_t> extent) {
  std::erase(extent, 1);
  return extent;
}

/// OpenAI's order of the special tokens, behind the text: later models have more languages than the first.
SpecialTokens special_tokens(std::int32_t vocab_size) {
  constexpr std::int32_t kFirstMultilingual = 51865;
  constexpr std::int32_t kTimes = 1501;  // 0.00 s to 30.00 s
  constexpr Token kTextTokens = 50256;
  SpecialTokens special;
  special.multilingual = vocab_size >= kFirstMultilingual;
  special.eot = kTextTokens + (special.multilingual ? 1 : 0);
  special.sot = special.eot + 1;
  special.timestamp_begin = vocab_size - kTimes;
  special.no_timestamps = special.timestamp_begin - 1;
  special.no_speech = special.timestamp_begin - 2;
  special.prev = special.timestamp_begin - 3;
  special.transcribe = special.timestamp_begin - 5;  // between them: the start of a language model's text
  special.translate = special.timestamp_begin - 6;
  special.language_count = special.translate - special.sot - 1;
  return special;
}

}  // namespace

std::int64_t WeightFile::Tensor::elements() const {
  std::int64_t product = 1;
  for (const std::int64_t n : extent) product *= n;
  return product;
}

Result<std::unique_ptr<WeightFile>> WeightFile::open(const std::string& path) {
  ZIMU_TRY(OpenModelFile file, open_model_file(path));
  ModelLayout& layout = file.layout;
  std::unique_ptr<WeightFile> weights(new WeightFile);
  weights->header_ = layout.header;
  weights->pieces_ = std::move(layout.pieces);
  weights->map_bytes_ = static_cast<std::size_t>(layout.header.file_bytes);
  void* const map = ::mmap(nullptr, weights->map_bytes_, PROT_READ, MAP_PRIVATE, file.fd.get(), 0);
  if (map == MAP_FAILED) return std::unexpected(error_from_errno(errno, "mapping " + path));
  weights->map_ = map;

  const auto* const base = static_cast<const std::byte*>(map);
  weights->filters_.resize(static_cast<std::size_t>(layout.header.mel_bands) * kSpectrumBins);
  std::memcpy(weights->filters_.data(), base + layout.filters_offset, weights->filters_.size() * sizeof(float));
  Shapes missing = wanted_shapes(layout.header);
  for (ModelLayout::Tensor& found : layout.tensors) {
    const auto wanted = missing.find(found.name);
    if (wanted == missing.end()) return invalid_model(path, "it holds an unknown tensor " + found.name);
    if (without_ones(found.extent) != without_ones(wanted->second)) {
      return invalid_model(path, fmt::format("its tensor {} has the wrong size", found.name));
    }
    const auto kind = static_cast<ggml_type>(found.type);
    if (kind != GGML_TYPE_F32 && ggml_get_type_traits(kind)->to_float == nullptr) {
      return invalid_model(path, fmt::format("its tensor {} is of type {}", found.name, ggml_type_name(kind)));
    }
    missing.erase(wanted);
    weights->tensors_.emplace(std::move(found.name), Tensor{found.type, std::move(found.extent),
                                                            {base + found.offset, found.bytes}});
  }
  if (!missing.empty()) return invalid_model(path, "it lacks the tensor " + missing.begin()->first);
  return weights;
}

void WeightFile::let_go() const noexcept {
  if (map_ != nullptr) ::madvise(map_, map_bytes_, MADV_DONTNEED);
}

WeightFile::~WeightFile() {
  if (map_ != nullptr) ::munmap(map_, map_bytes_);
}

std::unique_ptr<const Vocabulary> WeightFile::vocabulary() const {
  std::vector<std::string> pieces = pieces_;
  pieces.resize(static_cast<std::size_t>(header_.vocab_size));
  return std::make_unique<const Vocabulary>(std::move(pieces), special_tokens(header_.vocab_size));
}

const WeightFile::Tensor& WeightFile::tensor(const std::string& name) const {
  const auto it = tensors_.find(name);
  ZIMU_CHECK(it != tensors_.end());
  return it->second;
}

std::vector<float> WeightFile::floats(const std::string& name) const {
  const Tensor& from = tensor(name);
  std::vector<float> values(static_cast<std::size_t>(from.elements()));
  if (from.type == GGML_TYPE_F32) {
    std::memcpy(values.data(), from.bytes.data(), from.bytes.size());
    return values;
  }
  const auto kind = static_cast<ggml_type>(from.type);
  const auto to_float = ggml_get_type_traits(kind)->to_float;
  const auto width = static_cast<std::size_t>(from.extent.front());
  std::vector<std::byte> row(ggml_row_size(kind, from.extent.front()));  // aligned, as the file is not
  for (std::size_t done = 0, at = 0; done < values.size(); done += width, at += row.size()) {
    std::memcpy(row.data(), from.bytes.data() + at, row.size());
    to_float(row.data(), values.data() + done, from.extent.front());
  }
  return values;
}

}  // namespace zimu::asr
