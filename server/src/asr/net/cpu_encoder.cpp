#include "asr/net/cpu_encoder.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstring>

namespace zimu::asr {
namespace {

constexpr float kQueryScale = 0.125F * 1.4426950409F;  // 1 / sqrt(64), and attention counts in powers of two
constexpr int kAttendBlock = 96;                       // a multiple of kAttendRows

std::size_t size(int value) { return static_cast<std::size_t>(value); }

}  // namespace

CpuEncoder::CpuEncoder(const ModelHeader& header, const CpuLayers& layers, Team& team)
    : header_(header), layers_(layers), team_(team), kernel_(kernels()), width_(header.audio_width),
      positions_(header.audio_context), padded_(padded_positions(header.audio_context)),
      mel_(size(2 * positions_ + 2) * size(header.mel_bands)), x_(size(padded_) * size(width_)),
      heard_(size(padded_) * size(width_)), queries_(size(padded_) * size(width_)), keys_(size(padded_) * size(width_)),
      values_(size(padded_) * size(width_)) {
  for (int i = 0; i < team.size(); ++i) {
    const std::size_t cells = size(kEncoderRows) * size(4 * width_);
    desks_.push_back({Buffer<float>(cells), Buffer<std::int8_t>(cells), Buffer<float>(kEncoderRows),
                      Buffer<std::int32_t>(size(kEncoderRows) * 256), Buffer<std::byte>(attention_scratch(positions_))});
  }
  std::fill_n(mel_.data(), mel_.size(), 0.0F);
  std::fill_n(heard_.data(), heard_.size(), 0.0F);
}

CpuEncoder::Block CpuEncoder::block(int index) const {
  const int first = index * kEncoderRows;
  return {first, std::min(kEncoderRows, padded_ - first)};
}

template <class Work>
void CpuEncoder::each(int count, Work&& work) {
  team_.each(count, [&](int i, int member) { work(desks_[size(member)], i); });
}

void CpuEncoder::run(std::span<const float> mel, CrossMemory& out) {
  std::ranges::copy(mel, mel_.at(size(header_.mel_bands)));
  const int blocks = (padded_ + kEncoderRows - 1) / kEncoderRows;
  const int parts = (positions_ + kAttendBlock - 1) / kAttendBlock;
  each(blocks, [&](Desk& desk, int i) {
    listen(desk, block(i));
    project(desk, block(i), layers_.encoder.front());
  });
  for (std::size_t l = 0; l < layers_.encoder.size(); ++l) {
    each(header_.audio_heads * parts, [&](Desk& desk, int i) { attend(desk, i / parts, i % parts); });
    each(blocks, [&](Desk& desk, int i) {
      finish(desk, block(i), layers_.encoder[l]);
      if (l + 1 < layers_.encoder.size()) {
        project(desk, block(i), layers_.encoder[l + 1]);
      } else {
        remember(desk, block(i), out);
      }
    });
  }
}

/// The two convolutions, and the positions: [rows][width] of x.
void CpuEncoder::listen(Desk& desk, Block block) {
  const int bands = header_.mel_bands;
  const int rows = std::clamp(positions_ - block.first, 0, block.rows);
  float* x = x_.at(size(block.first) * size(width_));
  std::fill_n(x, size(block.rows) * size(width_), 0.0F);
  if (rows == 0) return;
  // The second reads frames 2 t - 1 to 2 t + 1 of the first, which has a silent one before and after.
  const int first = 2 * block.first - 1;
  const int count = 2 * rows + 1;
  float* frames = desk.floats.data();
  std::fill_n(frames, size(count) * size(width_), 0.0F);
  const int skip = first < 0 ? 1 : 0;
  const int wanted = std::min(count, 2 * positions_ - first) - skip;
  kernel_.multiply_add(mel_.at(size(first + skip) * size(bands)), size(bands), layers_.conv1.at(0), size(width_), wanted,
                       width_, 3 * bands, frames + size(skip) * size(width_), size(width_));
  for (int i = 0; i < wanted; ++i) {
    kernel_.bias_gelu(layers_.conv1_bias.data(), width_, frames + size(i + skip) * size(width_));
  }
  const Int8Linear& conv = layers_.conv2;
  for (int i = 0; i < block.rows; ++i) {
    const float* three = frames + size(2 * std::min(i, rows - 1)) * size(width_);
    kernel_.quantize(three, 3 * width_, desk.bytes.at(size(i) * size(3 * width_)), desk.scales.at(size(i)));
  }
  for (int s = 0; s < conv.slices(); ++s) {
    conv.multiply(s, block.rows, desk.bytes.data(), desk.sums.data());
    for (int i = 0; i < rows; ++i) {
      kernel_.scale_gelu(desk.sums.at(size(i) * size(conv.slice_width())), *desk.scales.at(size(i)), conv.scales(s),
                         conv.bias(s), conv.slice_width(), x + size(i) * size(width_) + size(conv.slice_begin(s)));
    }
  }
  const float* positions = layers_.audio_positions.data() + size(block.first) * size(width_);
  for (std::size_t k = 0; k < size(rows) * size(width_); ++k) x[k] += positions[k];
}

/// Rows as 8 bits on the desk, after their norm where there is one.
void CpuEncoder::quantize(Desk& desk, Block block, const float* rows, std::size_t stride, const Norm* norm) const {
  const auto inputs = static_cast<int>(stride);
  for (int r = 0; r < block.rows; ++r) {
    const float* row = rows + size(r) * stride;
    if (norm != nullptr) {
      float* normed = reinterpret_cast<float*>(desk.sums.data());  // free between two products
      (*norm)(kernel_, row, normed);
      row = normed;
    }
    kernel_.quantize(row, inputs, desk.bytes.at(size(r) * stride), desk.scales.at(size(r)));
  }
}

void CpuEncoder::project(Desk& desk, Block block, const EncoderLayer& layer) {
  quantize(desk, block, x_.at(size(block.first) * size(width_)), size(width_), &layer.before_attention);
  const Int8Linear& qkv = layer.qkv;
  const int slice = qkv.slice_width();
  float* pair = desk.floats.data();
  for (int s = 0; s < qkv.slices(); ++s) {
    qkv.multiply(s, block.rows, desk.bytes.data(), desk.sums.data());
    const int part = qkv.slice_begin(s) / width_;
    const int column = qkv.slice_begin(s) % width_;
    for (int r = 0; r < block.rows; r += 2) {
      for (int k = 0; k < 2; ++k) {
        kernel_.scale(desk.sums.at(size(r + k) * size(slice)), *desk.scales.at(size(r + k)), qkv.scales(s), qkv.bias(s),
                      slice, pair + k * slice);
      }
      const int position = block.first + r;
      if (part == 0) {
        for (int k = 0; k < 2; ++k) {
          kernel_.to_bf16(pair + k * slice, kQueryScale, slice,
                          queries_.at(size(position + k) * size(width_) + size(column)));
        }
      } else if (part == 1) {
        store_keys(pair, position, column, slice);
        store_keys(pair + slice, position + 1, column, slice);
      } else {
        for (int c = 0; c < slice; c += kHeadWidth) {
          const int head = (column + c) / kHeadWidth;
          kernel_.pair_bf16(pair + c, pair + slice + c, kHeadWidth,
                            values_.at((size(head) * size(padded_) + size(position)) * kHeadWidth));
        }
      }
    }
  }
}

void CpuEncoder::store_keys(const float* row, int position, int column, int count) {
  alignas(64) Bf16 halves[256];
  kernel_.to_bf16(row, 1, count, halves);
  for (int c = 0; c < count; c += kHeadWidth) {
    const int head = (column + c) / kHeadWidth;
    Bf16* out = keys_.at((size(head) * size(padded_) + size(position / kKeyGroup * kKeyGroup)) * kHeadWidth +
                         size(position % kKeyGroup) * 2);
    for (int d = 0; d < kHeadWidth / 2; ++d) std::memcpy(out + size(d) * 2 * kKeyGroup, halves + c + 2 * d, 4);
  }
}

void CpuEncoder::attend(Desk& desk, int head, int part) {
  const int first = part * kAttendBlock;
  const std::size_t at = size(first) * size(width_) + size(head * kHeadWidth);
  const std::size_t place = size(head) * size(padded_) * kHeadWidth;
  kernel_.attend(queries_.at(at), size(width_), std::min(kAttendBlock, positions_ - first), keys_.at(place),
                 values_.at(place), positions_, heard_.at(at), size(width_), desk.attention.data());
}

/// The rest of a layer: attention's output into x, then the perceptron.
void CpuEncoder::finish(Desk& desk, Block block, const EncoderLayer& layer) {
  const auto add = [&](const Int8Linear& linear) {
    const int slice = linear.slice_width();
    for (int s = 0; s < linear.slices(); ++s) {
      linear.multiply(s, block.rows, desk.bytes.data(), desk.sums.data());
      for (int r = 0; r < block.rows; ++r) {
        kernel_.scale_add(desk.sums.at(size(r) * size(slice)), *desk.scales.at(size(r)), linear.scales(s), linear.bias(s),
                          slice, x_.at(size(block.first + r) * size(width_) + size(linear.slice_begin(s))));
      }
    }
  };
  float* x = x_.at(size(block.first) * size(width_));
  quantize(desk, block, heard_.at(size(block.first) * size(width_)), size(width_), nullptr);
  add(layer.out);
  quantize(desk, block, x, size(width_), &layer.before_mlp);
  const Int8Linear& up = layer.up;
  for (int s = 0; s < up.slices(); ++s) {
    up.multiply(s, block.rows, desk.bytes.data(), desk.sums.data());
    for (int r = 0; r < block.rows; ++r) {
      kernel_.scale_gelu(desk.sums.at(size(r) * size(up.slice_width())), *desk.scales.at(size(r)), up.scales(s),
                         up.bias(s), up.slice_width(), desk.floats.at(size(r) * size(4 * width_) + size(up.slice_begin(s))));
    }
  }
  quantize(desk, block, desk.floats.data(), size(4 * width_), nullptr);
  add(layer.down);
}

/// What the decoder will look at, for each of its layers.
void CpuEncoder::remember(Desk& desk, Block block, CrossMemory& out) {
  quantize(desk, block, x_.at(size(block.first) * size(width_)), size(width_), &layers_.after_encoder);
  float* four = desk.floats.data();
  for (std::size_t l = 0; l < layers_.cross_keys_values.size(); ++l) {
    const Int8Linear& linear = layers_.cross_keys_values[l];
    const int slice = linear.slice_width();
    const int layer = static_cast<int>(l);
    for (int s = 0; s < linear.slices(); ++s) {
      linear.multiply(s, block.rows, desk.bytes.data(), desk.sums.data());
      const bool is_value = linear.slice_begin(s) >= width_;
      for (int r = 0; r < block.rows; r += 4) {
        const int position = block.first + r;
        for (int k = 0; k < 4; ++k) {
          kernel_.scale(desk.sums.at(size(r + k) * size(slice)), *desk.scales.at(size(r + k)), linear.scales(s),
                        linear.bias(s), slice, four + k * slice);
        }
        for (int c = 0; c < slice; c += kHeadWidth) {
          const int head = (linear.slice_begin(s) + c) % width_ / kHeadWidth;
          float* scales = is_value ? out.value_scales(layer, head) : out.key_scales(layer, head);
          if (is_value) {
            kernel_.pack_values(four + c, size(slice), out.values(layer, head) + size(position) * kHeadWidth,
                                scales + position);
          } else {
            kernel_.pack_keys(four + c, size(slice),
                              out.keys(layer, head) + size(position / kKeyGroup * kKeyGroup) * kHeadWidth +
                                  size(position % kKeyGroup) * 4,
                              scales + position);
          }
        }
      }
    }
  }
}

}  // namespace zimu::asr
