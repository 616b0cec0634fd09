#pragma once
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "asr/model_file.hpp"
#include "asr/net/cpu_layers.hpp"

namespace zimu::asr {

/// The audio's keys and values for every decoder layer and head of one window, as `Kernels::attend_cross` reads them.
class CrossMemory {
 public:
  explicit CrossMemory(const ModelHeader& header)
      : heads_(header.text_heads), positions_(static_cast<std::size_t>(padded_positions(header.audio_context))),
        keys_(cells(header)), values_(cells(header)), scales_(2 * cells(header) / kHeadWidth) {
    std::fill_n(keys_.data(), keys_.size(), std::uint8_t{0});
    std::fill_n(values_.data(), values_.size(), std::int8_t{0});
    std::fill_n(scales_.data(), scales_.size(), 0.0F);
  }

  CrossHead head(int layer, int head) const {
    const std::size_t place = index(layer, head);
    return {keys_.at(place * positions_ * kHeadWidth), values_.at(place * positions_ * kHeadWidth),
            scales_.at(2 * place * positions_), scales_.at((2 * place + 1) * positions_)};
  }
  std::uint8_t* keys(int layer, int head) { return keys_.at(index(layer, head) * positions_ * kHeadWidth); }
  std::int8_t* values(int layer, int head) { return values_.at(index(layer, head) * positions_ * kHeadWidth); }
  float* key_scales(int layer, int head) { return scales_.at(2 * index(layer, head) * positions_); }
  float* value_scales(int layer, int head) { return scales_.at((2 * index(layer, head) + 1) * positions_); }

  static std::size_t bytes(const ModelHeader& header) { return 2 * cells(header) + 8 * cells(header) / kHeadWidth; }

 private:
  static std::size_t cells(const ModelHeader& h) {
    return static_cast<std::size_t>(h.text_layers) * static_cast<std::size_t>(h.text_width) *
           static_cast<std::size_t>(padded_positions(h.audio_context));
  }
  std::size_t index(int layer, int head) const { return static_cast<std::size_t>(layer * heads_ + head); }

  int heads_;
  std::size_t positions_;
  Buffer<std::uint8_t> keys_;
  Buffer<std::int8_t> values_;
  Buffer<float> scales_;
};

/// The text's keys and values of one slot: half floats, [layer][head][position][64] each.
class SelfMemory {
 public:
  explicit SelfMemory(const ModelHeader& header)
      : heads_(header.text_heads), positions_(static_cast<std::size_t>(header.text_context)) {
    // Few texts are long: apart, so that pages are only taken where there is one.
    for (int i = 0; i < 2 * header.text_layers * heads_; ++i) cells_.emplace_back(positions_ * kHeadWidth);
  }

  std::uint16_t* keys(int layer, int head, int position) { return at(2 * layer * heads_ + head, position); }
  std::uint16_t* values(int layer, int head, int position) { return at((2 * layer + 1) * heads_ + head, position); }
  /// Becomes the same up to `positions`.
  void copy(const SelfMemory& from, int positions) {
    for (std::size_t i = 0; i < cells_.size(); ++i) {
      std::copy_n(from.cells_[i].data(), static_cast<std::size_t>(positions) * kHeadWidth, cells_[i].data());
    }
  }
  static std::size_t bytes(const ModelHeader& h) {
    return 4 * static_cast<std::size_t>(h.text_layers) * static_cast<std::size_t>(h.text_context) *
           static_cast<std::size_t>(h.text_width);
  }

 private:
  std::uint16_t* at(int row, int position) {
    return cells_[static_cast<std::size_t>(row)].at(static_cast<std::size_t>(position) * kHeadWidth);
  }

  int heads_;
  std::size_t positions_;
  std::vector<Buffer<std::uint16_t>> cells_;
};

}  // namespace zimu::asr
