#pragma once
#include <ggml-cpp.h>
#include <vector>

#include "asr/model_file.hpp"
#include "base/result.hpp"

namespace zimu::asr {

/// What the decoder remembers, on the device, in 16 bits: of the audio for each window, of the text for each slot.
struct GgmlMemory {
  struct Layer {
    ggml_tensor* audio_keys = nullptr;    ///< [width, audio_context, windows]
    ggml_tensor* audio_values = nullptr;  ///< the same; [audio_context, width, windows] when `transposed`
    ggml_tensor* text_keys = nullptr;     ///< [width, positions, slots + 1]: the last one is for fillers
    ggml_tensor* text_values = nullptr;   ///< the same
  };
  struct Size {
    int windows = 0;
    int slots = 0;
    int positions = 0;        ///< of a slot; not less than the model's text_context
    bool transposed = false;  ///< for attention by two products
  };
  /// kOutOfMemory.
  static Result<GgmlMemory> make(const ModelHeader& header, const Size& size, ggml_backend_t backend);
  void copy_slot(int from, int to, int positions) const;

  Size size;
  ggml_context_ptr context;
  ggml_backend_buffer_ptr buffer;
  std::vector<Layer> layers;
};

}  // namespace zimu::asr
