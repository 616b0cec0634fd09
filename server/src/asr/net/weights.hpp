#pragma once
#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "asr/model_file.hpp"
#include "asr/vocabulary.hpp"
#include "base/result.hpp"

namespace zimu::asr {

/// A ggml Whisper file mapped into memory: tensors by name, as they lie there. Thread: any (immutable).
class WeightFile {
 public:
  struct Tensor {
    int type = 0;                      ///< ggml_type
    std::vector<std::int64_t> extent;  ///< ggml's order: the fastest first
    std::span<const std::byte> bytes;
    std::int64_t elements() const;
  };

  /// Errors as check_model_file.
  static Result<std::unique_ptr<WeightFile>> open(const std::string& path);
  ~WeightFile();
  WeightFile(const WeightFile&) = delete;
  WeightFile& operator=(const WeightFile&) = delete;

  const ModelHeader& header() const noexcept { return header_; }
  std::span<const float> mel_filters() const noexcept { return filters_; }  ///< [mel_bands][201]
  std::unique_ptr<const Vocabulary> vocabulary() const;
  /// CHECKs that it is there: `open` has seen the names.
  const Tensor& tensor(const std::string& name) const;
  std::vector<float> floats(const std::string& name) const;
  /// Takes the file's pages out of this process's memory; those that are read again come back by themselves.
  void let_go() const noexcept;
  const std::map<std::string, Tensor>& tensors() const noexcept { return tensors_; }

 private:
  WeightFile() = default;
  ModelHeader header_;
  std::vector<float> filters_;
  std::vector<std::string> pieces_;
  std::map<std::string, Tensor> tensors_;
  void* map_ = nullptr;
  std::size_t map_bytes_ = 0;
};

}  // namespace zimu::asr
