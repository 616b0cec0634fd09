#include "models/tensor.hpp"

#include <cstring>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/check.hpp"
#include "models/half.hpp"

namespace zimu::models {
namespace {

/// The largest tensor of Whisper large has 66 million elements; more than this is a damaged header.
constexpr std::uint64_t kMaxElements = 1ULL << 32U;

template <class T>
T load(std::span<const std::byte> data, std::uint64_t index) {
  T value;
  std::memcpy(&value, data.data() + index * sizeof(T), sizeof(T));
  return value;
}

float raw_value(const Tensor& tensor, std::uint64_t index) {
  switch (tensor.dtype) {
    case DType::kF32: return load<float>(tensor.data, index);
    case DType::kF16: return float_from_half(load<std::uint16_t>(tensor.data, index));
    case DType::kBF16: return float_from_bfloat16(load<std::uint16_t>(tensor.data, index));
    case DType::kI8: return static_cast<float>(load<std::int8_t>(tensor.data, index));
    case DType::kI16: return static_cast<float>(load<std::int16_t>(tensor.data, index));
    case DType::kI32: return static_cast<float>(load<std::int32_t>(tensor.data, index));
  }
  return 0.0F;
}

}  // namespace

std::size_t dtype_size(DType dtype) noexcept {
  switch (dtype) {
    case DType::kF32:
    case DType::kI32: return 4;
    case DType::kF16:
    case DType::kBF16:
    case DType::kI16: return 2;
    case DType::kI8: return 1;
  }
  return 1;
}

std::uint64_t Tensor::elements() const noexcept { return data.size() / dtype_size(dtype); }

Result<std::uint64_t> count_elements(std::span<const std::uint64_t> dims, std::string_view name) {
  std::uint64_t count = 1;
  for (const std::uint64_t dim : dims) {
    if (dim == 0 || dim > kMaxElements || count > kMaxElements / dim) {
      return fail(ErrorCode::kModelInvalid, fmt::format("tensor {} has the impossible shape {}", name, shape_text(dims)));
    }
    count *= dim;
  }
  return count;
}

Tensor slice_rows(const Tensor& tensor, std::uint64_t first, std::uint64_t count) {
  const std::uint64_t rows = tensor.rows();
  ZIMU_CHECK(rows > 0 && first <= rows && count <= rows - first);
  Tensor part = tensor;
  if (!part.dims.empty()) part.dims.front() = count;
  const std::size_t row_bytes = tensor.data.size() / rows;
  part.data = tensor.data.subspan(first * row_bytes, count * row_bytes);
  if (tensor.scales.size() > sizeof(float)) {
    part.scales = tensor.scales.subspan(first * sizeof(float), count * sizeof(float));
  }
  return part;
}

void read_values(const Tensor& tensor, std::uint64_t first, std::span<float> out) {
  ZIMU_CHECK(first <= tensor.elements() && out.size() <= tensor.elements() - first);
  for (std::size_t i = 0; i < out.size(); ++i) out[i] = raw_value(tensor, first + i);
  if (tensor.scales.empty()) return;
  const bool per_row = tensor.scales.size() > sizeof(float);
  const std::uint64_t row_size = per_row ? tensor.elements() / tensor.rows() : tensor.elements();
  for (std::size_t i = 0; i < out.size(); ++i) {
    out[i] /= load<float>(tensor.scales, (first + i) / row_size);
  }
}

std::string shape_text(std::span<const std::uint64_t> dims) { return fmt::format("[{}]", fmt::join(dims, ", ")); }

}  // namespace zimu::models
