#include "models/ggml_file.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <map>

#include <fmt/format.h>

#include "base/file.hpp"
#include "models/byte_reader.hpp"
#include "models/ggml_format.hpp"
#include "models/mel_filters.hpp"

namespace zimu::models {
namespace {

constexpr std::size_t kHeadBytes = 12 * sizeof(std::int32_t);
constexpr std::uint32_t kMaxTokenBytes = 1024;  // the longest token of Whisper has 128
constexpr std::int32_t kMaxNameBytes = 256;
constexpr std::int32_t kMaxDims = 3;

std::int32_t plain_ftype(const Hparams& h) { return h.ftype % kQuantVersionFactor; }

Result<Hparams> read_head(ByteReader& reader) {
  ZIMU_TRY(const auto magic, reader.value<std::uint32_t>("the magic number"));
  if (magic != kGgmlMagic) {
    return fail(ErrorCode::kModelInvalid, "this is no ggml Whisper file (wrong magic number)",
                "give a ggml-*.bin file, a CTranslate2 folder or a Hugging Face folder");
  }
  Hparams h;
  for (std::int32_t* field : {&h.n_vocab, &h.n_audio_ctx, &h.n_audio_state, &h.n_audio_head, &h.n_audio_layer, &h.n_text_ctx,
                              &h.n_text_state, &h.n_text_head, &h.n_text_layer, &h.n_mels, &h.ftype}) {
    ZIMU_TRY(*field, reader.value<std::int32_t>("the header"));
  }
  ZIMU_TRY_VOID(check_hparams(h));
  if (h.ftype < 0 || !weight_type(plain_ftype(h))) {
    return fail(ErrorCode::kModelInvalid, fmt::format("the header names the unknown weight type {}", h.ftype));
  }
  return h;
}

Result<std::vector<float>> read_mel(ByteReader& reader, const Hparams& h) {
  ZIMU_TRY(const auto bands, reader.value<std::int32_t>("the mel filters"));
  ZIMU_TRY(const auto bins, reader.value<std::int32_t>("the mel filters"));
  if (bands != h.n_mels || bins != kSpectrumBins) {
    return fail(ErrorCode::kModelInvalid, fmt::format("the mel filters are {} x {} instead of {} x {}", bands, bins, h.n_mels,
                                                      kSpectrumBins));
  }
  std::vector<float> mel(static_cast<std::size_t>(bands) * kSpectrumBins);
  ZIMU_TRY(const auto raw, reader.take(mel.size() * sizeof(float), "the mel filters"));
  std::memcpy(mel.data(), raw.data(), raw.size());
  return mel;
}

Result<std::vector<std::string>> read_tokens(ByteReader& reader, const Hparams& h) {
  ZIMU_TRY(const auto count, reader.value<std::int32_t>("the vocabulary"));
  if (count < 1 || count > h.n_vocab) {
    return fail(ErrorCode::kModelInvalid, fmt::format("the vocabulary lists {} tokens; the header says {}", count, h.n_vocab));
  }
  std::vector<std::string> tokens;
  for (std::int32_t i = 0; i < count; ++i) {
    ZIMU_TRY(const auto length, reader.value<std::uint32_t>("the vocabulary"));
    if (length > kMaxTokenBytes) {
      return fail(ErrorCode::kModelInvalid, fmt::format("token {} of the vocabulary has {} bytes", i, length));
    }
    ZIMU_TRY(auto token, reader.text(length, "the vocabulary"));
    tokens.push_back(std::move(token));
  }
  return tokens;
}

GgmlType expected_type(const TensorSpec& spec, const Hparams& h) {
  if (spec.f32) return kTypeF32;
  if (spec.quantizable()) return *weight_type(plain_ftype(h));
  return plain_ftype(h) == kFtypeF32 ? kTypeF32 : kTypeF16;
}

struct TensorHead {
  std::string name;
  std::int32_t type = 0;
  std::vector<std::uint64_t> dims;  ///< row-major, as everywhere here; the file has them the other way round
};

Result<TensorHead> read_tensor_head(ByteReader& reader) {
  TensorHead head;
  ZIMU_TRY(const auto dims, reader.value<std::int32_t>("a tensor's head"));
  ZIMU_TRY(const auto name_bytes, reader.value<std::int32_t>("a tensor's head"));
  ZIMU_TRY(head.type, reader.value<std::int32_t>("a tensor's head"));
  if (dims < 1 || dims > kMaxDims || name_bytes < 1 || name_bytes > kMaxNameBytes) {
    return fail(ErrorCode::kModelInvalid, fmt::format("the tensor at offset {} has an impossible head", reader.offset()));
  }
  for (std::int32_t i = 0; i < dims; ++i) {
    ZIMU_TRY(const auto dim, reader.value<std::int32_t>("a tensor's shape"));
    if (dim < 1) return fail(ErrorCode::kModelInvalid, fmt::format("a tensor before offset {} is empty", reader.offset()));
    head.dims.insert(head.dims.begin(), static_cast<std::uint64_t>(dim));
  }
  ZIMU_TRY(head.name, reader.text(static_cast<std::uint64_t>(name_bytes), "a tensor's name"));
  return head;
}

Result<> read_tensor(ByteReader& reader, std::map<std::string, TensorSpec>& missing, WhisperModel& model) {
  ZIMU_TRY(const auto head, read_tensor_head(reader));
  const auto spec = missing.find(head.name);
  if (spec == missing.end()) {
    return fail(ErrorCode::kModelInvalid, fmt::format("tensor \"{}\" is unknown or there twice", head.name));
  }
  const GgmlType type = expected_type(spec->second, model.hparams);
  if (head.dims != spec->second.dims || head.type != type.id || head.dims.back() % type.block_elements != 0) {
    return fail(ErrorCode::kModelInvalid, fmt::format("tensor {} has type {} and shape {}; expected are {} and {}", head.name,
                                                      head.type, shape_text(head.dims), type.id, shape_text(spec->second.dims)));
  }
  ZIMU_TRY(const auto count, count_elements(head.dims, head.name));
  ZIMU_TRY(const auto data, reader.take(count / type.block_elements * type.block_bytes, head.name));
  if (type.block_elements == 1) {
    const DType dtype = type.id == kTypeF32.id ? DType::kF32 : DType::kF16;
    model.tensors.emplace(head.name, Tensor{head.dims, dtype, data, {}});
  }
  missing.erase(spec);
  return {};
}

}  // namespace

std::optional<GgmlType> weight_type(std::int32_t ftype) {
  switch (ftype) {
    case kFtypeF32: return kTypeF32;
    case kFtypeF16: return kTypeF16;
    case 2: return GgmlType{2, 32, 18};    // Q4_0
    case 3: return GgmlType{3, 32, 20};    // Q4_1
    case kFtypeQ8_0: return kTypeQ8_0;
    case 8: return GgmlType{6, 32, 22};    // Q5_0
    case 9: return GgmlType{7, 32, 24};    // Q5_1
    case 10: return GgmlType{10, 256, 84};   // Q2_K
    case 11: return GgmlType{11, 256, 110};  // Q3_K
    case 12: return GgmlType{12, 256, 144};  // Q4_K
    case 13: return GgmlType{13, 256, 176};  // Q5_K
    case 14: return GgmlType{14, 256, 210};  // Q6_K
    default: return std::nullopt;
  }
}

bool is_quantized(const Hparams& hparams) noexcept { return plain_ftype(hparams) > kFtypeF16; }

Result<Hparams> parse_ggml_head(std::span<const std::byte> bytes) {
  ByteReader reader(bytes);
  return read_head(reader);
}

Result<Hparams> read_ggml_head(const std::filesystem::path& path) {
  ZIMU_TRY(const UniqueFd fd, open_file(path, O_RDONLY));
  std::array<std::byte, kHeadBytes> head{};
  const ssize_t size = ::pread(fd.get(), head.data(), head.size(), 0);
  if (size < 0) return std::unexpected(error_from_errno(errno, fmt::format("cannot read {}", path.string())));
  auto hparams = parse_ggml_head(std::span(head).first(static_cast<std::size_t>(size)));
  if (!hparams) {
    const Error& error = hparams.error();
    return fail(error.code, fmt::format("{}: {}", path.string(), error.message), error.action);
  }
  return hparams;
}

Result<WhisperModel> parse_ggml(std::span<const std::byte> bytes) {
  ByteReader reader(bytes);
  WhisperModel model;
  ZIMU_TRY(model.hparams, read_head(reader));
  ZIMU_TRY(model.mel, read_mel(reader, model.hparams));
  ZIMU_TRY(model.tokens, read_tokens(reader, model.hparams));
  std::map<std::string, TensorSpec> missing;
  for (TensorSpec& spec : whisper_tensors(model.hparams)) missing.emplace(spec.name, spec);
  while (reader.remaining() > 0) ZIMU_TRY_VOID(read_tensor(reader, missing, model));
  if (!missing.empty()) {
    return fail(ErrorCode::kModelInvalid,
                fmt::format("{} tensors are missing, among them {}", missing.size(), missing.begin()->first),
                "the file is damaged or its download was cut; get it again");
  }
  return model;
}

Result<WhisperModel> read_ggml_file(const std::filesystem::path& path) {
  ZIMU_TRY(auto mapped, MappedFile::open(path));
  auto model = parse_ggml(mapped.bytes());
  if (!model) {
    const Error& error = model.error();
    return fail(error.code, fmt::format("{}: {}", path.string(), error.message), error.action);
  }
  model->files.push_back(std::move(mapped));
  return model;
}

}  // namespace zimu::models
