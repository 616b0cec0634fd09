#include "asr/alignment.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>
#include <random>

#include "asr/alignment_matrix.hpp"
#include "asr/toy_vocabulary.hpp"

namespace zimu::asr {
namespace {

using namespace std::chrono_literals;
using Rows = std::vector<std::shared_ptr<const AttentionRow>>;

/// Softmaxed attention of some heads over 1500 frames: most of it around `center`, the rest by chance.
std::vector<float> attention(std::size_t heads, double center, std::mt19937& random) {
  std::uniform_real_distribution<float> noise(0, 0.02F);
  std::vector<float> out(heads * 1500);
  for (std::size_t h = 0; h < heads; ++h) {
    double sum = 0;
    for (std::size_t f = 0; f < 1500; ++f) {
      const double off = (static_cast<double>(f) - center) / 8;
      out[h * 1500 + f] = static_cast<float>(std::exp(-off * off)) + noise(random);
      sum += out[h * 1500 + f];
    }
    for (std::size_t f = 0; f < 1500; ++f) out[h * 1500 + f] /= static_cast<float>(sum);
  }
  return out;
}

TEST(Attention, KeepsTheAudiosPartOnly) {
  std::mt19937 random(1);
  const auto row = pack_attention(attention(3, 100, random), 3, 400);
  EXPECT_EQ(row.heads(), 3U);
  ASSERT_EQ(row.weights.size(), 1200U);
  // Each head's sum is 1, whatever lay behind the audio. Weights are the upper halves of floats.
  for (std::size_t h = 0; h < 3; ++h) {
    double sum = 0;
    for (std::size_t f = 0; f < 400; ++f) {
      sum += std::bit_cast<float>(static_cast<std::uint32_t>(row.weights[h * 400 + f]) << 16U);
    }
    EXPECT_NEAR(sum, 1, 2e-3);
  }
}

/// The plain way, in double precision (openai/whisper timing.py).
std::vector<double> plain_matrix(const std::vector<std::vector<float>>& rows, std::size_t heads, std::size_t frames) {
  std::vector<double> matrix(rows.size() * frames);
  for (std::size_t h = 0; h < heads; ++h) {
    std::vector<std::vector<double>> w(rows.size(), std::vector<double>(frames));
    for (std::size_t r = 0; r < rows.size(); ++r) {
      double sum = 0;
      for (std::size_t f = 0; f < frames; ++f) sum += rows[r][h * 1500 + f];
      for (std::size_t f = 0; f < frames; ++f) w[r][f] = rows[r][h * 1500 + f] / sum;
    }
    for (std::size_t f = 0; f < frames; ++f) {
      double mean = 0;
      double square = 0;
      for (const auto& row : w) mean += row[f] / static_cast<double>(w.size());
      for (const auto& row : w) square += (row[f] - mean) * (row[f] - mean) / static_cast<double>(w.size());
      for (auto& row : w) row[f] = (row[f] - mean) / std::sqrt(square);
    }
    for (std::size_t r = 0; r < rows.size(); ++r) {
      const auto last = static_cast<long>(frames) - 1;
      for (long f = 0; f <= last; ++f) {
        std::vector<double> seven;
        for (long k = f - 3; k <= f + 3; ++k) seven.push_back(w[r][static_cast<std::size_t>(k < 0 ? -k : k > last ? 2 * last - k : k)]);
        std::ranges::nth_element(seven, seven.begin() + 3);
        matrix[r * frames + static_cast<std::size_t>(f)] += seven[3] / static_cast<double>(heads);
      }
    }
  }
  return matrix;
}

TEST(AlignmentMatrix, IsWhatThePlainWayGives) {
  constexpr std::size_t kHeads = 5;
  std::mt19937 random(2);
  for (const std::size_t frames : {std::size_t{9}, std::size_t{333}, std::size_t{1500}}) {
    std::vector<std::vector<float>> plain;
    Rows rows;
    for (int r = 0; r < 13; ++r) {
      plain.push_back(attention(kHeads, r * static_cast<double>(frames) / 13, random));
      rows.push_back(std::make_shared<const AttentionRow>(pack_attention(plain.back(), kHeads, frames)));
    }
    const auto expected = plain_matrix(plain, kHeads, frames);
    const auto matrix = alignment_matrix(rows);
    ASSERT_EQ(matrix.size(), expected.size());
    double worst = 0;
    for (std::size_t i = 0; i < matrix.size(); ++i) worst = std::max(worst, std::abs(matrix[i] - expected[i]));
    EXPECT_LT(worst, 0.05) << frames;  // of deviations; weights have eight binary digits
  }
}

TEST(RowStarts, AreThoseOfTheBestWay) {
  // Every way through a small matrix, tried out.
  std::mt19937 random(3);
  std::normal_distribution<float> value(0, 1);
  constexpr std::size_t kRows = 4;
  constexpr std::size_t kFrames = 6;
  for (int round = 0; round < 50; ++round) {
    std::vector<float> matrix(kRows * kFrames);
    for (float& v : matrix) v = value(random);
    double best = -std::numeric_limits<double>::infinity();
    std::vector<std::size_t> expected;
    std::vector<std::size_t> starts{0};
    const auto walk = [&](const auto& self, std::size_t r, std::size_t f, double sum) -> void {
      sum += matrix[r * kFrames + f];
      if (r + 1 == kRows && f + 1 == kFrames && sum > best) {
        best = sum;
        expected = starts;
      }
      if (f + 1 < kFrames) self(self, r, f + 1, sum);
      if (r + 1 == kRows) return;
      starts.push_back(f);
      self(self, r + 1, f, sum);
      if (f + 1 < kFrames) {
        starts.back() = f + 1;
        self(self, r + 1, f + 1, sum);
      }
      starts.pop_back();
    };
    walk(walk, 0, 0, 0);
    EXPECT_EQ(row_starts(matrix, kRows, kFrames), expected) << round;
  }
}

TEST(Align, TokensLieWhereTheHeadsLook) {
  const Vocabulary vocabulary = toy_vocabulary();
  std::mt19937 random(4);
  Decoding decoding;
  const Token begin = vocabulary.special().timestamp_begin;
  decoding.tokens = {begin, vocabulary.find(" a"), vocabulary.find(" b"), begin + 200, begin + 300, vocabulary.find(" c"), begin + 400};
  // The prompt's three rows, of which the last chooses the first token; then one for each token.
  const double centers[] = {5, 5, 5, 40, 90, 150, 200, 320, 390, 395};
  for (const double center : centers) {
    decoding.attention.push_back(std::make_shared<const AttentionRow>(pack_attention(attention(4, center, random), 4, 400)));
  }
  const Alignment alignment = align(decoding, vocabulary);
  ASSERT_EQ(alignment.tokens.size(), 3U);
  EXPECT_EQ(alignment.tokens[2], vocabulary.find(" c"));
  const auto near = [](Milliseconds time, double frame) { return std::abs(static_cast<double>(time.count()) - frame * 20) < 800; };
  EXPECT_TRUE(near(alignment.starts[0], 25));
  EXPECT_TRUE(near(alignment.ends[0], 65));
  EXPECT_TRUE(near(alignment.starts[2], 260));
  // The pause, which the times stand for, is nobody's.
  EXPECT_GT(alignment.starts[2] - alignment.ends[1], 1s);
  decoding.attention.clear();
  EXPECT_TRUE(align(decoding, vocabulary).tokens.empty());
}

}  // namespace
}  // namespace zimu::asr
