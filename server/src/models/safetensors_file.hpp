#pragma once
#include <cstddef>
#include <span>

#include "base/result.hpp"
#include "models/tensor.hpp"

namespace zimu::models {

/// The tensors of one safetensors file (https://huggingface.co/docs/safetensors, "Format"): an 8-byte header length, a
/// JSON header, then the data the header's offsets point into. Views of `bytes`. Strict, safe on any bytes.
/// Tensors of types no weight has (I64, BOOL) are left out.
Result<TensorTable> parse_safetensors(std::span<const std::byte> bytes);

}  // namespace zimu::models
