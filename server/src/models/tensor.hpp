#pragma once
#include <cstddef>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"

namespace zimu::models {

enum class DType : std::uint8_t { kF32, kF16, kBF16, kI8, kI16, kI32 };

std::size_t dtype_size(DType dtype) noexcept;

/// A view of one tensor inside a mapped model file; the mapping must outlive it. Row-major, little endian,
/// not necessarily aligned. Integer weights carry `scales` (F32, one for all or one per row): value = q / scale.
struct Tensor {
  std::vector<std::uint64_t> dims;
  DType dtype = DType::kF32;
  std::span<const std::byte> data;
  std::span<const std::byte> scales;

  std::uint64_t elements() const noexcept;
  std::uint64_t rows() const noexcept { return dims.empty() ? 1 : dims.front(); }
};

using TensorTable = std::map<std::string, Tensor, std::less<>>;

/// Product of `dims`; nullopt-like kModelInvalid when it overflows or exceeds what any Whisper model has.
Result<std::uint64_t> count_elements(std::span<const std::uint64_t> dims, std::string_view name);
/// Rows [first, first + count) of the leading dimension; the caller has checked them against `rows()`.
Tensor slice_rows(const Tensor& tensor, std::uint64_t first, std::uint64_t count);
/// Elements from `first` on as floats. `first + out.size()` must not exceed `elements()`.
void read_values(const Tensor& tensor, std::uint64_t first, std::span<float> out);
/// "[512, 80, 3]" for messages.
std::string shape_text(std::span<const std::uint64_t> dims);

}  // namespace zimu::models
