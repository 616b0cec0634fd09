// LINK: zimu_models
// Model files are downloads: whatever is in them, a parser answers with a model or a refusal, and every
// tensor lies within the file. The first byte picks the parser.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "base/check.hpp"
#include "models/ct2_whisper.hpp"
#include "models/ggml_file.hpp"
#include "models/hf_whisper.hpp"
#include "models/manifest.hpp"
#include "models/safetensors_file.hpp"
#include "models/vocabulary.hpp"

namespace {

using zimu::models::TensorTable;

constexpr std::size_t kValuesRead = 64;

void check_tensors(const TensorTable& tensors, std::span<const std::byte> file) {
  for (const auto& [name, tensor] : tensors) {
    ZIMU_CHECK(tensor.data.data() >= file.data() &&
               tensor.data.data() + tensor.data.size() <= file.data() + file.size());
    std::uint64_t count = 1;
    for (const auto dim : tensor.dims) count *= dim;
    ZIMU_CHECK(count == tensor.elements());
    std::vector<float> values(std::min<std::uint64_t>(count, kValuesRead));
    read_values(tensor, 0, values);
    read_values(tensor, count - values.size(), values);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace zimu::models;
  if (size == 0) return 0;
  const std::vector<std::byte> file(reinterpret_cast<const std::byte*>(data) + 1,
                                    reinterpret_cast<const std::byte*>(data) + size);
  const std::string_view text(reinterpret_cast<const char*>(file.data()), file.size());
  switch (data[0] % 6) {
    case 0:
      if (const auto model = parse_ggml(file)) check_tensors(model->tensors, file);
      break;
    case 1:
      if (const auto ct2 = parse_ct2(file)) {
        check_tensors(ct2->variables, file);
        if (const auto model = whisper_from_ct2(*ct2)) check_tensors(model->tensors, file);
      }
      break;
    case 2:
      if (const auto tensors = parse_safetensors(file)) check_tensors(*tensors, file);
      break;
    case 3:
      static_cast<void>(parse_manifest(text));
      break;
    case 4:
      static_cast<void>(parse_hf_config(text));
      break;
    default:
      static_cast<void>(parse_vocabulary_json(text, 5));
      static_cast<void>(parse_vocabulary_txt(text, 5));
  }
  return 0;
}
