#pragma once
#include <ggml-cpp.h>
#include <vector>

#include "asr/net/weights.hpp"
#include "base/result.hpp"

namespace zimu::asr {

struct GgmlLinear {
  ggml_tensor* weight = nullptr;  ///< [in, out], in the file's type where the device can
  ggml_tensor* bias = nullptr;    ///< absent for keys
};
struct GgmlNorm {
  ggml_tensor* gain = nullptr;
  ggml_tensor* bias = nullptr;
};
struct GgmlAttention {
  GgmlNorm before;
  GgmlLinear query, key, value, out;
};
struct GgmlMlp {
  GgmlNorm before;
  GgmlLinear up, down;
};
struct GgmlEncoderLayer {
  GgmlAttention attention;
  GgmlMlp mlp;
};
struct GgmlDecoderLayer {
  GgmlAttention self, cross;
  GgmlMlp mlp;
};

/// Whisper's weights on a device. The file is not needed once they are there.
struct GgmlWeights {
  /// kOutOfMemory.
  static Result<GgmlWeights> load(const WeightFile& file, ggml_backend_t backend);

  ggml_context_ptr context;
  ggml_backend_buffer_ptr buffer;
  GgmlLinear conv1, conv2;  ///< [3, in, out] in 16 bits; the first one's bias is [1, out]
  ggml_tensor* audio_positions = nullptr;
  std::vector<GgmlEncoderLayer> encoder;
  GgmlNorm after_encoder;
  ggml_tensor* token_embedding = nullptr;
  ggml_tensor* text_positions = nullptr;
  std::vector<GgmlDecoderLayer> decoder;
  GgmlNorm after_decoder;
};

}  // namespace zimu::asr
