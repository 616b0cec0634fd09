#include "models/ggml_writer.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>

#include <fmt/format.h>

#include "base/check.hpp"
#include "models/ggml_format.hpp"
#include "models/half.hpp"
#include "models/mel_filters.hpp"

namespace zimu::models {
namespace {

constexpr std::size_t kChunkElements = 1U << 16U;  // a multiple of every block size

GgmlType output_type(const TensorSpec& spec, WeightFormat format) {
  if (spec.f32) return kTypeF32;
  return format == WeightFormat::kQ8_0 && spec.quantizable() ? kTypeQ8_0 : kTypeF16;
}

std::uint64_t element_count(const TensorSpec& spec) {
  std::uint64_t count = 1;
  for (const std::uint64_t dim : spec.dims) count *= dim;
  return count;
}

std::uint64_t data_bytes(const TensorSpec& spec, const GgmlType& type) {
  return element_count(spec) / type.block_elements * type.block_bytes;
}

Result<> write_head(const WhisperModel& model, WeightFormat format, HashingFile& out) {
  Hparams h = model.hparams;
  h.ftype = format == WeightFormat::kQ8_0 ? kQuantVersion * kQuantVersionFactor + kFtypeQ8_0 : kFtypeF16;
  const std::array<std::int32_t, 14> head{static_cast<std::int32_t>(kGgmlMagic), h.n_vocab, h.n_audio_ctx, h.n_audio_state,
                                          h.n_audio_head, h.n_audio_layer, h.n_text_ctx, h.n_text_state, h.n_text_head,
                                          h.n_text_layer, h.n_mels, h.ftype, h.n_mels, kSpectrumBins};
  ZIMU_TRY_VOID(out.write(std::as_bytes(std::span(head))));
  ZIMU_TRY_VOID(out.write(std::as_bytes(std::span(model.mel))));
  ZIMU_TRY_VOID(out.write_value(static_cast<std::int32_t>(model.tokens.size())));
  for (const std::string& token : model.tokens) {
    ZIMU_TRY_VOID(out.write_value(static_cast<std::int32_t>(token.size())));
    ZIMU_TRY_VOID(out.write(std::as_bytes(std::span(token))));
  }
  return {};
}

Result<> write_tensor_head(const TensorSpec& spec, const GgmlType& type, HashingFile& out) {
  ZIMU_TRY_VOID(out.write_value(static_cast<std::int32_t>(spec.dims.size())));
  ZIMU_TRY_VOID(out.write_value(static_cast<std::int32_t>(spec.name.size())));
  ZIMU_TRY_VOID(out.write_value(type.id));
  for (auto dim = spec.dims.rbegin(); dim != spec.dims.rend(); ++dim) {  // ggml counts the innermost dimension first
    ZIMU_TRY_VOID(out.write_value(static_cast<std::int32_t>(*dim)));
  }
  return out.write(std::as_bytes(std::span(spec.name)));
}

Result<> write_values(std::span<const float> values, const GgmlType& type, HashingFile& out) {
  if (type.id == kTypeF32.id) return out.write(std::as_bytes(values));
  if (type.id == kTypeQ8_0.id) return out.write(quantize_q8_0(values));
  std::vector<std::uint16_t> halves(values.size());
  std::transform(values.begin(), values.end(), halves.begin(), half_from_float);
  return out.write(std::as_bytes(std::span(halves)));
}

Result<> write_tensor_data(const Tensor& tensor, const GgmlType& type, HashingFile& out,
                           const std::function<Result<>()>& after_chunk) {
  const std::uint64_t count = tensor.elements();
  const bool as_is = (tensor.dtype == DType::kF16 && type.id == kTypeF16.id) ||
                     (tensor.dtype == DType::kF32 && type.id == kTypeF32.id);
  std::vector<float> values;
  for (std::uint64_t done = 0; done < count;) {
    const auto size = static_cast<std::size_t>(std::min<std::uint64_t>(kChunkElements, count - done));
    if (as_is) {
      const std::size_t width = dtype_size(tensor.dtype);
      ZIMU_TRY_VOID(out.write(tensor.data.subspan(done * width, size * width)));
    } else {
      values.resize(size);
      read_values(tensor, done, values);
      ZIMU_TRY_VOID(write_values(values, type, out));
    }
    done += size;
    ZIMU_TRY_VOID(after_chunk());
  }
  return {};
}

}  // namespace

std::uint64_t ggml_size(const WhisperModel& model, WeightFormat format) {
  std::uint64_t size = 15 * sizeof(std::int32_t) + model.mel.size() * sizeof(float);
  for (const std::string& token : model.tokens) size += sizeof(std::int32_t) + token.size();
  for (const TensorSpec& spec : whisper_tensors(model.hparams)) {
    size += (3 + spec.dims.size()) * sizeof(std::int32_t) + spec.name.size();
    size += data_bytes(spec, output_type(spec, format));
  }
  return size;
}

Result<> write_ggml(const WhisperModel& model, WeightFormat format, HashingFile& out, const OnWritten& on_written) {
  if (format == WeightFormat::kQ8_0 &&
      static_cast<std::uint64_t>(model.hparams.n_audio_state) % kTypeQ8_0.block_elements != 0) {
    return fail(ErrorCode::kUnsupported,
                fmt::format("a model of width {} cannot be quantised to q8_0", model.hparams.n_audio_state),
                "import it without --quantize");
  }
  const std::uint64_t total = ggml_size(model, format);
  const auto after_chunk = [&out, &on_written, total]() -> Result<> {
    if (on_written && !on_written(out.size(), total)) return fail(ErrorCode::kCancelled, "the conversion was cancelled");
    return {};
  };
  ZIMU_TRY_VOID(write_head(model, format, out));
  for (const TensorSpec& spec : whisper_tensors(model.hparams)) {
    const auto tensor = model.tensors.find(spec.name);
    ZIMU_CHECK(tensor != model.tensors.end() && tensor->second.elements() == element_count(spec));
    const GgmlType type = output_type(spec, format);
    ZIMU_TRY_VOID(write_tensor_head(spec, type, out));
    ZIMU_TRY_VOID(write_tensor_data(tensor->second, type, out, after_chunk));
  }
  ZIMU_CHECK(out.size() == total);
  return {};
}

std::vector<std::byte> quantize_q8_0(std::span<const float> values) {
  constexpr std::size_t kBlock = kTypeQ8_0.block_elements;
  ZIMU_CHECK(values.size() % kBlock == 0);
  std::vector<std::byte> out(values.size() / kBlock * kTypeQ8_0.block_bytes);
  std::byte* at = out.data();
  for (std::size_t first = 0; first < values.size(); first += kBlock) {
    const auto block = values.subspan(first, kBlock);
    float largest = 0.0F;
    for (const float value : block) largest = std::max(largest, std::fabs(value));
    const float scale = largest / 127.0F;
    const float inverse = scale != 0.0F ? 1.0F / scale : 0.0F;
    const std::uint16_t half = half_from_float(scale);
    std::memcpy(at, &half, sizeof half);
    at += sizeof half;
    for (const float value : block) {
      const float level = std::clamp(std::round(value * inverse), -127.0F, 127.0F);
      *at++ = static_cast<std::byte>(static_cast<std::int8_t>(std::isfinite(level) ? level : 0.0F));
    }
  }
  return out;
}

}  // namespace zimu::models
