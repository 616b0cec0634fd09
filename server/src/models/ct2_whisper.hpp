#pragma once
#include <filesystem>

#include "base/result.hpp"
#include "models/ct2_file.hpp"
#include "models/whisper_layout.hpp"

namespace zimu::models {

/// Sizes and weights of a CTranslate2 Whisper model by OpenAI's names: fused projections are split, the key bias
/// (which cannot change attention) is dropped. No vocabulary, mel or files yet.
Result<WhisperModel> whisper_from_ct2(const Ct2File& file);

/// A folder with `model.bin` and a vocabulary.
Result<WhisperModel> read_ct2_folder(const std::filesystem::path& folder);

}  // namespace zimu::models
