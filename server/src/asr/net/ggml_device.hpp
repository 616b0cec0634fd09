#pragma once
#include <cstdint>
#include <ggml-cpp.h>
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace zimu::asr {

/// Whether ggml sees a GPU that it can use; its backends are loaded by then.
bool has_gpu_device();
/// A ggml backend for a whole network. `device`: "auto", "cpu", "cuda"; kUnavailable when there is none such.
Result<ggml_backend_ptr> open_ggml_device(const std::string& device, int threads);
bool is_processor(ggml_backend_t backend);
/// kOutOfMemory when the device cannot give so much more; `what` names the use.
Result<> check_device_room(ggml_backend_t backend, std::uint64_t bytes, std::string_view what);
std::unexpected<Error> no_device_room(ggml_backend_t backend, std::uint64_t bytes, std::string_view what);
/// A context for tensors that live elsewhere.
ggml_context_ptr make_ggml_context(std::size_t tensors, std::size_t graph_nodes = 0);
/// Memory for the context's tensors, zeroed. kOutOfMemory.
Result<ggml_backend_buffer_ptr> allocate_tensors(ggml_backend_t backend, ggml_context* context, std::string_view what);

}  // namespace zimu::asr
