#pragma once
#include <cstdint>
#include <span>
#include <vector>

#include "asr/net/cpu_layers.hpp"
#include "asr/net/cpu_memory.hpp"
#include "asr/net/net.hpp"
#include "asr/net/team.hpp"

namespace zimu::asr {

/// One step of the decoder for many rows: the team shares each layer's outputs, and the (row, head) pairs of attention.
class CpuDecoder {
 public:
  CpuDecoder(const WeightFile& file, const CpuLayers& layers, std::span<const AlignmentHead> heads, Team& team);
  void run(std::span<const StepRow> rows, std::vector<CrossMemory>& windows, std::vector<SelfMemory>& slots,
           StepOutput& out);

 private:
  void embed();
  /// Rows as 8 bits, after their norm where there is one.
  void quantize(const float* rows, int inputs, const Norm* norm);
  /// `take(row, first output, sums, scales, bias)` for each row and slice of the product.
  template <class Take>
  void multiply(const Int8Linear& linear, Take&& take);
  void add(const Int8Linear& linear);
  void attend_self(int layer, const DecoderLayer& weights);
  void attend_cross(int layer, const DecoderLayer& weights, StepOutput& out);
  void finish(StepOutput& out);

  const WeightFile& file_;
  const ModelHeader& header_;
  const CpuLayers& layers_;
  std::vector<int> head_place_;  // [layer * heads + head]: place among the alignment heads, or -1
  int alignment_heads_;
  Team& team_;
  const Kernels& kernel_;
  int width_;
  std::size_t weights_size_;

  std::span<const StepRow> rows_;
  std::vector<CrossMemory>* windows_ = nullptr;
  std::vector<SelfMemory>* slots_ = nullptr;
  int count_ = 0;   // rows of the products: padded
  std::vector<int> groups_;  // first rows of the runs with one window, and the end
  std::vector<int> attention_place_;
  Buffer<float> x_, query_, heard_, inner_;
  Buffer<std::int8_t> bytes_;
  Buffer<float> scales_;
  std::vector<Buffer<std::int32_t>> sums_;    // of each member
  std::vector<Buffer<float>> weights_;
};

}  // namespace zimu::asr
