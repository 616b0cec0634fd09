#pragma once
#include <cstdint>
#include <optional>

namespace zimu::models {

// The legacy ggml container of whisper.cpp: magic, eleven int32, mel filters, vocabulary, then tensors until the end.
inline constexpr std::uint32_t kGgmlMagic = 0x67676d6c;
inline constexpr std::int32_t kQuantVersion = 2;           ///< ggml's GGML_QNT_VERSION
inline constexpr std::int32_t kQuantVersionFactor = 1000;  ///< ftype = version * factor + ftype
inline constexpr std::int32_t kFtypeF32 = 0;
inline constexpr std::int32_t kFtypeF16 = 1;
inline constexpr std::int32_t kFtypeQ8_0 = 7;

/// A tensor type of ggml: `block_elements` consecutive elements of a row take `block_bytes`.
struct GgmlType {
  std::int32_t id = 0;
  std::uint64_t block_elements = 1;
  std::uint64_t block_bytes = 4;
};
inline constexpr GgmlType kTypeF32{0, 1, 4};
inline constexpr GgmlType kTypeF16{1, 1, 2};
inline constexpr GgmlType kTypeQ8_0{8, 32, 34};

/// The type of a file's big weights, by ftype without its quantisation version; nullopt for one no engine writes.
std::optional<GgmlType> weight_type(std::int32_t ftype);

}  // namespace zimu::models
