#pragma once
#include <cstddef>
#include <span>

/// The inner loops of voice activity detection. Compiled once for each kind of processor; which one runs is decided at
/// run time. One processor always gives the same bits for the same input.
namespace zimu::asr::vad {

constexpr std::size_t kLanes = 16;           ///< outputs side by side in a panel of weights
constexpr std::size_t kUnits = 128;          ///< of the recurrent layer
constexpr std::size_t kBins = 129;           ///< of a spectrum
constexpr std::size_t kColumnSamples = 256;  ///< of a spectrum

/// out[r][n] = bias[n] + sum over k of in[r][k] * weights[n / kLanes][k][n % kLanes], not below 0 when `relu`.
struct Product {
  const float* in;
  std::size_t in_stride;
  std::size_t depth;  ///< k
  const float* weights;
  std::size_t panel_stride;
  const float* bias;
  float* out;
  std::size_t out_stride;
  std::size_t rows;
  std::size_t panels;  ///< n / kLanes
  bool relu;
};

/// One stretch of steps of the recurrent layer, with the probability that comes out of each.
struct Recurrence {
  const float* gates;    ///< of each step: for every kLanes units their four gates, from the input alone
  const float* weights;  ///< for every kLanes units: of each unit before, kLanes of each of the four gates
  const float* head;     ///< kUnits weights
  float head_bias;
  float* hidden;         ///< kUnits, changed
  float* cell;           ///< kUnits, changed
  float* probabilities;  ///< of each step; null: not wanted
  std::size_t steps;
};

/// Tables of the Fourier transform: `window` of a column; `order`, `cosine`, `sine` of 128 and `split_*` of 256 points.
struct SpectrumTables {
  float window[kColumnSamples];
  unsigned char order[128];
  float cosine[64];
  float sine[64];
  float split_cosine[kBins];
  float split_sine[kBins];
};

struct Kernels {
  const char* name;
  void (*product)(const Product&);
  void (*recur)(const Recurrence&);
  /// Of kLanes columns at `columns[i]` the size of each bin, to out[i][bin].
  void (*spectra)(const SpectrumTables&, const float* const* columns, float* out);
};

/// Those that this processor can run, the fastest first; never empty.
std::span<const Kernels* const> usable_kernels();

}  // namespace zimu::asr::vad
