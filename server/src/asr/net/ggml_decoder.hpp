#pragma once
#include <compare>
#include <ggml-cpp.h>
#include <span>
#include <vector>

#include "asr/net/ggml_memory.hpp"
#include "asr/net/ggml_ops.hpp"
#include "asr/net/ggml_weights.hpp"
#include "asr/net/net.hpp"
#include "asr/net/step_layout.hpp"

namespace zimu::asr {

/// All that a step's graph depends on: steps of one shape use one graph again.
struct GgmlStepShape {
  std::vector<Run> slots;
  std::vector<Run> windows;
  int gathered = 0;        ///< rows that attention to the audio sees in its own order; 0: as they lie
  int keys = 0;
  int logits = 0;          ///< rows of logits; as many as rows: all, as they lie
  bool attention = false;  ///< of the alignment heads
  auto operator<=>(const GgmlStepShape&) const = default;
  int rows() const;
};

/// One step of the decoder for many rows. Tensors are inputs but for `logits` and `attention`.
struct GgmlStepGraph {
  GgmlStepGraph(const ModelHeader& header, const GgmlWeights& weights, const GgmlMemory& memory,
                std::span<const AlignmentHead> heads, GgmlStepShape wanted_shape);

  GgmlStepShape shape;
  ggml_context_ptr context;
  ggml_cgraph* graph = nullptr;
  ggml_tensor* tokens = nullptr;
  ggml_tensor* positions = nullptr;
  ggml_tensor* places = nullptr;         ///< slot * memory.size.positions + position
  std::vector<ggml_tensor*> masks;       ///< of each run of slots: [keys, rows, 1, count]
  ggml_tensor* gather = nullptr;
  ggml_tensor* scatter = nullptr;
  ggml_tensor* wanted = nullptr;         ///< rows of logits, when not all
  ggml_tensor* logits = nullptr;         ///< [vocab_size, shape.logits], none without
  std::vector<ggml_tensor*> attention;   ///< [run of windows * heads + head]: [audio_context, rows, 1, count]

 private:
  ggml_tensor* input(ggml_type type, std::int64_t n);
  ggml_tensor* attend_text(const GgmlAttention& weights, const GgmlMemory& memory, const GgmlMemory::Layer& layer,
                           ggml_tensor* x);
  ggml_tensor* attend_audio(const GgmlAttention& weights, const GgmlMemory& memory, const GgmlMemory::Layer& layer,
                            ggml_tensor* x, std::span<const AlignmentHead> heads, int number);
  GgmlHeard text(const Run& run, ggml_tensor* keys, ggml_tensor* values, const GgmlMemory& memory) const;
  GgmlHeard audio(const Run& run, const GgmlMemory::Layer& layer, bool transposed) const;

  GgmlOps ops_;
  int heads_;
};

}  // namespace zimu::asr
