#include "asr/net/ggml_encoder.hpp"

#include <ggml.h>

#include "asr/net/ggml_device.hpp"
#include "asr/net/ggml_ops.hpp"

namespace zimu::asr {
namespace {

constexpr int kNodesPerLayer = 48;

/// [frames, bands] to [width, frames / 2].
ggml_tensor* convolve(ggml_context* context, const GgmlWeights& weights, ggml_tensor* mel) {
  ggml_tensor* x = ggml_conv_1d_ph(context, weights.conv1.weight, mel, 1, 1);
  x = ggml_gelu(context, ggml_add(context, x, weights.conv1.bias));
  // As ggml_conv_1d_ph, with the product's sides exchanged: channels come out together, as the layers want them.
  const ggml_tensor* kernel = weights.conv2.weight;
  ggml_tensor* columns =
      ggml_im2col(context, weights.conv2.weight, x, 2, 0, 1, 0, 1, 0, false, GGML_TYPE_F16);
  x = ggml_mul_mat(context, ggml_reshape_2d(context, weights.conv2.weight, kernel->ne[0] * kernel->ne[1], kernel->ne[2]),
                   ggml_reshape_2d(context, columns, columns->ne[0], columns->ne[1]));
  return ggml_gelu(context, ggml_add(context, x, weights.conv2.bias));
}

}  // namespace

GgmlEncoderGraph::GgmlEncoderGraph(const ModelHeader& h, const GgmlWeights& weights, const GgmlMemory& memory,
                                   int window) {
  const auto nodes = static_cast<std::size_t>(kNodesPerLayer * (h.audio_layers + h.text_layers + 1));
  context = make_ggml_context(nodes, nodes);
  ggml_context* c = context.get();
  graph = ggml_new_graph_custom(c, nodes, false);
  mel = ggml_new_tensor_2d(c, GGML_TYPE_F32, 2 * h.audio_context, h.mel_bands);
  ggml_set_input(mel);

  const bool fused = !memory.size.transposed;
  const GgmlOps ops(c, fused, h.audio_heads);
  const std::int64_t head_width = h.audio_width / h.audio_heads;
  ggml_tensor* x = ggml_add(c, convolve(c, weights, mel), weights.audio_positions);
  for (const GgmlEncoderLayer& layer : weights.encoder) {
    ggml_tensor* normed = ops.norm(layer.attention.before, x);
    ggml_tensor* query = ops.linear(layer.attention.query, normed);
    GgmlHeard heard;
    ggml_tensor* key = ggml_cast(c, ops.linear(layer.attention.key, normed), GGML_TYPE_F16);
    heard.keys = ops.by_heads(key);
    ggml_tensor* value = ops.linear(layer.attention.value, normed);
    if (fused) {
      heard.values = ops.by_heads(ggml_cast(c, value, GGML_TYPE_F16));
    } else {
      ggml_tensor* split = ggml_reshape_3d(c, value, head_width, h.audio_heads, h.audio_context);
      heard.values = ggml_cast(c, ggml_permute(c, split, 1, 2, 0, 3), GGML_TYPE_F16);
    }
    x = ggml_add(c, ops.linear(layer.attention.out, ops.attend(query, heard)), x);
    x = ops.mlp(layer.mlp, x);
  }
  x = ops.norm(weights.after_encoder, x);
  for (std::size_t i = 0; i < weights.decoder.size(); ++i) {
    const GgmlMemory::Layer& place = memory.layers[i];
    const auto of_window = [&](ggml_tensor* of) {
      return ggml_view_2d(c, of, of->ne[0], of->ne[1], of->nb[1], static_cast<std::size_t>(window) * of->nb[2]);
    };
    ggml_tensor* key = ops.linear(weights.decoder[i].cross.key, x);
    ggml_tensor* value = ops.linear(weights.decoder[i].cross.value, x);
    if (!fused) value = ggml_transpose(c, value);
    ggml_build_forward_expand(graph, ggml_cpy(c, key, of_window(place.audio_keys)));
    ggml_build_forward_expand(graph, ggml_cpy(c, value, of_window(place.audio_values)));
  }
}

}  // namespace zimu::asr
