#pragma once
#include <array>

#include "models/testing/synthetic_model.hpp"

namespace zimu::models::testing {

inline Renamed hf_names(const Weights& w) {
  static const std::map<std::string, std::string> kTop{{"conv1", "conv1"},
                                                       {"conv2", "conv2"},
                                                       {"ln_post", "layer_norm"},
                                                       {"ln", "layer_norm"},
                                                       {"positional_embedding", "embed_positions.weight"},
                                                       {"token_embedding", "embed_tokens"}};
  static const std::map<std::string, std::string> kLayer{{"attn_ln", "self_attn_layer_norm"},
                                                         {"attn.query", "self_attn.q_proj"},
                                                         {"attn.key", "self_attn.k_proj"},
                                                         {"attn.value", "self_attn.v_proj"},
                                                         {"attn.out", "self_attn.out_proj"},
                                                         {"cross_attn_ln", "encoder_attn_layer_norm"},
                                                         {"cross_attn.query", "encoder_attn.q_proj"},
                                                         {"cross_attn.key", "encoder_attn.k_proj"},
                                                         {"cross_attn.value", "encoder_attn.v_proj"},
                                                         {"cross_attn.out", "encoder_attn.out_proj"},
                                                         {"mlp_ln", "final_layer_norm"},
                                                         {"mlp.0", "fc1"},
                                                         {"mlp.2", "fc2"}};
  Renamed out;
  for (const auto& [name, weight] : w) {
    const std::string side = name.substr(0, 8);  // "encoder." or "decoder."
    std::string rest = name.substr(8);
    std::string leaf;
    if (const auto dot = rest.rfind('.'); dot != std::string::npos) {
      leaf = rest.substr(dot);
      rest.resize(dot);
    }
    const bool layer = rest.starts_with("blocks.0.");
    const std::string place = layer ? "layers.0." + kLayer.at(rest.substr(9)) : kTop.at(rest);
    out["model." + side + place + leaf] = weight;
  }
  return out;
}

enum class HfType { kF32, kF16, kBF16 };

inline std::string safetensors_bytes(const Renamed& tensors, HfType type) {
  std::string header = "{\"__metadata__\":{\"format\":\"pt\"}";
  std::string data;
  for (const auto& [name, weight] : tensors) {
    const std::size_t begin = data.size();
    if (type == HfType::kF32) data += as_float(weight.values);
    if (type == HfType::kF16) data += as_half(weight.values);
    if (type == HfType::kBF16) {
      for (const float value : weight.values) data += raw(value).substr(2);
    }
    header += fmt::format(R"(,"{}":{{"dtype":"{}","shape":[{}],"data_offsets":[{},{}]}})", name,
                          type == HfType::kF32   ? "F32"
                          : type == HfType::kF16 ? "F16"
                                                 : "BF16",
                          fmt::join(weight.dims, ","), begin, data.size());
  }
  header += "}";
  return raw(static_cast<std::uint64_t>(header.size())) + header + data;
}

inline std::string hf_config() {
  return fmt::format(
      R"({{"model_type":"whisper","vocab_size":{},"max_source_positions":{},"max_target_positions":{},"d_model":{},
"encoder_attention_heads":2,"decoder_attention_heads":2,"encoder_layers":1,"decoder_layers":1,"num_mel_bins":80}})",
      kVocab, kContext, kContext, kState);
}

inline std::string vocab_json() {
  std::string out = "{\"<|endoftext|>\":50256";
  for (std::uint32_t id = 0; id < kTextTokens; ++id) out += fmt::format(",\"{}\":{}", token(id), id);
  return out + "}";
}

inline void write_hf_folder(const std::filesystem::path& folder, const Weights& weights, HfType type,
                            bool sharded = false) {
  std::filesystem::create_directories(folder);
  write_text(folder / "config.json", hf_config());
  write_text(folder / "vocab.json", vocab_json());
  const Renamed tensors = hf_names(weights);
  if (!sharded) {
    write_text(folder / "model.safetensors", safetensors_bytes(tensors, type));
    return;
  }
  std::array<Renamed, 2> shards;
  std::string map;
  for (const auto& [name, weight] : tensors) {
    const std::size_t shard = name.find("encoder.") == std::string::npos ? 1 : 0;
    shards[shard][name] = weight;
    map += fmt::format("{}\"{}\":\"model-0000{}-of-00002.safetensors\"", map.empty() ? "" : ",", name,
                       shard + 1);
  }
  for (std::size_t i = 0; i < 2; ++i)
    write_text(folder / fmt::format("model-0000{}-of-00002.safetensors", i + 1),
               safetensors_bytes(shards[i], type));
  write_text(folder / "model.safetensors.index.json", "{\"weight_map\":{" + map + "}}");
}

}  // namespace zimu::models::testing
