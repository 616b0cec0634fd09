#pragma once
#include <ggml-cpp.h>

#include "asr/net/ggml_memory.hpp"
#include "asr/net/ggml_weights.hpp"

namespace zimu::asr {

/// One window's way through the encoder, into the window's place in memory.
struct GgmlEncoderGraph {
  GgmlEncoderGraph(const ModelHeader& header, const GgmlWeights& weights, const GgmlMemory& memory, int window);

  ggml_context_ptr context;
  ggml_cgraph* graph = nullptr;
  ggml_tensor* mel = nullptr;  ///< [frames, bands]: a band's frames together
};

}  // namespace zimu::asr
