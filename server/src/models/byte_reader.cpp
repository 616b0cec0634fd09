#include "models/byte_reader.hpp"

#include <bit>

#include <fmt/format.h>

namespace zimu::models {

static_assert(std::endian::native == std::endian::little, "model files are little endian, and so is every target");

Result<std::span<const std::byte>> ByteReader::take(std::uint64_t count, std::string_view what) {
  if (count > remaining()) {
    return fail(ErrorCode::kModelInvalid,
                fmt::format("the file ends inside {}: {} bytes wanted at offset {}, {} left", what, count, offset_,
                            remaining()),
                "the file is damaged or its download was cut; get it again");
  }
  const auto piece = bytes_.subspan(offset_, static_cast<std::size_t>(count));
  offset_ += static_cast<std::size_t>(count);
  return piece;
}

Result<std::string> ByteReader::text(std::uint64_t count, std::string_view what) {
  ZIMU_TRY(const auto raw, take(count, what));
  std::string out(raw.size(), '\0');
  if (!raw.empty()) std::memcpy(out.data(), raw.data(), raw.size());
  return out;
}

}  // namespace zimu::models
