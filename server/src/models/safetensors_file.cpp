#include "models/safetensors_file.hpp"

#include <optional>

#include <boost/json.hpp>
#include <fmt/format.h>

#include "models/byte_reader.hpp"

namespace zimu::models {
namespace {

namespace json = boost::json;

constexpr std::uint64_t kMaxHeaderBytes = 100'000'000;  // the format's own limit
constexpr std::size_t kMaxRank = 8;

std::optional<DType> dtype_from_name(std::string_view name) {
  if (name == "F32") return DType::kF32;
  if (name == "F16") return DType::kF16;
  if (name == "BF16") return DType::kBF16;
  return std::nullopt;
}

Result<std::vector<std::uint64_t>> read_numbers(const json::object& entry, std::string_view key, std::string_view tensor) {
  const json::value* value = entry.if_contains(key);
  const json::array* list = value == nullptr ? nullptr : value->if_array();
  if (list == nullptr || list->size() > kMaxRank) {
    return fail(ErrorCode::kModelInvalid, fmt::format("tensor {} has no proper {}", tensor, key));
  }
  std::vector<std::uint64_t> numbers;
  for (const json::value& item : *list) {
    if (!item.is_int64() || item.get_int64() < 0) {
      return fail(ErrorCode::kModelInvalid, fmt::format("tensor {} has no proper {}", tensor, key));
    }
    numbers.push_back(static_cast<std::uint64_t>(item.get_int64()));
  }
  return numbers;
}

Result<std::optional<Tensor>> read_tensor(std::string_view name, const json::value& value, std::span<const std::byte> data) {
  const json::object* entry = value.if_object();
  const json::value* type = entry == nullptr ? nullptr : entry->if_contains("dtype");
  if (type == nullptr || !type->is_string()) {
    return fail(ErrorCode::kModelInvalid, fmt::format("tensor {} has no dtype", name));
  }
  const auto dtype = dtype_from_name(type->get_string());
  if (!dtype) return std::optional<Tensor>{};
  Tensor tensor;
  tensor.dtype = *dtype;
  ZIMU_TRY(tensor.dims, read_numbers(*entry, "shape", name));
  ZIMU_TRY(const auto offsets, read_numbers(*entry, "data_offsets", name));
  ZIMU_TRY(const auto count, count_elements(tensor.dims, name));
  const std::uint64_t size = count * dtype_size(*dtype);
  if (offsets.size() != 2 || offsets[0] > offsets[1] || offsets[1] > data.size() || offsets[1] - offsets[0] != size) {
    return fail(ErrorCode::kModelInvalid, fmt::format("the data of tensor {} lies outside the file or has the wrong size", name),
                "the file is damaged or its download was cut; get it again");
  }
  tensor.data = data.subspan(offsets[0], size);
  return std::optional(std::move(tensor));
}

}  // namespace

Result<TensorTable> parse_safetensors(std::span<const std::byte> bytes) {
  ByteReader reader(bytes);
  ZIMU_TRY(const auto header_size, reader.value<std::uint64_t>("the header length"));
  if (header_size > kMaxHeaderBytes) {
    return fail(ErrorCode::kModelInvalid, fmt::format("a header of {} bytes: this is no safetensors file", header_size));
  }
  ZIMU_TRY(const auto header, reader.text(header_size, "the header"));
  ZIMU_TRY(const auto data, reader.take(reader.remaining(), "the data"));
  boost::system::error_code ec;
  const json::value root = json::parse(header, ec);
  if (ec || !root.is_object()) return fail(ErrorCode::kModelInvalid, "the safetensors header is no proper JSON object");
  TensorTable table;
  for (const auto& [name, value] : root.get_object()) {
    if (name == "__metadata__") continue;
    ZIMU_TRY(auto tensor, read_tensor(name, value, data));
    if (tensor) table.emplace(std::string(name), std::move(*tensor));
  }
  return table;
}

}  // namespace zimu::models
