#include "models/whisper_layout.hpp"

#include <algorithm>
#include <charconv>

#include <fmt/format.h>

namespace zimu::models {
namespace {

constexpr std::int32_t kMaxState = 8192;
constexpr std::int32_t kMaxLayers = 128;
constexpr std::int32_t kMaxContext = 8192;

Result<> check_range(std::string_view field, std::int32_t value, std::int32_t low, std::int32_t high) {
  if (value >= low && value <= high) return {};
  return fail(ErrorCode::kModelInvalid,
              fmt::format("{} is {}, but must lie between {} and {}", field, value, low, high),
              "the file is damaged or is no Whisper model");
}

using Dims = std::vector<std::uint64_t>;

/// Collects the specs of one side under a prefix such as "encoder.blocks.3.".
struct Collector {
  std::vector<TensorSpec>& out;
  std::string prefix;

  void add(std::string_view name, Dims dims, bool f32) { out.push_back({prefix + std::string(name), std::move(dims), f32}); }
  void norm(const std::string& name, std::uint64_t size) {
    add(name + ".weight", {size}, true);
    add(name + ".bias", {size}, true);
  }
  void linear(const std::string& name, std::uint64_t rows, std::uint64_t columns, bool bias = true) {
    add(name + ".weight", {rows, columns}, false);
    if (bias) add(name + ".bias", {rows}, true);
  }
  void attention(const std::string& name, std::uint64_t state) {
    norm(name + "_ln", state);
    linear(name + ".query", state, state);
    linear(name + ".key", state, state, false);  // a key bias would shift all scores alike: Whisper has none
    linear(name + ".value", state, state);
    linear(name + ".out", state, state);
  }
  void mlp(std::uint64_t state) {
    norm("mlp_ln", state);
    linear("mlp.0", 4 * state, state);
    linear("mlp.2", state, 4 * state);
  }
};

Dims squeeze(const Dims& dims) {
  Dims out;
  std::copy_if(dims.begin(), dims.end(), std::back_inserter(out), [](std::uint64_t dim) { return dim != 1; });
  return out;
}

}  // namespace

Result<> check_hparams(const Hparams& h) {
  ZIMU_TRY_VOID(check_range("the audio context", h.n_audio_ctx, 1, kMaxContext));
  ZIMU_TRY_VOID(check_range("the encoder width", h.n_audio_state, 1, kMaxState));
  ZIMU_TRY_VOID(check_range("the encoder head count", h.n_audio_head, 1, h.n_audio_state));
  ZIMU_TRY_VOID(check_range("the encoder layer count", h.n_audio_layer, 1, kMaxLayers));
  ZIMU_TRY_VOID(check_range("the text context", h.n_text_ctx, 1, kMaxContext));
  ZIMU_TRY_VOID(check_range("the decoder width", h.n_text_state, h.n_audio_state, h.n_audio_state));
  ZIMU_TRY_VOID(check_range("the decoder head count", h.n_text_head, 1, h.n_text_state));
  ZIMU_TRY_VOID(check_range("the decoder layer count", h.n_text_layer, 1, kMaxLayers));
  if (h.n_audio_state % h.n_audio_head != 0 || h.n_text_state % h.n_text_head != 0) {
    return fail(ErrorCode::kModelInvalid, fmt::format("a width of {} cannot be shared by {} and {} heads", h.n_audio_state,
                                                      h.n_audio_head, h.n_text_head));
  }
  if (h.n_mels != 80 && h.n_mels != 128) {
    return fail(ErrorCode::kModelInvalid, fmt::format("{} mel bands; Whisper models have 80 or 128", h.n_mels));
  }
  if (h.n_vocab < 51864 || h.n_vocab > 51866) {
    return fail(ErrorCode::kUnsupported,
                fmt::format("the vocabulary has {} tokens; the engine knows Whisper's 51864 (English), 51865 and 51866",
                            h.n_vocab),
                "use a fine-tune that kept Whisper's own vocabulary");
  }
  return {};
}

std::vector<TensorSpec> whisper_tensors(const Hparams& h) {
  std::vector<TensorSpec> specs;
  const auto state = static_cast<std::uint64_t>(h.n_audio_state);
  Collector encoder{specs, "encoder."};
  encoder.add("positional_embedding", {static_cast<std::uint64_t>(h.n_audio_ctx), state}, true);
  encoder.add("conv1.weight", {state, static_cast<std::uint64_t>(h.n_mels), 3}, false);
  encoder.add("conv1.bias", {state, 1}, true);
  encoder.add("conv2.weight", {state, state, 3}, false);
  encoder.add("conv2.bias", {state, 1}, true);
  encoder.norm("ln_post", state);
  Collector decoder{specs, "decoder."};
  decoder.add("positional_embedding", {static_cast<std::uint64_t>(h.n_text_ctx), state}, true);
  decoder.add("token_embedding.weight", {static_cast<std::uint64_t>(h.n_vocab), state}, false);
  decoder.norm("ln", state);
  for (int layer = 0; layer < h.n_audio_layer; ++layer) {
    Collector block{specs, fmt::format("encoder.blocks.{}.", layer)};
    block.attention("attn", state);
    block.mlp(state);
  }
  for (int layer = 0; layer < h.n_text_layer; ++layer) {
    Collector block{specs, fmt::format("decoder.blocks.{}.", layer)};
    block.attention("attn", state);
    block.attention("cross_attn", state);
    block.mlp(state);
  }
  return specs;
}

NameParts split_name(std::string_view name) {
  NameParts parts;
  const auto cut = [&name] {
    const std::size_t dot = name.find('.');
    const std::string_view head = name.substr(0, dot);
    name = dot == std::string_view::npos ? std::string_view{} : name.substr(dot + 1);
    return head;
  };
  parts.side = cut();
  if (name.starts_with("blocks.")) {
    cut();
    const std::string_view digits = cut();
    int layer = 0;
    std::from_chars(digits.data(), digits.data() + digits.size(), layer);
    parts.layer = layer;
  }
  const std::size_t dot = name.rfind('.');
  parts.component = name.substr(0, dot);
  if (dot != std::string_view::npos) parts.leaf = name.substr(dot + 1);
  return parts;
}

Result<> check_shape(const TensorSpec& spec, const Tensor& tensor, std::string_view source_name) {
  if (squeeze(spec.dims) == squeeze(tensor.dims)) return {};
  return fail(ErrorCode::kModelInvalid, fmt::format("tensor {} has the shape {}, but {} is expected", source_name,
                                                    shape_text(tensor.dims), shape_text(spec.dims)));
}

}  // namespace zimu::models
