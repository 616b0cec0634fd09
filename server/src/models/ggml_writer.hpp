#pragma once
#include <cstdint>
#include <functional>
#include <span>

#include "base/result.hpp"
#include "models/hashing_file.hpp"
#include "models/whisper_layout.hpp"

namespace zimu::models {

enum class WeightFormat : std::uint8_t { kF16, kQ8_0 };

/// Called with bytes written so far and in all; false ends the work with kCancelled.
using OnWritten = std::function<bool(std::uint64_t done, std::uint64_t total)>;

/// The size `write_ggml` will write.
std::uint64_t ggml_size(const WhisperModel& model, WeightFormat format);

/// Writes the model as whisper.cpp reads it: matrices as F16 or Q8_0, convolutions as F16, the rest as F32.
/// kUnsupported when Q8_0 is wanted and the width is no multiple of its block of 32.
Result<> write_ggml(const WhisperModel& model, WeightFormat format, HashingFile& out, const OnWritten& on_written);

/// ggml's Q8_0: per 32 values an F16 scale d = max|x| / 127, then 32 int8 round(x / d). `values` is a multiple of 32.
std::vector<std::byte> quantize_q8_0(std::span<const float> values);

}  // namespace zimu::models
