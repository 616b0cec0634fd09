#include "models/ct2_file.hpp"

#include <fmt/format.h>

#include "models/byte_reader.hpp"

namespace zimu::models {
namespace {

constexpr std::uint32_t kOldestVersion = 4;  // the first that names the element type
constexpr std::uint32_t kNewestVersion = 6;
constexpr std::uint32_t kMaxEntries = 65536;  // Whisper large has fewer than 2000 variables
constexpr std::uint8_t kMaxRank = 8;

Result<std::string> read_name(ByteReader& reader) {
  ZIMU_TRY(const auto length, reader.value<std::uint16_t>("a name's length"));
  ZIMU_TRY(auto name, reader.text(length, "a name"));
  if (name.empty() || name.back() != '\0') {
    return fail(ErrorCode::kModelInvalid, fmt::format("the name before offset {} has no end mark", reader.offset()));
  }
  name.pop_back();
  return name;
}

Result<DType> dtype_from_code(std::uint8_t code, std::string_view name) {
  switch (code) {
    case 0: return DType::kF32;
    case 1: return DType::kI8;
    case 2: return DType::kI16;
    case 3: return DType::kI32;
    case 4: return DType::kF16;
    case 5: return DType::kBF16;
    default: return fail(ErrorCode::kModelInvalid, fmt::format("variable {} has the unknown element type {}", name, code));
  }
}

Result<std::uint32_t> read_count(ByteReader& reader, std::string_view what) {
  ZIMU_TRY(const auto count, reader.value<std::uint32_t>(what));
  if (count > kMaxEntries) {
    return fail(ErrorCode::kModelInvalid, fmt::format("{} is {}, more than any Whisper model has", what, count));
  }
  return count;
}

Result<> read_variable(ByteReader& reader, TensorTable& table) {
  ZIMU_TRY(auto name, read_name(reader));
  ZIMU_TRY(const auto rank, reader.value<std::uint8_t>("a variable's rank"));
  if (rank > kMaxRank) return fail(ErrorCode::kModelInvalid, fmt::format("variable {} has {} dimensions", name, rank));
  Tensor tensor;
  for (std::uint8_t i = 0; i < rank; ++i) {
    ZIMU_TRY(const auto dim, reader.value<std::uint32_t>("a variable's shape"));
    tensor.dims.push_back(dim);
  }
  ZIMU_TRY(const auto code, reader.value<std::uint8_t>("an element type"));
  ZIMU_TRY(tensor.dtype, dtype_from_code(code, name));
  ZIMU_TRY(const auto size, reader.value<std::uint32_t>("a variable's size"));
  ZIMU_TRY(const auto count, count_elements(tensor.dims, name));
  if (size != count * dtype_size(tensor.dtype)) {
    return fail(ErrorCode::kModelInvalid, fmt::format("variable {} of shape {} holds {} bytes instead of {}", name,
                                                      shape_text(tensor.dims), size, count * dtype_size(tensor.dtype)));
  }
  ZIMU_TRY(tensor.data, reader.take(size, name));
  if (!table.emplace(name, std::move(tensor)).second) {
    return fail(ErrorCode::kModelInvalid, fmt::format("variable {} is there twice", name));
  }
  return {};
}

Result<> read_aliases(ByteReader& reader, TensorTable& table) {
  ZIMU_TRY(const auto count, read_count(reader, "the number of aliases"));
  for (std::uint32_t i = 0; i < count; ++i) {
    ZIMU_TRY(auto alias, read_name(reader));
    ZIMU_TRY(const auto target, read_name(reader));
    const auto found = table.find(target);
    if (found == table.end()) {
      return fail(ErrorCode::kModelInvalid, fmt::format("alias {} points at {}, which is not there", alias, target));
    }
    table.emplace(std::move(alias), Tensor(found->second));
  }
  return {};
}

/// Joins `x_scale` to integer `x`: CTranslate2 stores round(value * scale).
Result<> attach_scales(TensorTable& table) {
  for (auto& [name, tensor] : table) {
    if (tensor.dtype != DType::kI8 && tensor.dtype != DType::kI16) continue;
    const auto scale = table.find(name + "_scale");
    if (scale == table.end()) continue;  // an attribute such as decoder/num_heads
    const std::uint64_t count = scale->second.elements();
    if (scale->second.dtype != DType::kF32 || (count != 1 && count != tensor.rows())) {
      return fail(ErrorCode::kModelInvalid, fmt::format("the scale of {} has the wrong type or size", name));
    }
    tensor.scales = scale->second.data;
  }
  return {};
}

}  // namespace

Result<Ct2File> parse_ct2(std::span<const std::byte> bytes) {
  ByteReader reader(bytes);
  Ct2File file;
  ZIMU_TRY(file.version, reader.value<std::uint32_t>("the file version"));
  if (file.version < kOldestVersion || file.version > kNewestVersion) {
    return fail(ErrorCode::kUnsupported,
                fmt::format("this is no CTranslate2 model, or one of binary version {}; versions {} to {} are read",
                            file.version, kOldestVersion, kNewestVersion),
                "convert the model again with a current CTranslate2");
  }
  ZIMU_TRY(file.spec_name, read_name(reader));
  ZIMU_TRY(file.revision, reader.value<std::uint32_t>("the specification revision"));
  ZIMU_TRY(const auto count, read_count(reader, "the number of variables"));
  for (std::uint32_t i = 0; i < count; ++i) ZIMU_TRY_VOID(read_variable(reader, file.variables));
  ZIMU_TRY_VOID(read_aliases(reader, file.variables));
  if (reader.remaining() != 0) {
    return fail(ErrorCode::kModelInvalid, fmt::format("{} bytes follow the end of the model", reader.remaining()));
  }
  ZIMU_TRY_VOID(attach_scales(file.variables));
  return file;
}

}  // namespace zimu::models
