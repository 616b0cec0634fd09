#include "asr/vad/weights.hpp"

#include <bit>
#include <cstring>
#include <string_view>

#include "base/check.hpp"

// The file itself becomes a part of the program.
asm(".pushsection .rodata\n"
    ".balign 16\n"
    ".hidden zimu_silero_begin\n"
    ".globl zimu_silero_begin\n"
    "zimu_silero_begin:\n"
    ".incbin \"" ZIMU_SILERO_FILE "\"\n"
    ".hidden zimu_silero_end\n"
    ".globl zimu_silero_end\n"
    "zimu_silero_end:\n"
    ".byte 0\n"
    ".popsection\n");
extern "C" const char zimu_silero_begin[];
extern "C" const char zimu_silero_end[];

namespace zimu::asr::vad {
namespace {

constexpr std::string_view kMagic = "ZIMUVAD1";
static_assert(std::endian::native == std::endian::little, "the file is little-endian");

}  // namespace

WeightReader::WeightReader() {
  const std::string_view file(zimu_silero_begin, static_cast<std::size_t>(zimu_silero_end - zimu_silero_begin));
  ZIMU_CHECK(file.starts_with(kMagic));
  const std::string_view numbers = file.substr(kMagic.size());
  values_.resize(numbers.size() / sizeof(float));
  std::memcpy(values_.data(), numbers.data(), values_.size() * sizeof(float));
}

std::span<const float> WeightReader::next(std::size_t count) {
  ZIMU_CHECK(count <= values_.size() - at_);
  const std::span<const float> taken(values_.data() + at_, count);
  at_ += count;
  return taken;
}

}  // namespace zimu::asr::vad
