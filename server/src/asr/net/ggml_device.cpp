#include "asr/net/ggml_device.hpp"

#include <fmt/core.h>

#include <cstdio>
#include <cstdlib>

#include "asr/host.hpp"
#include "base/check.hpp"

namespace zimu::asr {
namespace {

void take_log(ggml_log_level, const char* text, void*) {
  const char* level = std::getenv("ZIMU_LOG_LEVEL");
  if (level == nullptr) return;
  if (std::string_view(level) == "debug" || std::string_view(level) == "trace") std::fputs(text, stderr);
}

/// Images that suit every CPU keep ggml's backends in files beside the program.
void load_backends() {
  ggml_log_set(take_log, nullptr);
  if (ggml_backend_dev_count() == 0) ggml_backend_load_all();
}

ggml_backend_dev_t find_gpu() {
  ggml_backend_dev_t gpu = ggml_backend_dev_by_type(GGML_BACKEND_DEVICE_TYPE_GPU);
  return gpu != nullptr ? gpu : ggml_backend_dev_by_type(GGML_BACKEND_DEVICE_TYPE_IGPU);
}

void set_threads(ggml_backend_t backend, int threads) {
  const auto registry = ggml_backend_dev_backend_reg(ggml_backend_get_device(backend));
  const auto set = reinterpret_cast<ggml_backend_set_n_threads_t>(
      ggml_backend_reg_get_proc_address(registry, "ggml_backend_set_n_threads"));
  if (set != nullptr) set(backend, threads > 0 ? threads : usable_cores());
}

std::uint64_t free_memory(ggml_backend_t backend) {
  if (is_processor(backend)) return available_memory();
  std::size_t free = 0;
  std::size_t total = 0;
  ggml_backend_dev_memory(ggml_backend_get_device(backend), &free, &total);
  return free;
}

}  // namespace

bool has_gpu_device() {
  load_backends();
  return find_gpu() != nullptr;
}

Result<ggml_backend_ptr> open_ggml_device(const std::string& device, int threads) {
  load_backends();
  const ggml_backend_dev_t gpu = device == "cpu" ? nullptr : find_gpu();
  if (gpu != nullptr) {
    ggml_backend_ptr backend(ggml_backend_dev_init(gpu, nullptr));
    if (backend) return backend;
  }
  if (device == "cuda") {
    return fail(ErrorCode::kUnavailable, "the device cuda was asked for, but no CUDA GPU can be used",
                "choose device auto or cpu, or see `zimu doctor` for what the GPU lacks");
  }
  ggml_backend_ptr backend(ggml_backend_init_by_type(GGML_BACKEND_DEVICE_TYPE_CPU, nullptr));
  if (!backend) return fail(ErrorCode::kUnavailable, "no ggml backend for processors can be loaded");
  set_threads(backend.get(), threads);
  return backend;
}

bool is_processor(ggml_backend_t backend) {
  return ggml_backend_dev_type(ggml_backend_get_device(backend)) == GGML_BACKEND_DEVICE_TYPE_CPU;
}

std::unexpected<Error> no_device_room(ggml_backend_t backend, std::uint64_t bytes, std::string_view what) {
  return fail(ErrorCode::kOutOfMemory,
              fmt::format("{} needs {} MB of {}memory, {} MB are free", what, (bytes >> 20U) + 1,
                          is_processor(backend) ? "" : "GPU ", free_memory(backend) >> 20U),
              "use a smaller or quantised model, or give it more memory");
}

Result<> check_device_room(ggml_backend_t backend, std::uint64_t bytes, std::string_view what) {
  const std::uint64_t left = free_memory(backend);
  if (left == 0 || bytes <= left) return {};
  return no_device_room(backend, bytes, what);
}

ggml_context_ptr make_ggml_context(std::size_t tensors, std::size_t graph_nodes) {
  ggml_init_params params{};
  params.mem_size = tensors * ggml_tensor_overhead();
  if (graph_nodes > 0) params.mem_size += ggml_graph_overhead_custom(graph_nodes, false);
  params.no_alloc = true;
  ggml_context_ptr context(ggml_init(params));
  ZIMU_CHECK(context != nullptr);
  return context;
}

Result<ggml_backend_buffer_ptr> allocate_tensors(ggml_backend_t backend, ggml_context* context, std::string_view what) {
  const std::size_t bytes =
      ggml_backend_alloc_ctx_tensors_from_buft_size(context, ggml_backend_get_default_buffer_type(backend));
  ZIMU_TRY_VOID(check_device_room(backend, bytes, what));
  ggml_backend_buffer_ptr buffer(ggml_backend_alloc_ctx_tensors(context, backend));
  if (!buffer) return no_device_room(backend, bytes, what);
  ggml_backend_buffer_clear(buffer.get(), 0);
  return buffer;
}

}  // namespace zimu::asr
