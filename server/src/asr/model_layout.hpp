#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "asr/model_file.hpp"
#include "base/file.hpp"
#include "base/result.hpp"

namespace zimu::asr {

/// Where things lie in a ggml Whisper file: what one walk over it finds, without reading a weight.
struct ModelLayout {
  struct Tensor {
    std::string name;
    int type = 0;                      ///< ggml_type, one that ggml still has
    std::vector<std::int64_t> extent;  ///< ggml's order: the fastest first; whole blocks of the type
    std::uint64_t offset = 0;          ///< in the file; of no particular alignment
    std::uint64_t bytes = 0;
  };
  ModelHeader header;
  std::uint64_t filters_offset = 0;  ///< float [mel_bands][kSpectrumBins]
  std::vector<std::string> pieces;   ///< of the vocabulary; special tokens may be missing at its end
  std::vector<Tensor> tensors;
};

constexpr std::int32_t kSpectrumBins = 201;  ///< of a 400-point transform

/// A model file that has been walked over: every place in `layout` is inside it.
struct OpenModelFile {
  UniqueFd fd;
  ModelLayout layout;
};

/// Errors as check_model_file.
Result<OpenModelFile> open_model_file(const std::string& path);
/// kModelInvalid with what to do about it.
std::unexpected<Error> invalid_model(const std::string& path, std::string_view what);

}  // namespace zimu::asr
