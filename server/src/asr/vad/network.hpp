#pragma once
#include <array>
#include <cstddef>
#include <span>
#include <vector>

#include "asr/vad/kernels.hpp"

namespace zimu::asr::vad {

constexpr std::size_t kFrameSamples = 512;    ///< 32 ms at 16 kHz: one probability
constexpr std::size_t kContextSamples = 64;   ///< before a frame, seen by it too

/// What the recurrent layer remembers from frame to frame.
struct Memory {
  std::array<float, kUnits> hidden{};
  std::array<float, kUnits> cell{};
};

/// Silero VAD's network for 16 kHz: a spectrum, four convolutions, a recurrent layer and a head. The weights are inside
/// the program. Thread: any; it never changes.
class Network {
 public:
  explicit Network(const Kernels& kernels);
  static const Network& instance();  ///< on the fastest kernels

  static constexpr std::size_t kGates = 4 * kUnits;
  /// All that a frame contributes by itself. `audio`: kContextSamples, then kFrameSamples for each of the frames.
  /// `wanted[frame]` false: as if the frame were digital silence, at no cost. Gives kGates floats for each frame.
  std::vector<float> gates(std::span<const float> audio, std::span<const bool> wanted) const;
  /// Steps through frames in their order. `probabilities` may be empty: not wanted.
  void recur(std::span<const float> gates, Memory& memory, std::span<float> probabilities) const;

 private:
  struct Layer {
    std::vector<float> weights;  ///< panels of kLanes outputs: [panel][tap][input][lane]
    std::vector<float> bias;
    std::size_t inputs = 0;
    std::size_t outputs = 0;
    std::size_t taps = 0;
  };
  static Layer packed(std::span<const float> weights, std::span<const float> bias, std::size_t inputs, std::size_t taps);
  std::vector<float> frames_gates(std::span<const float> frames, std::size_t count) const;
  std::vector<float> convolve(const Layer& layer, std::span<const float> in, std::size_t count, std::size_t length,
                              std::size_t stride) const;

  const Kernels& kernels_;
  SpectrumTables tables_{};
  std::array<Layer, 4> convolutions_;
  Layer input_gates_;
  std::vector<float> recurrent_;
  std::array<float, kUnits> head_{};
  float head_bias_ = 0;
  std::vector<float> silent_gates_;
};

}  // namespace zimu::asr::vad
