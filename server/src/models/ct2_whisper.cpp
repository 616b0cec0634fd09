#include "models/ct2_whisper.hpp"

#include <array>
#include <limits>

#include <fmt/format.h>

#include "models/mel_filters.hpp"
#include "models/vocabulary.hpp"

namespace zimu::models {
namespace {

/// Where one of OpenAI's components lives in CTranslate2's tree; `part` of `parts` equal row blocks.
struct Place {
  std::string_view component;
  std::string_view path;
  std::uint64_t part = 0;
  std::uint64_t parts = 1;
};

constexpr std::array kTopPlaces{
    Place{"conv1", "conv1"},
    Place{"conv2", "conv2"},
    Place{"ln_post", "layer_norm"},
    Place{"ln", "layer_norm"},
    Place{"positional_embedding", "position_encodings/encodings"},
    Place{"token_embedding", "embeddings"},
};
constexpr std::array kLayerPlaces{
    Place{"attn_ln", "self_attention/layer_norm"},
    Place{"attn.query", "self_attention/linear_0", 0, 3},
    Place{"attn.key", "self_attention/linear_0", 1, 3},
    Place{"attn.value", "self_attention/linear_0", 2, 3},
    Place{"attn.out", "self_attention/linear_1"},
    Place{"cross_attn_ln", "attention/layer_norm"},
    Place{"cross_attn.query", "attention/linear_0"},
    Place{"cross_attn.key", "attention/linear_1", 0, 2},
    Place{"cross_attn.value", "attention/linear_1", 1, 2},
    Place{"cross_attn.out", "attention/linear_2"},
    Place{"mlp_ln", "ffn/layer_norm"},
    Place{"mlp.0", "ffn/linear_0"},
    Place{"mlp.2", "ffn/linear_1"},
};

const Place* find_place(const NameParts& name) {
  const std::span<const Place> places = name.layer ? std::span<const Place>(kLayerPlaces) : std::span<const Place>(kTopPlaces);
  for (const Place& place : places) {
    if (place.component == name.component) return &place;
  }
  return nullptr;
}

std::string ct2_name(const NameParts& name, const Place& place) {
  std::string out = name.side + "/";
  if (name.layer) out += fmt::format("layer_{}/", *name.layer);
  out += place.path;
  if (name.leaf.empty()) return out;
  if (place.path.ends_with("layer_norm")) return out + (name.leaf == "weight" ? "/gamma" : "/beta");
  return out + "/" + name.leaf;
}

Result<Tensor> find_variable(const Ct2File& file, const std::string& name) {
  const auto found = file.variables.find(name);
  if (found == file.variables.end()) {
    return fail(ErrorCode::kModelInvalid, fmt::format("the model has no variable {}", name),
                "only CTranslate2 conversions of Whisper can be imported");
  }
  return found->second;
}

/// Dimension `axis` of a variable, as a number of the file header.
Result<std::int32_t> dimension(const Ct2File& file, const std::string& name, std::size_t axis) {
  ZIMU_TRY(const auto tensor, find_variable(file, name));
  if (axis >= tensor.dims.size() || tensor.dims[axis] > std::numeric_limits<std::int32_t>::max()) {
    return fail(ErrorCode::kModelInvalid, fmt::format("variable {} has the shape {}", name, shape_text(tensor.dims)));
  }
  return static_cast<std::int32_t>(tensor.dims[axis]);
}

Result<std::int32_t> attribute(const Ct2File& file, const std::string& name) {
  ZIMU_TRY(const auto tensor, find_variable(file, name));
  if (tensor.elements() != 1) return fail(ErrorCode::kModelInvalid, fmt::format("attribute {} is no single number", name));
  float value = 0;
  read_values(tensor, 0, std::span(&value, 1));
  if (!(value >= 0 && value < 65536)) return fail(ErrorCode::kModelInvalid, fmt::format("attribute {} is {}", name, value));
  return static_cast<std::int32_t>(value);
}

std::int32_t count_layers(const Ct2File& file, std::string_view side) {
  std::int32_t layers = 0;
  while (file.variables.contains(fmt::format("{}/layer_{}/self_attention/linear_0/weight", side, layers))) ++layers;
  return layers;
}

Result<Hparams> read_hparams(const Ct2File& file) {
  Hparams h;
  ZIMU_TRY(h.n_vocab, dimension(file, "decoder/embeddings/weight", 0));
  ZIMU_TRY(h.n_text_state, dimension(file, "decoder/embeddings/weight", 1));
  ZIMU_TRY(h.n_text_ctx, dimension(file, "decoder/position_encodings/encodings", 0));
  ZIMU_TRY(h.n_text_head, attribute(file, "decoder/num_heads"));
  h.n_text_layer = count_layers(file, "decoder");
  ZIMU_TRY(h.n_audio_ctx, dimension(file, "encoder/position_encodings/encodings", 0));
  ZIMU_TRY(h.n_audio_state, dimension(file, "encoder/position_encodings/encodings", 1));
  ZIMU_TRY(h.n_audio_head, attribute(file, "encoder/num_heads"));
  h.n_audio_layer = count_layers(file, "encoder");
  ZIMU_TRY(h.n_mels, dimension(file, "encoder/conv1/weight", 1));
  ZIMU_TRY_VOID(check_hparams(h));
  return h;
}

Result<Tensor> find_tensor(const Ct2File& file, const TensorSpec& spec) {
  const NameParts name = split_name(spec.name);
  const Place* place = find_place(name);
  if (place == nullptr) return fail(ErrorCode::kInternal, fmt::format("no CTranslate2 place for {}", spec.name));
  const std::string source = ct2_name(name, *place);
  ZIMU_TRY(auto tensor, find_variable(file, source));
  const bool integer = tensor.dtype == DType::kI8 || tensor.dtype == DType::kI16 || tensor.dtype == DType::kI32;
  if (integer && tensor.scales.empty()) {
    return fail(ErrorCode::kUnsupported, fmt::format("variable {} is quantised without scales", source),
                "import an unquantised or int8 conversion");
  }
  if (tensor.rows() % place->parts != 0) {
    return fail(ErrorCode::kModelInvalid, fmt::format("variable {} cannot be split in {}", source, place->parts));
  }
  const std::uint64_t rows = tensor.rows() / place->parts;
  Tensor part = slice_rows(tensor, place->part * rows, rows);
  ZIMU_TRY_VOID(check_shape(spec, part, source));
  return part;
}

}  // namespace

Result<WhisperModel> whisper_from_ct2(const Ct2File& file) {
  if (file.spec_name != "WhisperSpec") {
    return fail(ErrorCode::kModelInvalid, fmt::format("this is a CTranslate2 {} model, not Whisper", file.spec_name));
  }
  WhisperModel model;
  ZIMU_TRY(model.hparams, read_hparams(file));
  for (const TensorSpec& spec : whisper_tensors(model.hparams)) {
    ZIMU_TRY(auto tensor, find_tensor(file, spec));
    model.tensors.emplace(spec.name, std::move(tensor));
  }
  return model;
}

Result<WhisperModel> read_ct2_folder(const std::filesystem::path& folder) {
  const auto path = folder / "model.bin";
  ZIMU_TRY(auto mapped, MappedFile::open(path));
  const auto in_file = [&path](const Error& error) {
    return std::unexpected(Error{error.code, fmt::format("{}: {}", path.string(), error.message), error.action});
  };
  const auto file = parse_ct2(mapped.bytes());
  if (!file) return in_file(file.error());
  auto model = whisper_from_ct2(*file);
  if (!model) return in_file(model.error());
  ZIMU_TRY(model->tokens, read_vocabulary(folder, model->hparams.text_tokens()));
  model->mel = mel_filters(model->hparams.n_mels);
  model->files.push_back(std::move(mapped));
  return model;
}

}  // namespace zimu::models
