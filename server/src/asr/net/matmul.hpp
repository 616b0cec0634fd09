#pragma once
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <vector>

#include "asr/net/team.hpp"

namespace zimu::asr {

/// A linear layer's weights in 8 bits, a scale for each output, packed once for oneDNN's matrix product, which chooses
/// the instructions of this processor (AVX2, VNNI, AMX). Cut into slices of outputs, so that a team can share one row.
/// Thread: any (immutable after construction).
class Int8Linear {
 public:
  struct Shape {
    int outputs = 0;
    int inputs = 0;             ///< a multiple of 16
    int slice = 0;              ///< outputs in each slice, a multiple of 16
    std::span<const int> rows;  ///< the numbers of rows that `multiply` will be asked for
  };
  /// Writes the weights of one output into [inputs]. Called by all members of the team at once.
  using ReadWeights = std::function<void(int output, float* row)>;
  /// `bias`: [outputs] or empty.
  Int8Linear(const Shape& shape, const ReadWeights& weights, std::span<const float> bias, Team& team);
  ~Int8Linear();
  Int8Linear(Int8Linear&&) noexcept;
  Int8Linear& operator=(Int8Linear&&) noexcept;

  int outputs() const noexcept { return outputs_; }
  int inputs() const noexcept { return inputs_; }
  int slices() const noexcept { return slices_; }
  int slice_begin(int slice) const noexcept { return slice * width_; }
  int slice_width() const noexcept { return width_; }
  const float* scales(int slice) const noexcept { return scales_.data() + slice_begin(slice); }
  /// Null when there is none.
  const float* bias(int slice) const noexcept { return bias_.empty() ? nullptr : bias_.data() + slice_begin(slice); }

  /// sums[rows][slice_width] = input[rows][inputs] * weights of the slice. `rows` is one of those given.
  void multiply(int slice, int rows, const std::int8_t* input, std::int32_t* sums) const;

 private:
  struct Packed;
  void pack(int slice, const ReadWeights& weights);
  int outputs_ = 0;
  int inputs_ = 0;
  int width_ = 0;
  int slices_ = 0;
  std::vector<float> scales_;  // padded to whole slices
  std::vector<float> bias_;
  std::unique_ptr<Packed> packed_;
};

}  // namespace zimu::asr
