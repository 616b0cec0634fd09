#include "models/hf_whisper.hpp"

#include <array>
#include <limits>
#include <set>

#include <boost/json.hpp>
#include <fmt/format.h>

#include "base/file.hpp"
#include "models/mel_filters.hpp"
#include "models/safetensors_file.hpp"
#include "models/vocabulary.hpp"

namespace zimu::models {
namespace {

namespace json = boost::json;

struct Place {
  std::string_view component;  ///< OpenAI's
  std::string_view path;       ///< Hugging Face's
};

constexpr std::array kTopPlaces{
    Place{"conv1", "conv1"},
    Place{"conv2", "conv2"},
    Place{"ln_post", "layer_norm"},
    Place{"ln", "layer_norm"},
    Place{"positional_embedding", "embed_positions.weight"},
    Place{"token_embedding", "embed_tokens"},
};
constexpr std::array kLayerPlaces{
    Place{"attn_ln", "self_attn_layer_norm"},
    Place{"attn.query", "self_attn.q_proj"},
    Place{"attn.key", "self_attn.k_proj"},
    Place{"attn.value", "self_attn.v_proj"},
    Place{"attn.out", "self_attn.out_proj"},
    Place{"cross_attn_ln", "encoder_attn_layer_norm"},
    Place{"cross_attn.query", "encoder_attn.q_proj"},
    Place{"cross_attn.key", "encoder_attn.k_proj"},
    Place{"cross_attn.value", "encoder_attn.v_proj"},
    Place{"cross_attn.out", "encoder_attn.out_proj"},
    Place{"mlp_ln", "final_layer_norm"},
    Place{"mlp.0", "fc1"},
    Place{"mlp.2", "fc2"},
};

std::string hf_name(std::string_view openai_name) {
  const NameParts name = split_name(openai_name);
  const std::span<const Place> places = name.layer ? std::span<const Place>(kLayerPlaces) : std::span<const Place>(kTopPlaces);
  std::string out = name.side + ".";
  if (name.layer) out += fmt::format("layers.{}.", *name.layer);
  for (const Place& place : places) {
    if (place.component == name.component) out += place.path;
  }
  return name.leaf.empty() ? out : out + "." + name.leaf;
}

Result<std::int32_t> config_number(const json::object& config, std::string_view key) {
  const json::value* value = config.if_contains(key);
  if (value == nullptr || !value->is_int64() || value->get_int64() < 0 ||
      value->get_int64() > std::numeric_limits<std::int32_t>::max()) {
    return fail(ErrorCode::kModelInvalid, fmt::format("config.json has no proper number {}", key));
  }
  return static_cast<std::int32_t>(value->get_int64());
}

Result<json::object> parse_object(std::string_view text, std::string_view file_name) {
  boost::system::error_code ec;
  json::value root = json::parse(text, ec);
  if (ec || !root.is_object()) {
    return fail(ErrorCode::kModelInvalid, fmt::format("{} is no proper JSON object", file_name));
  }
  return std::move(root.get_object());
}

/// The weight files of a folder: one, or the shards that the index names.
Result<std::vector<std::filesystem::path>> weight_files(const std::filesystem::path& folder) {
  std::error_code ec;
  if (std::filesystem::exists(folder / "model.safetensors", ec)) return std::vector{folder / "model.safetensors"};
  const auto index_path = folder / "model.safetensors.index.json";
  ZIMU_TRY(const auto text, read_file(index_path));
  ZIMU_TRY(const auto index, parse_object(text, index_path.string()));
  const json::value* map = index.if_contains("weight_map");
  if (map == nullptr || !map->is_object()) {
    return fail(ErrorCode::kModelInvalid, fmt::format("{} has no weight_map", index_path.string()));
  }
  std::set<std::filesystem::path> files;
  for (const auto& [tensor, file] : map->get_object()) {
    const std::string name = file.is_string() ? std::string(file.get_string()) : std::string();
    // A shard lies beside its index; anything else would be a way out of the folder.
    if (!name.ends_with(".safetensors") || name.find('/') != std::string::npos) {
      return fail(ErrorCode::kModelInvalid, fmt::format("{} names the odd file \"{}\"", index_path.string(), name));
    }
    files.insert(folder / name);
  }
  return std::vector(files.begin(), files.end());
}

Result<> load_weights(WhisperModel& model, TensorTable& table, const std::filesystem::path& folder) {
  ZIMU_TRY(const auto paths, weight_files(folder));
  for (const auto& path : paths) {
    ZIMU_TRY(auto mapped, MappedFile::open(path));
    auto part = parse_safetensors(mapped.bytes());
    if (!part) return fail(part.error().code, fmt::format("{}: {}", path.string(), part.error().message), part.error().action);
    table.merge(*part);
    model.files.push_back(std::move(mapped));
  }
  return {};
}

}  // namespace

Result<Hparams> parse_hf_config(std::string_view text) {
  ZIMU_TRY(const auto config, parse_object(text, "config.json"));
  const json::value* type = config.if_contains("model_type");
  if (type == nullptr || !type->is_string() || type->get_string() != "whisper") {
    return fail(ErrorCode::kModelInvalid, "config.json does not say model_type \"whisper\"");
  }
  Hparams h;
  ZIMU_TRY(h.n_vocab, config_number(config, "vocab_size"));
  ZIMU_TRY(h.n_audio_ctx, config_number(config, "max_source_positions"));
  ZIMU_TRY(h.n_audio_state, config_number(config, "d_model"));
  h.n_text_state = h.n_audio_state;
  ZIMU_TRY(h.n_audio_head, config_number(config, "encoder_attention_heads"));
  ZIMU_TRY(h.n_audio_layer, config_number(config, "encoder_layers"));
  ZIMU_TRY(h.n_text_ctx, config_number(config, "max_target_positions"));
  ZIMU_TRY(h.n_text_head, config_number(config, "decoder_attention_heads"));
  ZIMU_TRY(h.n_text_layer, config_number(config, "decoder_layers"));
  ZIMU_TRY(h.n_mels, config_number(config, "num_mel_bins"));
  ZIMU_TRY_VOID(check_hparams(h));
  return h;
}

Result<WhisperModel> read_hf_folder(const std::filesystem::path& folder) {
  ZIMU_TRY(const auto text, read_file(folder / "config.json"));
  WhisperModel model;
  ZIMU_TRY(model.hparams, parse_hf_config(text));
  TensorTable table;
  ZIMU_TRY_VOID(load_weights(model, table, folder));
  // WhisperForConditionalGeneration puts "model." before every name, a bare WhisperModel does not.
  const std::string prefix = table.contains("model.encoder.conv1.weight") ? "model." : "";
  for (const TensorSpec& spec : whisper_tensors(model.hparams)) {
    const std::string name = prefix + hf_name(spec.name);
    auto found = table.find(name);
    // Token embedding and output projection are one tensor; some tools keep only the latter name.
    if (found == table.end() && spec.name == "decoder.token_embedding.weight") found = table.find("proj_out.weight");
    if (found == table.end()) {
      return fail(ErrorCode::kModelInvalid, fmt::format("{} has no tensor {}", folder.string(), name),
                  "only complete Whisper weights can be imported, not adapters (LoRA): merge those first");
    }
    ZIMU_TRY_VOID(check_shape(spec, found->second, name));
    model.tensors.emplace(spec.name, found->second);
  }
  ZIMU_TRY(model.tokens, read_vocabulary(folder, model.hparams.text_tokens()));
  model.mel = mel_filters(model.hparams.n_mels);
  return model;
}

}  // namespace zimu::models
