#include "asr/net/cpu_layers.hpp"

#include <algorithm>
#include <cstring>
#include <ggml.h>
#include <span>
#include <string_view>
#include <utility>

#include <fmt/format.h>

namespace zimu::asr {
namespace {

constexpr int kSmallestSlice = 64;
constexpr int kLargestSlice = 256;
constexpr int kVocabularySlice = 512;

/// One output's weights after the other, out of the file.
class WeightRows {
 public:
  WeightRows(const WeightFile& file, const std::string& name, int inputs)
      : bytes_(file.tensor(name).bytes.data()), type_(static_cast<ggml_type>(file.tensor(name).type)), inputs_(inputs),
        row_bytes_(ggml_row_size(type_, inputs)) {}

  void operator()(int output, float* row) const {
    const std::byte* from = bytes_ + static_cast<std::size_t>(output) * row_bytes_;
    if (type_ == GGML_TYPE_F32) {
      std::memcpy(row, from, row_bytes_);
    } else {
      ggml_get_type_traits(type_)->to_float(from, row, inputs_);
    }
  }

 private:
  const std::byte* bytes_;
  ggml_type type_;
  std::int64_t inputs_;
  std::size_t row_bytes_;
};

class Maker {
 public:
  Maker(const WeightFile& file, Team& team) : file_(file), team_(team), width_(file.header().text_width),
        encoder_rows_{kEncoderRows, last_encoder_rows(file.header().audio_context)} {}

  CpuLayers make() {
    const ModelHeader& h = file_.header();
    CpuLayers out{first_convolution(), file_.floats("encoder.conv1.bias"), second_convolution(), {}, {}, {}, {}, {}, {}, {}, {}};
    out.audio_positions = file_.floats("encoder.positional_embedding");
    for (int i = 0; i < h.audio_layers; ++i) out.encoder.push_back(encoder_layer(fmt::format("encoder.blocks.{}.", i)));
    out.after_encoder = norm("encoder.ln_post");
    out.text_positions = file_.floats("decoder.positional_embedding");
    for (int i = 0; i < h.text_layers; ++i) {
      const std::string prefix = fmt::format("decoder.blocks.{}.", i);
      out.decoder.push_back(decoder_layer(prefix));
      out.cross_keys_values.push_back(joined(prefix + "cross_attn.", {"key", "value"}, encoder_rows_));
    }
    out.after_decoder = norm("decoder.ln");
    const WeightRows embedding(file_, "decoder.token_embedding.weight", width_);
    out.vocabulary.emplace_back(Int8Linear::Shape{h.vocab_size, width_, kVocabularySlice, kStepRows}, embedding,
                                std::span<const float>{}, team_);
    return out;
  }

 private:
  EncoderLayer encoder_layer(const std::string& prefix) {
    return {norm(prefix + "attn_ln"),
            joined(prefix + "attn.", {"query", "key", "value"}, encoder_rows_),
            linear(prefix + "attn.out", width_, width_, encoder_rows_),
            norm(prefix + "mlp_ln"),
            linear(prefix + "mlp.0", 4 * width_, width_, encoder_rows_),
            linear(prefix + "mlp.2", width_, 4 * width_, encoder_rows_)};
  }

  DecoderLayer decoder_layer(const std::string& prefix) {
    return {norm(prefix + "attn_ln"),
            joined(prefix + "attn.", {"query", "key", "value"}, kStepRows),
            linear(prefix + "attn.out", width_, width_, kStepRows),
            norm(prefix + "cross_attn_ln"),
            linear(prefix + "cross_attn.query", width_, width_, kStepRows),
            linear(prefix + "cross_attn.out", width_, width_, kStepRows),
            norm(prefix + "mlp_ln"),
            linear(prefix + "mlp.0", 4 * width_, width_, kStepRows),
            linear(prefix + "mlp.2", width_, 4 * width_, kStepRows)};
  }

  Norm norm(const std::string& name) { return {file_.floats(name + ".weight"), file_.floats(name + ".bias")}; }

  Int8Linear linear(const std::string& name, int outputs, int inputs, std::span<const int> rows) {
    return {{outputs, inputs, slice(outputs), rows}, WeightRows(file_, name + ".weight", inputs),
            file_.floats(name + ".bias"), team_};
  }

  /// Several layers with the same input as one. Keys have no bias.
  Int8Linear joined(const std::string& prefix, std::initializer_list<const char*> names, std::span<const int> rows) {
    std::vector<WeightRows> parts;
    std::vector<float> bias;
    for (const char* name : names) {
      parts.emplace_back(file_, prefix + name + ".weight", width_);
      const auto offsets = std::string_view(name) == "key" ? std::vector<float>(static_cast<std::size_t>(width_))
                                                           : file_.floats(prefix + name + ".bias");
      bias.insert(bias.end(), offsets.begin(), offsets.end());
    }
    const auto read = [&](int output, float* row) {
      parts[static_cast<std::size_t>(output / width_)](output % width_, row);
    };
    // Slices do not cross from one part to the next.
    return {{static_cast<int>(bias.size()), width_, slice(width_), rows}, read, bias, team_};
  }

  /// [outputs][channels][3] as [3 * channels][outputs].
  Buffer<float> first_convolution() {
    const int channels = file_.header().mel_bands;
    const auto weights = file_.floats("encoder.conv1.weight");
    Buffer<float> out(weights.size());
    for (int o = 0; o < width_; ++o) {
      for (int c = 0; c < channels; ++c) {
        for (int k = 0; k < 3; ++k) {
          *out.at(static_cast<std::size_t>((k * channels + c) * width_ + o)) =
              weights[static_cast<std::size_t>((o * channels + c) * 3 + k)];
        }
      }
    }
    return out;
  }

  /// [outputs][channels][3] as [outputs][3][channels]: three frames after each other are one input.
  Int8Linear second_convolution() {
    const auto weights = file_.floats("encoder.conv2.weight");
    const auto read = [&](int output, float* row) {
      const float* from = weights.data() + static_cast<std::size_t>(output * width_) * 3;
      for (int c = 0; c < width_; ++c) {
        for (int k = 0; k < 3; ++k) row[k * width_ + c] = from[3 * c + k];
      }
    };
    return {{width_, 3 * width_, slice(width_), encoder_rows_}, read, file_.floats("encoder.conv2.bias"), team_};
  }

  /// Wide enough to be efficient, narrow enough that every member has one; divides `outputs`.
  int slice(int outputs) const {
    int width = std::clamp(outputs / team_.size() / kSmallestSlice * kSmallestSlice, kSmallestSlice, kLargestSlice);
    while (outputs % width != 0) width -= kSmallestSlice;
    return width;
  }

  const WeightFile& file_;
  Team& team_;
  int width_;
  std::vector<int> encoder_rows_;
};

}  // namespace

CpuLayers make_cpu_layers(const WeightFile& file, Team& team) { return Maker(file, team).make(); }

}  // namespace zimu::asr
