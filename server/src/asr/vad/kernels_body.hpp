// The body of kernels_*.cpp, each of which says how wide its vectors are (WIDTH) and how many rows fit into the registers
// (ROWS). Nothing of the standard library is used here: an inline function compiled for a newer processor could become the
// one that the whole program calls.
#include "asr/vad/kernels.hpp"

namespace zimu::asr::vad {
namespace {

typedef float Vector __attribute__((vector_size(WIDTH * 4)));
typedef int Integers __attribute__((vector_size(WIDTH * 4)));
typedef float Unaligned __attribute__((vector_size(WIDTH * 4), aligned(4), may_alias));

constexpr std::size_t kParts = kLanes / WIDTH;  // vectors of a panel

inline Vector load(const float* at) { return *reinterpret_cast<const Unaligned*>(at); }
inline void store(float* at, Vector value) { *reinterpret_cast<Unaligned*>(at) = value; }
inline Vector all(float value) { return value - Vector{}; }

inline Vector greater(Vector a, Vector b) { return a > b ? a : b; }
inline Vector smaller(Vector a, Vector b) { return a < b ? a : b; }

/// e^x to about seven digits.
inline Vector exponential(Vector x) {
  constexpr float kShift = 12582912.0F;  // 1.5 * 2^23: what is added to it is rounded to a whole number
  x = smaller(greater(x, all(-87.0F)), all(88.0F));
  const Vector shifted = x * 1.44269504F + kShift;
  const Vector whole = shifted - kShift;
  const Vector r = (x - whole * 0.693359375F) + whole * 2.12194440e-4F;
  Vector p = r * (1.0F / 5040) + (1.0F / 720);
  p = p * r + (1.0F / 120);
  p = p * r + (1.0F / 24);
  p = p * r + (1.0F / 6);
  p = p * r + 0.5F;
  p = p * r + 1.0F;
  p = p * r + 1.0F;
  const Integers power = __builtin_convertvector(whole, Integers) + 127;
  const Integers bits = power << 23;
  return p * reinterpret_cast<Vector>(bits);
}
inline Vector sigmoid(Vector x) { return 1.0F / (1.0F + exponential(-x)); }
inline Vector hyperbolic(Vector x) { return 2.0F / (1.0F + exponential(-2.0F * x)) - 1.0F; }

template <std::size_t kRows>
inline void tile(const Product& p, std::size_t row, std::size_t panel) {
  const float* in = p.in + row * p.in_stride;
  const float* weights = p.weights + panel * p.panel_stride;
  Vector sums[kRows][kParts];
  for (std::size_t part = 0; part < kParts; ++part) {
    const Vector bias = load(p.bias + panel * kLanes + part * WIDTH);
    for (std::size_t r = 0; r < kRows; ++r) sums[r][part] = bias;
  }
  for (std::size_t k = 0; k < p.depth; ++k) {
    Vector column[kParts];
    for (std::size_t part = 0; part < kParts; ++part) column[part] = load(weights + k * kLanes + part * WIDTH);
    for (std::size_t r = 0; r < kRows; ++r) {
      const Vector value = all(in[r * p.in_stride + k]);
      for (std::size_t part = 0; part < kParts; ++part) sums[r][part] += value * column[part];
    }
  }
  for (std::size_t r = 0; r < kRows; ++r) {
    for (std::size_t part = 0; part < kParts; ++part) {
      const Vector sum = p.relu ? greater(sums[r][part], Vector{}) : sums[r][part];
      store(p.out + (row + r) * p.out_stride + panel * kLanes + part * WIDTH, sum);
    }
  }
}

void product(const Product& p) {
  for (std::size_t panel = 0; panel < p.panels; ++panel) {
    std::size_t row = 0;
    for (; row + ROWS <= p.rows; row += ROWS) tile<ROWS>(p, row, panel);
    for (; row < p.rows; ++row) tile<1>(p, row, panel);
  }
}

void step(const Recurrence& r, const float* gates, float* next) {
  for (std::size_t group = 0; group < kUnits / kLanes; ++group) {
    const float* weights = r.weights + group * kUnits * 4 * kLanes;
    for (std::size_t part = 0; part < kParts; ++part) {
      Vector sums[4];
      const std::size_t at = part * WIDTH;
      for (std::size_t g = 0; g < 4; ++g) sums[g] = load(gates + (group * 4 + g) * kLanes + at);
      for (std::size_t k = 0; k < kUnits; ++k) {
        const Vector before = all(r.hidden[k]);
        for (std::size_t g = 0; g < 4; ++g) sums[g] += before * load(weights + (k * 4 + g) * kLanes + at);
      }
      float* cell = r.cell + group * kLanes + at;
      const Vector state = sigmoid(sums[1]) * load(cell) + sigmoid(sums[0]) * hyperbolic(sums[2]);
      store(cell, state);
      store(next + group * kLanes + at, sigmoid(sums[3]) * hyperbolic(state));
    }
  }
}

void recur(const Recurrence& r) {
  float next[kUnits];
  for (std::size_t i = 0; i < r.steps; ++i) {
    step(r, r.gates + i * 4 * kUnits, next);
    Vector sum{};
    for (std::size_t u = 0; u < kUnits; u += WIDTH) {
      const Vector value = load(next + u);
      store(r.hidden + u, value);
      sum += greater(value, Vector{}) * load(r.head + u);
    }
    if (r.probabilities == nullptr) continue;
    float total = r.head_bias;
    for (std::size_t lane = 0; lane < WIDTH; ++lane) total += sum[lane];
    r.probabilities[i] = sigmoid(all(total))[0];
  }
}

/// 256 real points as 128 complex ones, kLanes columns at a time.
struct Workspace {
  float real[128][kLanes];
  float imaginary[128][kLanes];
};

void gather(const SpectrumTables& t, const float* const* columns, Workspace& w) {
  for (std::size_t lane = 0; lane < kLanes; ++lane) {
    const float* column = columns[lane];
    for (std::size_t i = 0; i < 128; ++i) {
      const std::size_t from = 2 * static_cast<std::size_t>(t.order[i]);
      w.real[i][lane] = column[from] * t.window[from];
      w.imaginary[i][lane] = column[from + 1] * t.window[from + 1];
    }
  }
}

void transform(const SpectrumTables& t, Workspace& w) {
  for (std::size_t half = 1; half < 128; half *= 2) {
    for (std::size_t j = 0; j < half; ++j) {
      const float cosine = t.cosine[j * (64 / half)];
      const float sine = t.sine[j * (64 / half)];
      for (std::size_t i = j; i < 128; i += 2 * half) {
        for (std::size_t at = 0; at < kLanes; at += WIDTH) {
          const Vector re = load(&w.real[i + half][at]);
          const Vector im = load(&w.imaginary[i + half][at]);
          const Vector turned_re = re * cosine + im * sine;
          const Vector turned_im = im * cosine - re * sine;
          const Vector base_re = load(&w.real[i][at]);
          const Vector base_im = load(&w.imaginary[i][at]);
          store(&w.real[i][at], base_re + turned_re);
          store(&w.imaginary[i][at], base_im + turned_im);
          store(&w.real[i + half][at], base_re - turned_re);
          store(&w.imaginary[i + half][at], base_im - turned_im);
        }
      }
    }
  }
}

inline Vector root(Vector square) {
  for (std::size_t lane = 0; lane < WIDTH; ++lane) square[lane] = __builtin_sqrtf(square[lane]);
  return square;
}

void spectra(const SpectrumTables& t, const float* const* columns, float* out) {
  Workspace w;
  float sizes[kBins][kLanes];
  gather(t, columns, w);
  transform(t, w);
  for (std::size_t bin = 0; bin < kBins; ++bin) {
    const std::size_t low = bin % 128;
    const std::size_t high = (128 - bin) % 128;
    for (std::size_t at = 0; at < kLanes; at += WIDTH) {
      const Vector even_re = load(&w.real[low][at]) + load(&w.real[high][at]);
      const Vector even_im = load(&w.imaginary[low][at]) - load(&w.imaginary[high][at]);
      const Vector odd_re = load(&w.imaginary[low][at]) + load(&w.imaginary[high][at]);
      const Vector odd_im = load(&w.real[high][at]) - load(&w.real[low][at]);
      const Vector re = even_re + odd_re * t.split_cosine[bin] + odd_im * t.split_sine[bin];
      const Vector im = even_im + odd_im * t.split_cosine[bin] - odd_re * t.split_sine[bin];
      store(&sizes[bin][at], root((re * re + im * im) * 0.25F));
    }
  }
  for (std::size_t lane = 0; lane < kLanes; ++lane) {
    for (std::size_t bin = 0; bin < kBins; ++bin) out[lane * kBins + bin] = sizes[bin][lane];
  }
}

}  // namespace
}  // namespace zimu::asr::vad
