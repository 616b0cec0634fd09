#pragma once
#include <cstdint>
#include <string>

#include "base/result.hpp"

namespace zimu::asr {

/// The head of a ggml Whisper file (whisper.cpp models/convert-pt-to-ggml.py).
struct ModelHeader {
  std::int32_t vocab_size = 0;
  std::int32_t audio_context = 0;
  std::int32_t audio_width = 0;
  std::int32_t audio_heads = 0;
  std::int32_t audio_layers = 0;
  std::int32_t text_context = 0;
  std::int32_t text_width = 0;
  std::int32_t text_heads = 0;
  std::int32_t text_layers = 0;
  std::int32_t mel_bands = 0;
  std::int32_t weight_type = 0;
  std::uint64_t file_bytes = 0;
};

/// Reads the head and walks over every tensor without reading it. libwhisper believes sizes it finds in a file and
/// takes a cut last tensor for whole, so damage has to be found before it looks.
/// kModelMissing, kModelInvalid, kPermission, kIo. Blocking (disk, a few kilobytes).
Result<ModelHeader> check_model_file(const std::string& path);

}  // namespace zimu::asr
