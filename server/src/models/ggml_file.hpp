#pragma once
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>

#include "base/result.hpp"
#include "models/whisper_layout.hpp"

namespace zimu::models {

/// A ggml Whisper file, wholly checked: the engine's own loader trusts the lengths in the file, so nothing reaches it
/// that did not pass here. kModelInvalid tells what is wrong. Safe on any bytes.
/// F16 and F32 tensors are views of `bytes`; quantised ones are checked but left out of `tensors`.
Result<WhisperModel> parse_ggml(std::span<const std::byte> bytes);

/// Just the head: magic and the eleven numbers. Cheap; for lists.
Result<Hparams> parse_ggml_head(std::span<const std::byte> bytes);
Result<Hparams> read_ggml_head(const std::filesystem::path& path);

/// The file mapped and parsed; errors name it.
Result<WhisperModel> read_ggml_file(const std::filesystem::path& path);

/// True when the big weights are quantised (so they cannot be quantised again).
bool is_quantized(const Hparams& hparams) noexcept;

}  // namespace zimu::models
