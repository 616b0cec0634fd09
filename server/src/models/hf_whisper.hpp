#pragma once
#include <filesystem>
#include <string_view>

#include "base/result.hpp"
#include "models/whisper_layout.hpp"

namespace zimu::models {

/// Sizes from a Hugging Face Whisper `config.json`. kModelInvalid when it is not Whisper or a field is missing.
Result<Hparams> parse_hf_config(std::string_view text);

/// A folder with `config.json`, `model.safetensors` (or its `.index.json` and shards) and a vocabulary.
Result<WhisperModel> read_hf_folder(const std::filesystem::path& folder);

}  // namespace zimu::models
