#include "asr/net/kernels.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <random>
#include <string>
#include <vector>

namespace zimu::asr {
namespace {

constexpr int kPositions = 1500;
constexpr std::size_t kPadded = 1504;

std::vector<const Kernels*> runnable() {
  std::vector<const Kernels*> all{&kernels_base()};
#if defined(__x86_64__)
  __builtin_cpu_init();
  if (__builtin_cpu_supports("avx2") != 0 && __builtin_cpu_supports("fma") != 0) all.push_back(&kernels_avx2());
  if (std::string_view(kernels().name) == "avx512") all.push_back(&kernels_avx512());
#endif
  return all;
}

class KernelsTest : public testing::TestWithParam<const Kernels*> {
 protected:
  std::vector<float> noise(std::size_t size, float spread = 1) {
    std::normal_distribution<float> normal(0, spread);
    std::vector<float> out(size);
    for (float& x : out) x = normal(random_);
    return out;
  }
  const Kernels& kernel() const { return *GetParam(); }
  std::mt19937 random_{7};
};

float from_bf16(Bf16 x) { return std::bit_cast<float>(static_cast<std::uint32_t>(x) << 16U); }

double gelu(double x) { return 0.5 * x * (1 + std::tanh(std::sqrt(2 / M_PI) * (x + 0.044715 * x * x * x))); }

std::vector<double> softmax(std::vector<double> x) {
  const double peak = *std::ranges::max_element(x);
  double sum = 0;
  for (double& value : x) sum += value = std::exp(value - peak);
  for (double& value : x) value /= sum;
  return x;
}

TEST_P(KernelsTest, NormGivesMeanZeroAndVarianceOne) {
  const auto x = noise(512, 30);
  const std::vector<float> gain(512, 2);
  const std::vector<float> bias(512, 5);
  std::vector<float> out(512);
  kernel().norm(x.data(), gain.data(), bias.data(), 512, out.data());
  double mean = 0;
  for (const float v : x) mean += v / 512;
  double variance = 0;
  for (const float v : x) variance += (v - mean) * (v - mean) / 512;
  for (std::size_t i = 0; i < 512; ++i) {
    EXPECT_NEAR(out[i], 2 * (static_cast<double>(x[i]) - mean) / std::sqrt(variance + 1e-5) + 5, 1e-4);
  }
}

TEST_P(KernelsTest, QuantizingLosesAtMostHalfAStep) {
  for (const float spread : {1e-6F, 1.0F, 1e6F}) {
    const auto x = noise(2048, spread);
    std::vector<std::int8_t> out(2048);
    float scale = 0;
    kernel().quantize(x.data(), 2048, out.data(), &scale);
    EXPECT_EQ(127, std::abs(*std::ranges::max_element(out, {}, [](std::int8_t v) { return std::abs(v); })));
    for (std::size_t i = 0; i < x.size(); ++i) EXPECT_NEAR(out[i] * scale, x[i], 0.501F * scale);
  }
}

TEST_P(KernelsTest, NothingButZerosStaysZero) {
  const std::vector<float> x(64);
  std::vector<std::int8_t> out(64, 3);
  float scale = 1;
  kernel().quantize(x.data(), 64, out.data(), &scale);
  EXPECT_EQ(0, scale);
  EXPECT_TRUE(std::ranges::all_of(out, [](std::int8_t v) { return v == 0; }));
}

TEST_P(KernelsTest, ScalesAddsAndBends) {
  std::vector<std::int32_t> sums(256);
  for (std::size_t i = 0; i < sums.size(); ++i) sums[i] = static_cast<std::int32_t>(i * 37) - 4000;
  const auto columns = noise(256);
  const auto bias = noise(256);
  std::vector<float> plain(256);
  std::vector<float> added(256, 1);
  std::vector<float> bent(256);
  kernel().scale(sums.data(), 0.01F, columns.data(), nullptr, 256, plain.data());
  kernel().scale_add(sums.data(), 0.01F, columns.data(), bias.data(), 256, added.data());
  kernel().scale_gelu(sums.data(), 0.01F, columns.data(), bias.data(), 256, bent.data());
  for (std::size_t i = 0; i < sums.size(); ++i) {
    const double value = sums[i] * 0.01 * static_cast<double>(columns[i]);
    EXPECT_NEAR(plain[i], value, 1e-5 * std::abs(value) + 1e-6);
    EXPECT_NEAR(added[i], value + bias[i] + 1, 1e-5 * std::abs(value) + 1e-5);
    EXPECT_NEAR(bent[i], gelu(value + bias[i]), 2e-5 * std::abs(value) + 1e-5);
  }
}

TEST_P(KernelsTest, RoundsToBf16) {
  const auto x = noise(64);
  std::vector<Bf16> out(64);
  kernel().to_bf16(x.data(), 2, 64, out.data());
  for (std::size_t i = 0; i < 64; ++i) EXPECT_NEAR(from_bf16(out[i]), 2 * x[i], std::abs(2 * x[i]) / 256);
  const auto y = noise(64);
  std::vector<Bf16> pairs(128);
  kernel().pair_bf16(x.data(), y.data(), 64, pairs.data());
  for (std::size_t i = 0; i < 64; ++i) {
    EXPECT_NEAR(from_bf16(pairs[2 * i]), x[i], std::abs(x[i]) / 256);
    EXPECT_NEAR(from_bf16(pairs[2 * i + 1]), y[i], std::abs(y[i]) / 256);
  }
}

/// Softmax attention in double precision. All [positions][64].
std::vector<double> attention(const float* query, const std::vector<float>& keys, const std::vector<float>& values,
                              std::size_t positions) {
  std::vector<double> scores(positions);
  for (std::size_t t = 0; t < positions; ++t) {
    for (std::size_t d = 0; d < 64; ++d) scores[t] += static_cast<double>(query[d]) * keys[t * 64 + d];
  }
  scores = softmax(scores);
  std::vector<double> out(64);
  for (std::size_t t = 0; t < positions; ++t) {
    for (std::size_t d = 0; d < 64; ++d) out[d] += scores[t] * values[t * 64 + d];
  }
  return out;
}

TEST_P(KernelsTest, AttendsAsSoftmaxDoes) {
  constexpr int kRows = 8;  // one block of six and two single ones
  auto queries = noise(kRows * 64);
  const auto keys = noise(kPadded * 64, 0.5F);
  const auto values = noise(kPadded * 64);
  std::vector<Bf16> packed_queries(queries.size());
  std::vector<Bf16> packed_keys(kPadded * 64);
  std::vector<Bf16> packed_values(kPadded * 64);
  kernel().to_bf16(queries.data(), 1.4426950409F, kRows * 64, packed_queries.data());
  std::vector<Bf16> row(64);
  for (std::size_t t = 0; t < kPadded; ++t) {
    kernel().to_bf16(keys.data() + t * 64, 1, 64, row.data());
    for (std::size_t d = 0; d < 64; ++d) {
      packed_keys[t / 16 * 1024 + d / 2 * 32 + t % 16 * 2 + d % 2] = row[d];
    }
  }
  for (std::size_t t = 0; t < kPadded; t += 2) {
    kernel().pair_bf16(values.data() + t * 64, values.data() + (t + 1) * 64, 64, packed_values.data() + t * 64);
  }
  std::vector<float> out(kRows * 64);
  std::vector<std::byte> scratch(attention_scratch(kPositions));
  kernel().attend(packed_queries.data(), 64, kRows, packed_keys.data(), packed_values.data(), kPositions, out.data(), 64,
                  scratch.data());
  for (std::size_t r = 0; r < kRows; ++r) {
    const auto wanted = attention(queries.data() + r * 64, keys, values, kPositions);
    for (std::size_t d = 0; d < 64; ++d) EXPECT_NEAR(out[r * 64 + d], wanted[d], 0.02) << r << ' ' << d;
  }
}

TEST_P(KernelsTest, AttendsToEightBitAudio) {
  const auto keys = noise(kPadded * 64);
  const auto values = noise(kPadded * 64);
  std::vector<std::uint8_t> packed_keys(kPadded * 64);
  std::vector<std::int8_t> packed_values(kPadded * 64);
  std::vector<float> key_scales(kPadded);
  std::vector<float> value_scales(kPadded);
  for (std::size_t t = 0; t < kPadded; t += 4) {
    kernel().pack_keys(keys.data() + t * 64, 64, packed_keys.data() + t / 16 * 1024 + t % 16 * 4, key_scales.data() + t);
    kernel().pack_values(values.data() + t * 64, 64, packed_values.data() + t * 64, value_scales.data() + t);
  }
  // What is left of them is what attention has to be true to.
  std::vector<float> kept_keys(keys.size());
  std::vector<float> kept_values(values.size());
  for (std::size_t t = 0; t < kPadded; ++t) {
    for (std::size_t d = 0; d < 64; ++d) {
      const std::size_t i = t * 64 + d;
      kept_keys[i] = key_scales[t] * static_cast<float>(packed_keys[t / 16 * 1024 + d / 4 * 64 + t % 16 * 4 + d % 4] - 128);
      kept_values[i] = value_scales[t] * packed_values[t / 4 * 256 + d * 4 + t % 4];
      ASSERT_NEAR(kept_keys[i], keys[i], 0.501F * key_scales[t]);
      ASSERT_NEAR(kept_values[i], values[i], 0.501F * value_scales[t]);
    }
  }
  const CrossHead head{packed_keys.data(), packed_values.data(), key_scales.data(), value_scales.data()};
  for (const float spread : {0.1F, 1.0F}) {
    constexpr int kRows = 5;  // of a beam
    const auto queries = noise(kRows * 64, spread);
    std::vector<float> weights(kRows * kPadded, -1);
    std::vector<float> out(kRows * 64);
    kernel().attend_cross(queries.data(), 64, kRows, head, kPositions, weights.data(), out.data());
    for (std::size_t r = 0; r < kRows; ++r) {
      const auto wanted = attention(queries.data() + r * 64, kept_keys, kept_values, kPositions);
      for (std::size_t d = 0; d < 64; ++d) EXPECT_NEAR(out[r * 64 + d], wanted[d], 2e-3) << r << ' ' << d;
      double sum = 0;
      for (std::size_t t = 0; t < kPositions; ++t) sum += weights[r * kPadded + t];
      EXPECT_NEAR(sum, 1, 1e-4);
      EXPECT_EQ(0, weights[r * kPadded + kPositions]);  // positions that do not exist have no share
    }
  }
}

TEST_P(KernelsTest, AttendsToTheText) {
  constexpr std::size_t kText = 37;
  const auto keys = noise(kText * 64);
  const auto values = noise(kText * 64);
  std::vector<std::uint16_t> half_keys(kText * 64);
  std::vector<std::uint16_t> half_values(kText * 64);
  kernel().to_half(keys.data(), kText * 64, half_keys.data());
  kernel().to_half(values.data(), kText * 64, half_values.data());
  const auto query = noise(64);
  std::vector<float> weights(64);
  std::vector<float> out(64);
  kernel().attend_self(query.data(), half_keys.data(), half_values.data(), kText, weights.data(), out.data());
  const auto wanted = attention(query.data(), keys, values, kText);
  for (std::size_t d = 0; d < 64; ++d) EXPECT_NEAR(out[d], wanted[d], 0.01);
}

TEST_P(KernelsTest, MultipliesMatricesOfAnySize) {
  for (const int m : {1, 5, 6, 13}) {
    for (const int n : {16, 64, 80, 208}) {
      constexpr int kInner = 40;
      const auto a = noise(static_cast<std::size_t>(m * kInner));
      const auto b = noise(static_cast<std::size_t>(kInner * n));
      std::vector<float> c(static_cast<std::size_t>(m * n), 1);
      kernel().multiply_add(a.data(), kInner, b.data(), static_cast<std::size_t>(n), m, n, kInner, c.data(),
                            static_cast<std::size_t>(n));
      for (int i = 0; i < m; ++i) {
        for (int j = 0; j < n; ++j) {
          double wanted = 1;
          for (int k = 0; k < kInner; ++k) {
            wanted += static_cast<double>(a[static_cast<std::size_t>(i * kInner + k)]) * b[static_cast<std::size_t>(k * n + j)];
          }
          ASSERT_NEAR(c[static_cast<std::size_t>(i * n + j)], wanted, 1e-4);
        }
      }
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Every, KernelsTest, testing::ValuesIn(runnable()),
                         [](const auto& which) { return std::string(which.param->name); });

}  // namespace
}  // namespace zimu::asr
