#include "asr/net/cpu_decoder.hpp"

#include <algorithm>
#include <cstddef>
#include <ggml.h>

#include "base/check.hpp"

namespace zimu::asr {
namespace {

constexpr float kQueryScale = 0.125F;  // 1 / sqrt(64)
constexpr int kWidestSlice = 512;
constexpr int kRowsTogether = 6;       // of one window, in attention to it

std::size_t size(int value) { return static_cast<std::size_t>(value); }

}  // namespace

CpuDecoder::CpuDecoder(const WeightFile& file, const CpuLayers& layers, std::span<const AlignmentHead> heads, Team& team)
    : file_(file), header_(file.header()), layers_(layers),
      head_place_(size(header_.text_layers * header_.text_heads), -1), alignment_heads_(static_cast<int>(heads.size())),
      team_(team), kernel_(kernels()), width_(header_.text_width),
      weights_size_(size(padded_positions(std::max(header_.audio_context, header_.text_context)))),
      x_(size(kMostStepRows) * size(width_)), query_(size(kMostStepRows) * size(width_)),
      heard_(size(kMostStepRows) * size(width_)), inner_(size(kMostStepRows) * size(4 * width_)),
      bytes_(size(kMostStepRows) * size(4 * width_)), scales_(kMostStepRows) {
  for (int i = 0; i < alignment_heads_; ++i) {
    head_place_[size(heads[size(i)].layer * header_.text_heads + heads[size(i)].head)] = i;
  }
  for (int i = 0; i < team.size(); ++i) {
    sums_.emplace_back(size(kMostStepRows) * kWidestSlice);
    weights_.emplace_back(std::max(weights_size_ * kRowsTogether, size(width_)));
  }
}

void CpuDecoder::run(std::span<const StepRow> rows, std::vector<CrossMemory>& windows, std::vector<SelfMemory>& slots,
                     StepOutput& out) {
  rows_ = rows;
  windows_ = &windows;
  slots_ = &slots;
  count_ = *std::ranges::lower_bound(kStepRows, static_cast<int>(rows.size()));
  groups_.clear();
  attention_place_.assign(rows.size(), -1);
  int wanted = 0;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    if (i == 0 || rows[i].window != rows[i - 1].window) groups_.push_back(static_cast<int>(i));
    if (rows[i].attention) attention_place_[i] = wanted++;
  }
  groups_.push_back(static_cast<int>(rows.size()));
  out.attention.resize(size(wanted) * size(alignment_heads_) * size(header_.audio_context));
  embed();
  for (std::size_t l = 0; l < layers_.decoder.size(); ++l) {
    const DecoderLayer& layer = layers_.decoder[l];
    attend_self(static_cast<int>(l), layer);
    attend_cross(static_cast<int>(l), layer, out);
    quantize(x_.data(), width_, &layer.before_mlp);
    multiply(layer.up, [&](int row, int first, const std::int32_t* sums, const float* scales, const float* bias) {
      kernel_.scale_gelu(sums, *scales_.at(size(row)), scales, bias, layer.up.slice_width(),
                         inner_.at(size(row) * size(4 * width_) + size(first)));
    });
    quantize(inner_.data(), 4 * width_, nullptr);
    add(layer.down);
  }
  finish(out);
}

void CpuDecoder::embed() {
  const auto& embedding = file_.tensor("decoder.token_embedding.weight");
  const auto type = static_cast<ggml_type>(embedding.type);
  const std::size_t row_bytes = ggml_row_size(type, width_);
  const auto* traits = ggml_get_type_traits(type);
  for (int r = 0; r < count_; ++r) {
    float* x = x_.at(size(r) * size(width_));
    if (size(r) >= rows_.size()) {
      std::fill_n(x, width_, 0.0F);
      continue;
    }
    const StepRow& row = rows_[size(r)];
    const std::byte* from = embedding.bytes.data() + size(row.token) * row_bytes;
    if (type == GGML_TYPE_F32) {
      std::copy_n(reinterpret_cast<const float*>(from), width_, x);
    } else {
      traits->to_float(from, x, width_);
    }
    const float* position = layers_.text_positions.data() + size(row.position) * size(width_);
    for (int i = 0; i < width_; ++i) x[i] += position[i];
  }
}

void CpuDecoder::quantize(const float* rows, int inputs, const Norm* norm) {
  team_.each(count_, [&](int r, int member) {
    const float* row = rows + size(r) * size(inputs);
    if (norm != nullptr) {
      float* normed = weights_[size(member)].data();
      (*norm)(kernel_, row, normed);
      row = normed;
    }
    kernel_.quantize(row, inputs, bytes_.at(size(r) * size(inputs)), scales_.at(size(r)));
  });
}

template <class Take>
void CpuDecoder::multiply(const Int8Linear& linear, Take&& take) {
  const int rows = static_cast<int>(rows_.size());
  const int slice = linear.slice_width();
  team_.each(linear.slices(), [&](int s, int member) {
    std::int32_t* sums = sums_[size(member)].data();
    linear.multiply(s, count_, bytes_.data(), sums);
    for (int r = 0; r < rows; ++r) {
      take(r, linear.slice_begin(s), sums + size(r) * size(slice), linear.scales(s), linear.bias(s));
    }
  });
}

