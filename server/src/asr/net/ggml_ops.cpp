#include "asr/net/ggml_ops.hpp"

#include <cmath>

namespace zimu::asr {
namespace {

constexpr float kNormEpsilon = 1e-5F;

}  // namespace

ggml_tensor* GgmlOps::linear(const GgmlLinear& weights, ggml_tensor* x) const {
  ggml_tensor* y = ggml_mul_mat(context_, weights.weight, x);
  return weights.bias == nullptr ? y : ggml_add(context_, y, weights.bias);
}

ggml_tensor* GgmlOps::norm(const GgmlNorm& weights, ggml_tensor* x) const {
  return ggml_add(context_, ggml_mul(context_, ggml_norm(context_, x, kNormEpsilon), weights.gain), weights.bias);
}

ggml_tensor* GgmlOps::mlp(const GgmlMlp& weights, ggml_tensor* x) const {
  ggml_tensor* inner = ggml_gelu(context_, linear(weights.up, norm(weights.before, x)));
  return ggml_add(context_, linear(weights.down, inner), x);
}

ggml_tensor* GgmlOps::by_heads(ggml_tensor* memory) const {
  const std::int64_t width = memory->ne[0] / heads_;
  return ggml_view_4d(context_, memory, width, memory->ne[1], heads_, memory->ne[2], memory->nb[1],
                      static_cast<std::size_t>(width) * memory->nb[0], memory->nb[2], 0);
}

ggml_tensor* GgmlOps::query_by_heads(ggml_tensor* query, const GgmlHeard& heard) const {
  const std::int64_t n = heard.keys->ne[3];
  const std::int64_t rows = query->ne[1] / n;
  return ggml_permute(context_, ggml_reshape_4d(context_, query, query->ne[0] / heads_, heads_, rows, n), 0, 2, 1, 3);
}

float GgmlOps::scale(const GgmlHeard& heard) const { return 1.0F / std::sqrt(static_cast<float>(heard.keys->ne[0])); }

ggml_tensor* GgmlOps::attend(ggml_tensor* query, const GgmlHeard& heard, ggml_tensor** weights) const {
  ggml_tensor* q = query_by_heads(query, heard);
  if (fused_) {
    ggml_tensor* y = ggml_flash_attn_ext(context_, q, heard.keys, heard.values, heard.mask, scale(heard), 0, 0);
    ggml_flash_attn_ext_set_prec(y, GGML_PREC_F32);
    return ggml_reshape_2d(context_, y, query->ne[0], query->ne[1]);
  }
  ggml_tensor* scores = ggml_mul_mat(context_, heard.keys, q);
  ggml_tensor* looks = ggml_soft_max_ext(context_, scores, heard.mask, scale(heard), 0);
  if (weights != nullptr) *weights = looks;
  ggml_tensor* y = ggml_permute(context_, ggml_mul_mat(context_, heard.values, looks), 0, 2, 1, 3);
  return ggml_cont_2d(context_, y, query->ne[0], query->ne[1]);
}

ggml_tensor* GgmlOps::head_weights(ggml_tensor* query, const GgmlHeard& heard, ggml_tensor* all, int head) const {
  const auto one = [&](ggml_tensor* of) {
    return ggml_view_4d(context_, of, of->ne[0], of->ne[1], 1, of->ne[3], of->nb[1], of->nb[2], of->nb[3],
                        static_cast<std::size_t>(head) * of->nb[2]);
  };
  if (all != nullptr) return ggml_cont(context_, one(all));
  ggml_tensor* scores = ggml_mul_mat(context_, one(heard.keys), one(query_by_heads(query, heard)));
  return ggml_soft_max_ext(context_, scores, nullptr, scale(heard), 0);
}

}  // namespace zimu::asr
