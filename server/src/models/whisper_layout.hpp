#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "models/mapped_file.hpp"
#include "models/tensor.hpp"

namespace zimu::models {

/// The eleven numbers at the head of a ggml Whisper file, in file order.
struct Hparams {
  std::int32_t n_vocab = 0;
  std::int32_t n_audio_ctx = 0;
  std::int32_t n_audio_state = 0;
  std::int32_t n_audio_head = 0;
  std::int32_t n_audio_layer = 0;
  std::int32_t n_text_ctx = 0;
  std::int32_t n_text_state = 0;
  std::int32_t n_text_head = 0;
  std::int32_t n_text_layer = 0;
  std::int32_t n_mels = 0;
  std::int32_t ftype = 1;  ///< 1 = F16 weights; quantised: 2000 + ggml's ftype

  bool multilingual() const noexcept { return n_vocab >= 51865; }
  /// Text tokens come first; `<|endoftext|>` is the token after them.
  std::size_t text_tokens() const noexcept { return multilingual() ? 50257 : 50256; }
};

/// kModelInvalid for numbers no model has, kUnsupported for a vocabulary the engine does not know.
Result<> check_hparams(const Hparams& hparams);

/// One weight as the engine wants it: OpenAI's name, row-major shape, and whether it stays F32.
struct TensorSpec {
  std::string name;
  std::vector<std::uint64_t> dims;
  bool f32 = false;
  bool quantizable() const noexcept { return !f32 && dims.size() == 2; }
};
/// Every weight of a model with these numbers, in the order they are written.
std::vector<TensorSpec> whisper_tensors(const Hparams& hparams);

/// "encoder.blocks.3.attn.query.weight" → encoder, 3, "attn.query", "weight";
/// "decoder.positional_embedding" → decoder, none, "positional_embedding", "".
struct NameParts {
  std::string side;
  std::optional<int> layer;
  std::string component;
  std::string leaf;
};
NameParts split_name(std::string_view name);

/// A whole model read from any format: what the ggml writer needs. Owns the mappings its tensors point into.
struct WhisperModel {
  Hparams hparams;
  std::vector<float> mel;           ///< n_mels × kSpectrumBins
  std::vector<std::string> tokens;  ///< raw bytes of the text tokens, by id
  TensorTable tensors;              ///< by OpenAI's name, one for each of whisper_tensors(), shapes checked
  std::vector<MappedFile> files;
};

/// Shape check shared by the readers: sizes of one are not counted ([512] matches [512, 1]).
Result<> check_shape(const TensorSpec& spec, const Tensor& tensor, std::string_view source_name);

}  // namespace zimu::models
