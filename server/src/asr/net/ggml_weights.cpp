#include "asr/net/ggml_weights.hpp"

#include <fmt/core.h>

#include <ggml.h>
#include <string>
#include <utility>

#include "asr/net/ggml_device.hpp"

namespace zimu::asr {
namespace {

/// Declares tensors, then fills them from the file.
class Loader {
 public:
  Loader(const WeightFile& file, ggml_backend_t backend, ggml_context* context)
      : file_(file), backend_(backend), context_(context) {}

  ggml_tensor* numbers(const std::string& name, std::int64_t rows, std::int64_t columns = 1) {
    return declare(name, ggml_new_tensor_2d(context_, GGML_TYPE_F32, rows, columns));
  }
  GgmlNorm norm(const std::string& name, std::int64_t width) {
    return {numbers(name + ".weight", width), numbers(name + ".bias", width)};
  }
  GgmlLinear linear(const std::string& name, std::int64_t in, std::int64_t out, bool bias = true) {
    return {matrix(name + ".weight", in, out), bias ? numbers(name + ".bias", out) : nullptr};
  }
  ggml_tensor* matrix(const std::string& name, std::int64_t in, std::int64_t out, bool looked_up = false) {
    auto type = static_cast<ggml_type>(file_.tensor(name).type);
    if (!can_use(type, in, out, looked_up)) type = GGML_TYPE_F16;
    return declare(name, ggml_new_tensor_2d(context_, type, in, out));
  }
  ggml_tensor* kernel(const std::string& name, std::int64_t in, std::int64_t out) {
    return declare(name, ggml_new_tensor_3d(context_, GGML_TYPE_F16, 3, in, out));
  }
  GgmlAttention attention(const std::string& name, std::int64_t width) {
    return {norm(name + "_ln", width), linear(name + ".query", width, width), linear(name + ".key", width, width, false),
            linear(name + ".value", width, width), linear(name + ".out", width, width)};
  }
  GgmlMlp mlp(const std::string& block, std::int64_t width) {
    return {norm(block + "mlp_ln", width), linear(block + "mlp.0", width, 4 * width),
            linear(block + "mlp.2", 4 * width, width)};
  }

  void fill() const {
    for (const auto& [name, tensor] : wanted_) {
      const WeightFile::Tensor& from = file_.tensor(name);
      if (tensor->type == from.type) {
        ggml_backend_tensor_set(tensor, from.bytes.data(), 0, from.bytes.size());
        continue;
      }
      const std::vector<float> values = file_.floats(name);
      if (tensor->type == GGML_TYPE_F32) {
        ggml_backend_tensor_set(tensor, values.data(), 0, values.size() * sizeof(float));
        continue;
      }
      std::vector<ggml_fp16_t> halves(values.size());
      ggml_fp32_to_fp16_row(values.data(), halves.data(), static_cast<std::int64_t>(values.size()));
      ggml_backend_tensor_set(tensor, halves.data(), 0, halves.size() * sizeof(ggml_fp16_t));
    }
  }

 private:
  ggml_tensor* declare(const std::string& name, ggml_tensor* tensor) {
    ggml_set_name(tensor, name.c_str());
    wanted_.emplace_back(name, tensor);
    return tensor;
  }
  bool can_use(ggml_type type, std::int64_t in, std::int64_t out, bool looked_up) const {
    const ggml_context_ptr probe = make_ggml_context(8);
    ggml_tensor* weight = ggml_new_tensor_2d(probe.get(), type, in, out);
    ggml_tensor* rows = ggml_new_tensor_2d(probe.get(), GGML_TYPE_F32, in, 2);
    if (!ggml_backend_supports_op(backend_, ggml_mul_mat(probe.get(), weight, rows))) return false;
    ggml_tensor* places = ggml_new_tensor_1d(probe.get(), GGML_TYPE_I32, 2);
    return !looked_up || ggml_backend_supports_op(backend_, ggml_get_rows(probe.get(), weight, places));
  }

  const WeightFile& file_;
  ggml_backend_t backend_;
  ggml_context* context_;
  std::vector<std::pair<std::string, ggml_tensor*>> wanted_;
};

}  // namespace

Result<GgmlWeights> GgmlWeights::load(const WeightFile& file, ggml_backend_t backend) {
  const ModelHeader& h = file.header();
  GgmlWeights weights;
  weights.context = make_ggml_context(file.tensors().size());
  Loader loader(file, backend, weights.context.get());
  weights.conv1 = {loader.kernel("encoder.conv1.weight", h.mel_bands, h.audio_width),
                   loader.numbers("encoder.conv1.bias", 1, h.audio_width)};
  weights.conv2 = {loader.kernel("encoder.conv2.weight", h.audio_width, h.audio_width),
                   loader.numbers("encoder.conv2.bias", h.audio_width)};
  weights.audio_positions = loader.numbers("encoder.positional_embedding", h.audio_width, h.audio_context);
  for (int i = 0; i < h.audio_layers; ++i) {
    const std::string block = fmt::format("encoder.blocks.{}.", i);
    weights.encoder.push_back({loader.attention(block + "attn", h.audio_width), loader.mlp(block, h.audio_width)});
  }
  weights.after_encoder = loader.norm("encoder.ln_post", h.audio_width);
  weights.token_embedding = loader.matrix("decoder.token_embedding.weight", h.text_width, h.vocab_size, true);
  weights.text_positions = loader.numbers("decoder.positional_embedding", h.text_width, h.text_context);
  for (int i = 0; i < h.text_layers; ++i) {
    const std::string block = fmt::format("decoder.blocks.{}.", i);
    weights.decoder.push_back({loader.attention(block + "attn", h.text_width),
                               loader.attention(block + "cross_attn", h.text_width), loader.mlp(block, h.text_width)});
  }
  weights.after_decoder = loader.norm("decoder.ln", h.text_width);
  ZIMU_TRY(weights.buffer, allocate_tensors(backend, weights.context.get(), "the model"));
  ggml_backend_buffer_set_usage(weights.buffer.get(), GGML_BACKEND_BUFFER_USAGE_WEIGHTS);
  loader.fill();
  return weights;
}

}  // namespace zimu::asr
