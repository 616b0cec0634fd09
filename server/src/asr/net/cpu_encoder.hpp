#pragma once
#include <cstdint>
#include <span>
#include <vector>

#include "asr/net/cpu_layers.hpp"
#include "asr/net/cpu_memory.hpp"
#include "asr/net/team.hpp"

namespace zimu::asr {

/// From a spectrogram to a window's keys and values. The team works on blocks of kEncoderRows positions; they wait for
/// each other only around attention, twice a layer.
class CpuEncoder {
 public:
  CpuEncoder(const ModelHeader& header, const CpuLayers& layers, Team& team);
  /// `mel`: [2 * audio_context][mel_bands].
  void run(std::span<const float> mel, CrossMemory& out);

 private:
  /// One member's own.
  struct Desk {
    Buffer<float> floats;         // [rows][4 width]
    Buffer<std::int8_t> bytes;    // [rows][4 width]
    Buffer<float> scales;         // [rows]
    Buffer<std::int32_t> sums;    // [rows][slice]
    Buffer<std::byte> attention;
  };
  struct Block {
    int first;
    int rows;
  };
  Block block(int index) const;
  void listen(Desk& desk, Block block);
  void quantize(Desk& desk, Block block, const float* rows, std::size_t stride, const Norm* norm) const;
  void project(Desk& desk, Block block, const EncoderLayer& layer);
  void attend(Desk& desk, int head, int part);
  void finish(Desk& desk, Block block, const EncoderLayer& layer);
  void remember(Desk& desk, Block block, CrossMemory& out);
  void store_keys(const float* row, int position, int column, int count);
  template <class Work>
  void each(int count, Work&& work);

  const ModelHeader& header_;
  const CpuLayers& layers_;
  Team& team_;
  const Kernels& kernel_;
  int width_;
  int positions_;  // audio_context
  int padded_;
  std::vector<Desk> desks_;
  Buffer<float> mel_;     // a silent frame before and after
  Buffer<float> x_;       // [padded][width]
  Buffer<float> heard_;   // [padded][width]: attention's results
  Buffer<Bf16> queries_;  // [padded][width]
  Buffer<Bf16> keys_;     // [head] as Kernels::attend
  Buffer<Bf16> values_;
};

}  // namespace zimu::asr
