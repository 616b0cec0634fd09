#pragma once
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

#include "base/result.hpp"
#include "models/tensor.hpp"

namespace zimu::models {

/// A parsed CTranslate2 `model.bin`, binary versions 4 to 6. The tensors are views of the parsed bytes; a quantised
/// weight already carries its `<name>_scale`; aliases are resolved into entries of their own.
struct Ct2File {
  std::uint32_t version = 0;
  std::string spec_name;  ///< "WhisperSpec"
  std::uint32_t revision = 0;
  TensorTable variables;
};

/// Strict: every length is checked, nothing may follow the last alias. kModelInvalid for damage, kUnsupported for
/// another version. Safe on any bytes.
Result<Ct2File> parse_ct2(std::span<const std::byte> bytes);

}  // namespace zimu::models
