#pragma once
#include <memory>
#include <optional>
#include <string>

#include "asr/net/net.hpp"
#include "asr/net/weights.hpp"
#include "base/result.hpp"

namespace zimu::asr {

struct GgmlNetOptions {
  std::string device = "auto";  ///< "auto", "cpu" or "cuda"
  int threads = 0;              ///< of a processor; 0: all that may be used
  int windows = 8;
  int slots = 16;
  std::optional<bool> fused;    ///< attention in one kernel; as the device can, when not said
  std::optional<bool> steady;   ///< graphs of few shapes; on GPUs, when not said
};

/// Whisper as ggml graphs on any of its devices, weights in the file's own types: one graph runs the encoder for a
/// window, one a step of the decoder for many. Graphs of a shape seen lately are used again as they stand, so that a
/// GPU can replay them. The file is not needed afterwards. kUnavailable, kOutOfMemory.
Result<std::unique_ptr<Net>> load_ggml_net(const WeightFile& file, const GgmlNetOptions& options);

}  // namespace zimu::asr
