#pragma once
#include <ggml.h>

#include "asr/net/ggml_weights.hpp"

namespace zimu::asr {

/// Keys and values of one or more windows or slots, as attention reads them.
struct GgmlHeard {
  ggml_tensor* keys = nullptr;    ///< [head width, positions, heads, n]
  ggml_tensor* values = nullptr;  ///< the same; [positions, head width, heads, n] for attention by two products
  ggml_tensor* mask = nullptr;    ///< [positions, rows, 1, n] in 16 bits, or none
};

/// Whisper's building blocks as nodes of a ggml graph.
class GgmlOps {
 public:
  GgmlOps(ggml_context* context, bool fused, int heads) : context_(context), fused_(fused), heads_(heads) {}

  ggml_tensor* linear(const GgmlLinear& weights, ggml_tensor* x) const;
  ggml_tensor* norm(const GgmlNorm& weights, ggml_tensor* x) const;
  ggml_tensor* mlp(const GgmlMlp& weights, ggml_tensor* x) const;  ///< with the sum around it
  /// `query`: [width, rows * n]. Result: the same, and the weights [positions, rows, heads, n] where they are computed.
  ggml_tensor* attend(ggml_tensor* query, const GgmlHeard& heard, ggml_tensor** weights = nullptr) const;
  /// The weights of one head alone, [positions, rows, 1, n].
  ggml_tensor* head_weights(ggml_tensor* query, const GgmlHeard& heard, ggml_tensor* all, int head) const;
  /// [width, positions, n] as [head width, positions, heads, n], without a copy.
  ggml_tensor* by_heads(ggml_tensor* memory) const;

 private:
  ggml_tensor* query_by_heads(ggml_tensor* query, const GgmlHeard& heard) const;
  float scale(const GgmlHeard& heard) const;

  ggml_context* context_;
  bool fused_;
  int heads_;
};

}  // namespace zimu::asr