void CpuDecoder::add(const Int8Linear& linear) {
  multiply(linear, [&](int row, int first, const std::int32_t* sums, const float* scales, const float* bias) {
    kernel_.scale_add(sums, *scales_.at(size(row)), scales, bias, linear.slice_width(),
                      x_.at(size(row) * size(width_) + size(first)));
  });
}

void CpuDecoder::attend_self(int layer, const DecoderLayer& weights) {
  quantize(x_.data(), width_, &weights.before_self);
  const Int8Linear& qkv = weights.qkv;
  multiply(qkv, [&](int r, int first, const std::int32_t* sums, const float* scales, const float* bias) {
    const StepRow& row = rows_[size(r)];
    const int part = first / width_;
    const auto column = size(first % width_);
    const int slice = qkv.slice_width();
    if (part == 0) {
      float* query = query_.at(size(r) * size(width_) + column);
      kernel_.scale(sums, *scales_.at(size(r)), scales, bias, slice, query);
      for (int i = 0; i < slice; ++i) query[i] *= kQueryScale;
    } else {
      alignas(64) float values[kWidestSlice];
      kernel_.scale(sums, *scales_.at(size(r)), scales, bias, slice, values);
      SelfMemory& slot = (*slots_)[size(row.slot)];
      for (int c = 0; c < slice; c += kHeadWidth) {
        const int head = (first % width_ + c) / kHeadWidth;
        kernel_.to_half(values + c, kHeadWidth,
                        part == 1 ? slot.keys(layer, head, row.position) : slot.values(layer, head, row.position));
      }
    }
  });
  const int heads = header_.text_heads;
  team_.each(static_cast<int>(rows_.size()) * heads, [&](int i, int member) {
    const StepRow& row = rows_[size(i / heads)];
    const int head = i % heads;
    SelfMemory& slot = (*slots_)[size(row.slot)];
    const std::size_t at = size(i / heads) * size(width_) + size(head * kHeadWidth);
    kernel_.attend_self(query_.at(at), slot.keys(layer, head, 0), slot.values(layer, head, 0), row.position + 1,
                        weights_[size(member)].data(), heard_.at(at));
  });
  quantize(heard_.data(), width_, nullptr);
  add(weights.out);
}

void CpuDecoder::attend_cross(int layer, const DecoderLayer& weights, StepOutput& out) {
  quantize(x_.data(), width_, &weights.before_cross);
  multiply(weights.cross_query, [&](int r, int first, const std::int32_t* sums, const float* scales, const float* bias) {
    float* query = query_.at(size(r) * size(width_) + size(first));
    kernel_.scale(sums, *scales_.at(size(r)), scales, bias, weights.cross_query.slice_width(), query);
    for (int i = 0; i < weights.cross_query.slice_width(); ++i) query[i] *= kQueryScale;
  });
  const int heads = header_.text_heads;
  const auto frames = size(header_.audio_context);
  team_.each((static_cast<int>(groups_.size()) - 1) * heads, [&](int i, int member) {
    float* scores = weights_[size(member)].data();
    const int first = groups_[size(i / heads)];
    const int last = groups_[size(i / heads + 1)];
    const int head = i % heads;
    const int place = head_place_[size(layer * heads + head)];
    const CrossHead memory = (*windows_)[size(rows_[size(first)].window)].head(layer, head);
    for (int r = first; r < last; r += kRowsTogether) {
      const int count = std::min(kRowsTogether, last - r);
      const std::size_t at = size(r) * size(width_) + size(head * kHeadWidth);
      kernel_.attend_cross(query_.at(at), size(width_), count, memory, header_.audio_context, scores, heard_.at(at));
      for (int k = 0; k < count && place >= 0; ++k) {
        const int to = attention_place_[size(r + k)];
        if (to < 0) continue;
        std::copy_n(scores + size(k) * size(padded_positions(header_.audio_context)), frames,
                    out.attention.data() + size(to * alignment_heads_ + place) * frames);
      }
    }
  });
  quantize(heard_.data(), width_, nullptr);
  add(weights.cross_out);
}

void CpuDecoder::finish(StepOutput& out) {
  // Rows that want logits move to the front; the others have done their work.
  std::size_t wanted = 0;
  for (std::size_t r = 0; r < rows_.size(); ++r) {
    if (!rows_[r].logits) continue;
    if (r != wanted) std::copy_n(x_.at(r * size(width_)), width_, x_.at(wanted * size(width_)));
    ++wanted;
  }
  const auto vocabulary = size(header_.vocab_size);
  out.logits.resize(wanted * vocabulary);
  if (wanted == 0) return;
  rows_ = rows_.first(wanted);
  count_ = *std::ranges::lower_bound(kStepRows, static_cast<int>(wanted));
  quantize(x_.data(), width_, &layers_.after_decoder);
  const Int8Linear& linear = layers_.vocabulary.front();
  const int slice = linear.slice_width();
  multiply(linear, [&](int r, int first, const std::int32_t* sums, const float* scales, const float*) {
    float* to = out.logits.data() + size(r) * vocabulary + size(first);
    const int rest = std::min(slice, header_.vocab_size - first);
    kernel_.scale(sums, *scales_.at(size(r)), scales, nullptr, rest / 16 * 16, to);
    for (int i = rest / 16 * 16; i < rest; ++i) to[i] = static_cast<float>(sums[i]) * *scales_.at(size(r)) * scales[i];
  });
}

}  // namespace zimu::asr
