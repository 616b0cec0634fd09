#include "asr/alignment_matrix.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>

#include "asr/simd.hpp"

namespace zimu::asr {
namespace alignment_kernels {

constexpr std::size_t kReach = 3;  // of the median, to each side

[[gnu::always_inline]] inline float to_float(std::uint16_t upper_half) {
  constexpr unsigned kHalf = 16;
  return std::bit_cast<float>(static_cast<std::uint32_t>(upper_half) << kHalf);
}

[[gnu::always_inline]] inline void sort_two(float& a, float& b) {
  const float low = a < b ? a : b;
  b = a < b ? b : a;
  a = low;
}

ZIMU_FOR_EACH_CPU void add_moments(const std::uint16_t* weights, std::size_t frames, float* sums) {
  for (std::size_t f = 0; f < frames; ++f) sums[f] += to_float(weights[f]);
}

ZIMU_FOR_EACH_CPU void add_squares(const std::uint16_t* weights, const float* means, std::size_t frames, float* sums) {
  for (std::size_t f = 0; f < frames; ++f) {
    const float off = to_float(weights[f]) - means[f];
    sums[f] += off * off;
  }
}

ZIMU_FOR_EACH_CPU void set_off(const std::uint16_t* weights, const float* means, const float* scales,
                               std::size_t frames, float* out) {
  for (std::size_t f = 0; f < frames; ++f) out[f] = (to_float(weights[f]) - means[f]) * scales[f];
}

/// Adds to `out` the median of each seven; `in` begins kReach before the first and ends as far after the last.
ZIMU_FOR_EACH_CPU void add_medians(const float* in, std::size_t frames, float* __restrict out) {
  for (std::size_t f = 0; f < frames; ++f) {
    float a = in[f];
    float b = in[f + 1];
    float c = in[f + 2];
    float d = in[f + 3];
    float e = in[f + 4];
    float g = in[f + 5];
    float h = in[f + 6];
    // Of six values, the least has five above it and the greatest five below: neither is the median of seven. Then of
    // four of the five that are left. Then there are three.
    sort_two(a, b);
    sort_two(c, d);
    sort_two(e, g);
    sort_two(a, c);
    sort_two(b, d);
    sort_two(a, e);
    sort_two(d, g);  // a and g are out
    sort_two(b, c);
    sort_two(d, e);
    sort_two(b, d);
    sort_two(c, e);  // b and e are out
    sort_two(c, d);
    d = d < h ? d : h;
    out[f] += c < d ? d : c;
  }
}

}  // namespace alignment_kernels

namespace {

using alignment_kernels::kReach;

/// As torch's reflect: the edge itself is not repeated.
void mirror_edges(std::vector<float>& padded, std::size_t frames) {
  const std::size_t last = frames - 1;
  for (std::size_t i = 1; i <= kReach; ++i) {
    padded[kReach - i] = padded[kReach + std::min(i, last)];
    padded[kReach + last + i] = padded[kReach + last - std::min(i, last)];
  }
}

}  // namespace

std::vector<float> alignment_matrix(std::span<const std::shared_ptr<const AttentionRow>> rows) {
  constexpr float kLeastDeviation = 1e-12F;
  const std::size_t frames = rows.front()->frames;
  const std::size_t heads = rows.front()->heads();
  const float share = 1.0F / static_cast<float>(rows.size());
  std::vector<float> matrix(rows.size() * frames);
  std::vector<float> means(frames);
  std::vector<float> scales(frames);
  std::vector<float> padded(frames + 2 * kReach);
  for (std::size_t head = 0; head < heads; ++head) {
    const auto weights = [&](const auto& row) { return row->weights.data() + head * frames; };
    std::ranges::fill(means, 0.0F);
    std::ranges::fill(scales, 0.0F);
    for (const auto& row : rows) alignment_kernels::add_moments(weights(row), frames, means.data());
    for (float& mean : means) mean *= share;
    for (const auto& row : rows) alignment_kernels::add_squares(weights(row), means.data(), frames, scales.data());
    for (float& scale : scales) {
      scale = 1 / (std::max(std::sqrt(scale * share), kLeastDeviation) * static_cast<float>(heads));
    }
    for (std::size_t r = 0; r < rows.size(); ++r) {
      alignment_kernels::set_off(weights(rows[r]), means.data(), scales.data(), frames, padded.data() + kReach);
      mirror_edges(padded, frames);
      alignment_kernels::add_medians(padded.data(), frames, matrix.data() + r * frames);
    }
  }
  return matrix;
}

std::vector<std::size_t> row_starts(std::span<const float> matrix, std::size_t rows, std::size_t frames) {
  enum : std::uint8_t { kBoth, kRow, kFrame };
  constexpr float kNoWay = std::numeric_limits<float>::infinity();
  std::vector<std::uint8_t> steps(rows * frames);
  // Costs of the row before, with nothing to the left of the first frame.
  std::vector<float> before(frames + 1, kNoWay);
  std::vector<float> costs(frames + 1, kNoWay);
  before[0] = 0;
  for (std::size_t r = 0; r < rows; ++r) {
    const float* gains = matrix.data() + r * frames;
    const float* above = before.data();
    float* here = costs.data();
    std::uint8_t* step = steps.data() + r * frames;
    here[0] = kNoWay;
    for (std::size_t f = 0; f < frames; ++f) {
      const float both = above[f];
      const float row = above[f + 1];
      const float frame = here[f];
      const bool is_both = both < row && both < frame;
      const bool is_row = row < both && row < frame;
      step[f] = is_both ? kBoth : (is_row ? kRow : kFrame);
      here[f + 1] = std::min(std::min(row, both), frame) - gains[f];
    }
    std::swap(before, costs);
  }
  std::vector<std::size_t> starts(rows, 0);
  std::size_t r = rows - 1;
  std::size_t f = frames - 1;
  while (r > 0) {
    const std::uint8_t step = steps[r * frames + f];
    if (step == kFrame && f > 0) {
      --f;
      continue;
    }
    starts[r--] = f;
    if (step == kBoth && f > 0) --f;
  }
  return starts;
}

}  // namespace zimu::asr
