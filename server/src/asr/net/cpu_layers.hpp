#pragma once
#include <string>
#include <vector>

#include "asr/net/buffer.hpp"
#include "asr/net/kernels.hpp"
#include "asr/net/matmul.hpp"
#include "asr/net/weights.hpp"

namespace zimu::asr {

struct Norm {
  std::vector<float> gain;
  std::vector<float> bias;
  void operator()(const Kernels& kernel, const float* x, float* out) const {
    kernel.norm(x, gain.data(), bias.data(), static_cast<int>(gain.size()), out);
  }
};

struct EncoderLayer {
  Norm before_attention;
  Int8Linear qkv;
  Int8Linear out;
  Norm before_mlp;
  Int8Linear up;
  Int8Linear down;
};

struct DecoderLayer {
  Norm before_self;
  Int8Linear qkv;
  Int8Linear out;
  Norm before_cross;
  Int8Linear cross_query;
  Int8Linear cross_out;
  Norm before_mlp;
  Int8Linear up;
  Int8Linear down;
};

/// Whisper's weights as the processor wants them. The first convolution stays in 32 bits: it is 1 % of the encoder.
struct CpuLayers {
  Buffer<float> conv1;  ///< [3 * mel_bands][width]
  std::vector<float> conv1_bias;
  Int8Linear conv2;     ///< of three frames
  std::vector<float> audio_positions;  ///< [audio_context][width]
  std::vector<EncoderLayer> encoder;
  Norm after_encoder;
  std::vector<Int8Linear> cross_keys_values;  ///< of each decoder layer: [2 width][width]
  std::vector<float> text_positions;          ///< [text_context][width]
  std::vector<DecoderLayer> decoder;
  Norm after_decoder;
  std::vector<Int8Linear> vocabulary;  ///< one: the token embeddings
};

/// Rows of the encoder that one member works on at a time: their activations stay in its cache. A multiple of 16.
constexpr int kEncoderRows = 96;
/// The last part has fewer.
constexpr int last_encoder_rows(int audio_context) {
  const int rest = padded_positions(audio_context) % kEncoderRows;
  return rest == 0 ? kEncoderRows : rest;
}
/// Rows of a decoder step are padded to one of these.
constexpr int kStepRows[] = {1, 2, 4, 8, 12, 16, 24, 32, 48, 64, 96, 128};
constexpr int kMostStepRows = 128;

/// `team` packs the weights, and will be the one to use them.
CpuLayers make_cpu_layers(const WeightFile& file, Team& team);

}  // namespace zimu::asr
