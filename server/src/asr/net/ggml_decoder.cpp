#include "asr/net/ggml_decoder.hpp"

#include <ggml.h>
#include <utility>

#include "asr/net/ggml_device.hpp"

namespace zimu::asr {
namespace {

std::size_t size(int value) { return static_cast<std::size_t>(value); }

std::size_t node_limit(const ModelHeader& h, const GgmlStepShape& shape, std::size_t heads) {
  constexpr std::size_t kPerLayer = 64;
  constexpr std::size_t kPerRun = 24;
  constexpr std::size_t kPerHead = 12;
  const std::size_t runs = shape.slots.size() + shape.windows.size();
  return kPerLayer + size(h.text_layers) * (kPerLayer + kPerRun * runs) + heads * kPerHead * shape.windows.size();
}

/// Rows of `x` that belong to a run, which begins at `begin`.
ggml_tensor* rows_of(ggml_context* context, ggml_tensor* x, const Run& run, std::int64_t begin) {
  return ggml_view_2d(context, x, x->ne[0], static_cast<std::int64_t>(run.count) * run.rows, x->nb[1],
                      static_cast<std::size_t>(begin) * x->nb[1]);
}

ggml_tensor* append(ggml_context* context, ggml_tensor* all, ggml_tensor* more) {
  return all == nullptr ? more : ggml_concat(context, all, more, 1);
}

}  // namespace

int GgmlStepShape::rows() const {
  int rows = 0;
  for (const Run& run : slots) rows += run.count * run.rows;
  return rows;
}

GgmlStepGraph::GgmlStepGraph(const ModelHeader& h, const GgmlWeights& weights, const GgmlMemory& memory,
                             std::span<const AlignmentHead> heads, GgmlStepShape wanted_shape)
    : shape(std::move(wanted_shape)),
      context(make_ggml_context(node_limit(h, shape, heads.size()), node_limit(h, shape, heads.size()))),
      ops_(context.get(), !memory.size.transposed, h.text_heads), heads_(h.text_heads) {
  ggml_context* c = context.get();
  graph = ggml_new_graph_custom(c, node_limit(h, shape, heads.size()), false);
  const int rows = shape.rows();
  tokens = input(GGML_TYPE_I32, rows);
  positions = input(GGML_TYPE_I32, rows);
  places = input(GGML_TYPE_I64, rows);
  for (const Run& run : shape.slots) {
    masks.push_back(ggml_new_tensor_4d(c, GGML_TYPE_F16, shape.keys, run.rows, 1, run.count));
    ggml_set_input(masks.back());
  }
  if (shape.gathered > 0) {
    gather = input(GGML_TYPE_I32, shape.gathered);
    scatter = input(GGML_TYPE_I32, rows);
  }
  if (shape.logits > 0 && shape.logits < rows) wanted = input(GGML_TYPE_I32, shape.logits);
  attention.resize(shape.attention ? shape.windows.size() * heads.size() : 0);

  ggml_tensor* x = ggml_add(c, ggml_get_rows(c, weights.token_embedding, tokens),
                            ggml_get_rows(c, weights.text_positions, positions));
  for (std::size_t i = 0; i < weights.decoder.size(); ++i) {
    const GgmlDecoderLayer& layer = weights.decoder[i];
    x = attend_text(layer.self, memory, memory.layers[i], x);
    x = attend_audio(layer.cross, memory, memory.layers[i], x, heads, static_cast<int>(i));
    x = ops_.mlp(layer.mlp, x);
  }
  if (shape.logits > 0) {
    if (wanted != nullptr) x = ggml_get_rows(c, x, wanted);
    x = logits = ggml_mul_mat(c, weights.token_embedding, ops_.norm(weights.after_decoder, x));
    ggml_set_output(logits);
  }
  ggml_build_forward_expand(graph, x);
}

ggml_tensor* GgmlStepGraph::input(ggml_type type, std::int64_t n) {
  ggml_tensor* tensor = ggml_new_tensor_1d(context.get(), type, n);
  ggml_set_input(tensor);
  return tensor;
}

GgmlHeard GgmlStepGraph::text(const Run& run, ggml_tensor* keys, ggml_tensor* values, const GgmlMemory& memory) const {
  ggml_context* c = context.get();
  const std::int64_t width = keys->ne[0] / heads_;
  const auto part = [&](ggml_tensor* of) {
    const std::size_t slot = size(memory.size.positions) * of->nb[1];
    return ggml_view_4d(c, of, width, shape.keys, heads_, run.count, of->nb[1],
                        static_cast<std::size_t>(width) * of->nb[0], slot, size(run.first) * slot);
  };
  GgmlHeard heard{part(keys), part(values), nullptr};
  if (memory.size.transposed) heard.values = ggml_cont(c, ggml_permute(c, heard.values, 1, 0, 2, 3));
  return heard;
}

GgmlHeard GgmlStepGraph::audio(const Run& run, const GgmlMemory::Layer& layer, bool transposed) const {
  ggml_context* c = context.get();
  const auto windows = [&](ggml_tensor* of) {
    return ggml_view_3d(c, of, of->ne[0], of->ne[1], run.count, of->nb[1], of->nb[2], size(run.first) * of->nb[2]);
  };
  GgmlHeard heard{ops_.by_heads(windows(layer.audio_keys)), windows(layer.audio_values), nullptr};
  if (transposed) {
    ggml_tensor* of = heard.values;
    const std::int64_t width = of->ne[1] / heads_;
    heard.values = ggml_view_4d(c, of, of->ne[0], width, heads_, of->ne[2], of->nb[1],
                                static_cast<std::size_t>(width) * of->nb[1], of->nb[2], 0);
  } else {
    heard.values = ops_.by_heads(heard.values);
  }
  return heard;
}

ggml_tensor* GgmlStepGraph::attend_text(const GgmlAttention& weights, const GgmlMemory& memory,
                                        const GgmlMemory::Layer& layer, ggml_tensor* x) {
  ggml_context* c = context.get();
  ggml_tensor* normed = ops_.norm(weights.before, x);
  // Written before it is read: what attention sees is the result of the writing.
  const auto write = [&](ggml_tensor* memory_of, ggml_tensor* rows) {
    ggml_tensor* flat = ggml_view_2d(c, memory_of, memory_of->ne[0], memory_of->ne[1] * memory_of->ne[2],
                                     memory_of->nb[1], 0);
    return ggml_set_rows(c, flat, rows, places);
  };
  ggml_tensor* keys = write(layer.text_keys, ops_.linear(weights.key, normed));
  ggml_tensor* values = write(layer.text_values, ops_.linear(weights.value, normed));
  ggml_tensor* query = ops_.linear(weights.query, normed);
  ggml_tensor* y = nullptr;
  std::int64_t begin = 0;
  for (std::size_t i = 0; i < shape.slots.size(); ++i) {
    const Run& run = shape.slots[i];
    GgmlHeard heard = text(run, keys, values, memory);
    heard.mask = masks[i];
    y = append(c, y, ops_.attend(rows_of(c, query, run, begin), heard));
    begin += static_cast<std::int64_t>(run.count) * run.rows;
  }
  return ggml_add(c, ops_.linear(weights.out, y), x);
}

ggml_tensor* GgmlStepGraph::attend_audio(const GgmlAttention& weights, const GgmlMemory& memory,
                                         const GgmlMemory::Layer& layer, ggml_tensor* x,
                                         std::span<const AlignmentHead> heads, int number) {
  ggml_context* c = context.get();
  ggml_tensor* query = ops_.linear(weights.query, ops_.norm(weights.before, x));
  if (gather != nullptr) query = ggml_get_rows(c, query, gather);
  ggml_tensor* y = nullptr;
  std::int64_t begin = 0;
  for (std::size_t i = 0; i < shape.windows.size(); ++i) {
    const Run& run = shape.windows[i];
    const GgmlHeard heard = audio(run, layer, memory.size.transposed);
    ggml_tensor* rows = rows_of(c, query, run, begin);
    ggml_tensor* looks = nullptr;
    y = append(c, y, ops_.attend(rows, heard, &looks));
    for (std::size_t k = 0; shape.attention && k < heads.size(); ++k) {
      if (heads[k].layer != number) continue;
      ggml_tensor* out = ops_.head_weights(rows, heard, looks, heads[k].head);
      ggml_set_output(out);
      ggml_build_forward_expand(graph, out);
      attention[i * heads.size() + k] = out;
    }
    begin += static_cast<std::int64_t>(run.count) * run.rows;
  }
  if (scatter != nullptr) y = ggml_get_rows(c, y, scatter);
  return ggml_add(c, ops_.linear(weights.out, y), x);
}

}  // namespace zimu::asr
