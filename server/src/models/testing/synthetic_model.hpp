#pragma once
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <map>
#include <random>
#include <string>
#include <vector>

#include "models/half.hpp"

/// A Whisper of one layer with small random weights, written in each source format from one truth. The
/// layouts here are spelled out by hand, so that they can disagree with the readers.
namespace zimu::models::testing {

constexpr std::uint32_t kState = 32;
constexpr std::uint32_t kVocab = 51864;
constexpr std::uint32_t kTextTokens = 50256;
constexpr std::uint32_t kContext = 8;

struct Weight {
  std::vector<std::uint32_t> dims;
  std::vector<float> values;
};
using Weights = std::map<std::string, Weight>;  ///< by OpenAI's names

/// Multiples of 1/256 up to 1: exact in every float format.
inline Weights random_weights() {
  std::mt19937 random(7);
  Weights weights;
  const auto add = [&](const std::string& name, std::vector<std::uint32_t> dims) {
    std::size_t count = 1;
    for (const auto dim : dims) count *= dim;
    Weight weight{std::move(dims), {}};
    for (std::size_t i = 0; i < count; ++i)
      weight.values.push_back(static_cast<float>(static_cast<int>(random() % 513) - 256) / 256.0F);
    weights[name] = std::move(weight);
  };
  const auto pair = [&](const std::string& name, std::vector<std::uint32_t> dims) {
    add(name + ".bias", {dims[0]});
    add(name + ".weight", std::move(dims));
  };
  add("encoder.positional_embedding", {kContext, kState});
  pair("encoder.conv1", {kState, 80, 3});
  pair("encoder.conv2", {kState, kState, 3});
  pair("encoder.ln_post", {kState});
  add("decoder.positional_embedding", {kContext, kState});
  add("decoder.token_embedding.weight", {kVocab, kState});
  pair("decoder.ln", {kState});
  for (const std::string side : {"encoder", "decoder"}) {
    std::vector<std::string> attentions{"attn"};
    if (side == "decoder") attentions.emplace_back("cross_attn");
    for (const auto& attention : attentions) {
      const std::string at = fmt::format("{}.blocks.0.{}", side, attention);
      pair(at + "_ln", {kState});
      for (const std::string part : {".query", ".value", ".out"}) pair(at + part, {kState, kState});
      add(at + ".key.weight", {kState, kState});
    }
    pair(side + ".blocks.0.mlp_ln", {kState});
    pair(side + ".blocks.0.mlp.0", {4 * kState, kState});
    pair(side + ".blocks.0.mlp.2", {kState, 4 * kState});
  }
  return weights;
}

inline std::string token(std::uint32_t id) {
  return fmt::format("t{}", id);
}

inline void write_text(const std::filesystem::path& path, const std::string& text) {
  std::ofstream(path, std::ios::binary) << text;
}

template <class T>
std::string raw(const T& value) {
  return std::string(reinterpret_cast<const char*>(&value), sizeof value);
}

inline std::string as_half(const std::vector<float>& values) {
  std::string out;
  for (const float value : values) out += raw(half_from_float(value));
  return out;
}
inline std::string as_float(const std::vector<float>& values) {
  return std::string(reinterpret_cast<const char*>(values.data()), values.size() * sizeof(float));
}

/// Row-wise joined, as fused projections are; a missing one is zeros (the key's bias).
inline Weight fused(const Weights& weights, const std::vector<std::string>& names) {
  Weight out = weights.at(names.front());
  out.dims[0] *= static_cast<std::uint32_t>(names.size());
  for (std::size_t i = 1; i < names.size(); ++i) {
    const auto found = weights.find(names[i]);
    const auto values = found == weights.end() ? std::vector<float>(kState, 0.0F) : found->second.values;
    out.values.insert(out.values.end(), values.begin(), values.end());
  }
  return out;
}

/// "decoder.blocks.0.mlp.0.weight" under a name of another toolkit.
using Renamed = std::map<std::string, Weight>;

inline std::string ct2_name(const std::string& text) {
  return raw(static_cast<std::uint16_t>(text.size() + 1)) + text + '\0';
}

inline std::string ct2_variable(const std::string& name, const Weight& weight) {
  std::string out = ct2_name(name) + static_cast<char>(weight.dims.size());
  for (const auto dim : weight.dims) out += raw(dim);
  const std::string data = as_half(weight.values);
  return out + '\4' + raw(static_cast<std::uint32_t>(data.size())) + data;
}

inline std::string ct2_attribute(const std::string& name, std::int16_t value) {
  return ct2_name(name) + '\0' + '\2' + raw(static_cast<std::uint32_t>(2)) + raw(value);
}

inline Renamed ct2_names(const Weights& w) {
  Renamed out;
  const auto pair = [&](const std::string& to, const std::string& from, const char* weight = "/weight",
                        const char* bias = "/bias") {
    out[to + weight] = w.at(from + ".weight");
    out[to + bias] = w.at(from + ".bias");
  };
  const auto fuse = [&](const std::string& to, const std::string& at, const std::vector<std::string>& parts) {
    for (const std::string leaf : {"weight", "bias"}) {
      std::vector<std::string> names;
      for (const auto& part : parts) names.push_back(fmt::format("{}.{}.{}", at, part, leaf));
      // The key has no bias: it comes first in no fusion but that of key and value.
      if (leaf == "bias" && parts.front() == "key") {
        Weight bias{{2 * kState}, std::vector<float>(kState, 0.0F)};
        const auto& value = w.at(at + ".value.bias").values;
        bias.values.insert(bias.values.end(), value.begin(), value.end());
        out[to + "/bias"] = bias;
      } else {
        out[to + "/" + leaf] = fused(w, names);
      }
    }
  };
  pair("encoder/conv1", "encoder.conv1");
  pair("encoder/conv2", "encoder.conv2");
  pair("encoder/layer_norm", "encoder.ln_post", "/gamma", "/beta");
  pair("decoder/layer_norm", "decoder.ln", "/gamma", "/beta");
  out["decoder/embeddings/weight"] = w.at("decoder.token_embedding.weight");
  for (const std::string side : {"encoder", "decoder"}) {
    const std::string to = side + "/layer_0/";
    const std::string from = side + ".blocks.0.";
    out[side + "/position_encodings/encodings"] = w.at(side + ".positional_embedding");
    pair(to + "self_attention/layer_norm", from + "attn_ln", "/gamma", "/beta");
    fuse(to + "self_attention/linear_0", from + "attn", {"query", "key", "value"});
    pair(to + "self_attention/linear_1", from + "attn.out");
    if (side == "decoder") {
      pair(to + "attention/layer_norm", from + "cross_attn_ln", "/gamma", "/beta");
      pair(to + "attention/linear_0", from + "cross_attn.query");
      fuse(to + "attention/linear_1", from + "cross_attn", {"key", "value"});
      pair(to + "attention/linear_2", from + "cross_attn.out");
    }
    pair(to + "ffn/layer_norm", from + "mlp_ln", "/gamma", "/beta");
    pair(to + "ffn/linear_0", from + "mlp.0");
    pair(to + "ffn/linear_1", from + "mlp.2");
  }
  return out;
}

inline std::string ct2_bytes(const Weights& weights) {
  const Renamed variables = ct2_names(weights);
  std::string out = raw(std::uint32_t{6}) + ct2_name("WhisperSpec") + raw(std::uint32_t{3}) +
                    raw(static_cast<std::uint32_t>(variables.size() + 2));
  for (const std::string side : {"decoder", "encoder"}) out += ct2_attribute(side + "/num_heads", 2);
  for (const auto& [name, weight] : variables) out += ct2_variable(name, weight);
  return out + raw(std::uint32_t{1}) + ct2_name("decoder/projection/weight") +
         ct2_name("decoder/embeddings/weight");
}

inline std::string vocabulary_txt() {
  std::string out;
  for (std::uint32_t id = 0; id < kTextTokens; ++id) out += token(id) + "\n";
  return out + "<|endoftext|>\n<|startoftranscript|>\n";
}

inline void write_ct2_folder(const std::filesystem::path& folder, const Weights& weights) {
  std::filesystem::create_directories(folder);
  write_text(folder / "model.bin", ct2_bytes(weights));
  write_text(folder / "vocabulary.txt", vocabulary_txt());
}

}  // namespace zimu::models::testing
