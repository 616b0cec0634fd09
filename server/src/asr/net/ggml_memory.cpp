#include "asr/net/ggml_memory.hpp"

#include <fmt/core.h>

#include <ggml.h>

#include "asr/net/ggml_device.hpp"

namespace zimu::asr {

Result<GgmlMemory> GgmlMemory::make(const ModelHeader& h, const Size& size, ggml_backend_t backend) {
  GgmlMemory memory;
  memory.size = size;
  memory.context = make_ggml_context(4 * static_cast<std::size_t>(h.text_layers));
  const auto half = [&](std::int64_t a, std::int64_t b, std::int64_t c) {
    return ggml_new_tensor_3d(memory.context.get(), GGML_TYPE_F16, a, b, c);
  };
  for (int i = 0; i < h.text_layers; ++i) {
    Layer layer;
    layer.audio_keys = half(h.text_width, h.audio_context, size.windows);
    layer.audio_values = size.transposed ? half(h.audio_context, h.text_width, size.windows)
                                         : half(h.text_width, h.audio_context, size.windows);
    layer.text_keys = half(h.text_width, size.positions, size.slots + 1);
    layer.text_values = half(h.text_width, size.positions, size.slots + 1);
    memory.layers.push_back(layer);
  }
  const std::string what = fmt::format("the memory for {} windows and {} texts", size.windows, size.slots);
  ZIMU_TRY(memory.buffer, allocate_tensors(backend, memory.context.get(), what));
  return memory;
}

void GgmlMemory::copy_slot(int from, int to, int positions) const {
  if (from == to || positions <= 0) return;
  const ggml_context_ptr views = make_ggml_context(4 * layers.size());
  const auto part = [&](ggml_tensor* of, int slot) {
    ggml_tensor* view = ggml_view_1d(views.get(), of, positions * of->ne[0], static_cast<std::size_t>(slot) * of->nb[2]);
    ggml_backend_view_init(view);
    return view;
  };
  for (const Layer& layer : layers) {
    for (ggml_tensor* tensor : {layer.text_keys, layer.text_values}) {
      ggml_backend_tensor_copy(part(tensor, from), part(tensor, to));
    }
  }
}

}  // namespace zimu::asr
