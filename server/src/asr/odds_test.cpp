#include "asr/odds.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <memory>
#include <numeric>
#include <random>

#include "asr/fast_exp.hpp"
#include "asr/toy_vocabulary.hpp"

namespace zimu::asr {
namespace {

TEST(FastExp, IsExpToAMillionth) {
  for (float x = -87; x < 88; x += 0.00137F) {
    const double exact = std::exp(static_cast<double>(x));
    ASSERT_NEAR(fast_exp(x) / exact, 1, 1e-6) << x;
  }
  EXPECT_EQ(fast_exp(0), 1);
  EXPECT_LT(fast_exp(-std::numeric_limits<float>::infinity()), 2e-38F);
  EXPECT_TRUE(std::isfinite(fast_exp(1e9F)));
}

/// A row as wide as a model's, with a few tokens that are never said.
class OddsTest : public testing::Test {
 protected:
  OddsTest() {
    std::vector<std::string> longer(50000);
    for (std::size_t i = 0; i < longer.size(); ++i) longer[i] = "w" + std::to_string(i);
    vocabulary_ = std::make_unique<Vocabulary>(toy_vocabulary(longer));
    std::mt19937 random(7);
    std::normal_distribution<float> logit(-8, 4);
    logits_.resize(static_cast<std::size_t>(vocabulary_->size()));
    for (float& value : logits_) value = logit(random);
    for (Token token = 3; token < vocabulary_->size(); token += 97) never_.push_back(token);
    bias_ = std::make_unique<Bias>(*vocabulary_, never_, std::span<const Token>{});
    begin_ = vocabulary_->special().timestamp_begin;
  }
  Odds read(const Choice& choice) const {
    Odds odds;
    odds.read(logits_, bias_->always, choice, vocabulary_->special());
    return odds;
  }
  /// The plain way: every allowed token's logit, all others minus infinity.
  std::vector<double> plain(const Choice& choice) const {
    std::vector<double> out(logits_.size(), -std::numeric_limits<double>::infinity());
    for (std::size_t i = 0; i < out.size(); ++i) {
      const auto token = static_cast<Token>(i);
      const bool in = token < begin_ ? token >= choice.text_from : token >= choice.times_from && token < choice.times_to;
      if (in && !std::binary_search(never_.begin(), never_.end(), token)) out[i] = logits_[i];
    }
    return out;
  }
  std::unique_ptr<Vocabulary> vocabulary_;
  std::unique_ptr<Bias> bias_;
  std::vector<float> logits_;
  std::vector<Token> never_;
  Token begin_ = 0;
};

TEST_F(OddsTest, AreThoseOfASoftmax) {
  logits_[777] = 14;  // text, and likelier than all times together
  const Choice choice{0, begin_ + 30, begin_ + 900};
  const Odds odds = read(choice);
  const auto exact = plain(choice);
  double total = 0;
  for (const double logit : exact) total += std::exp(logit);
  EXPECT_EQ(odds.likeliest(), 777);
  double sum = 0;
  for (Token token = 0; token < vocabulary_->size(); ++token) {
    ASSERT_EQ(odds.allows(token), !std::isinf(exact[static_cast<std::size_t>(token)])) << token;
    if (!odds.allows(token)) continue;
    ASSERT_NEAR(odds.logprob(token), exact[static_cast<std::size_t>(token)] - std::log(total), 1e-4) << token;
    sum += std::exp(odds.logprob(token));
  }
  EXPECT_NEAR(sum, 1, 1e-4);
}

TEST_F(OddsTest, TheBestComeInOrder) {
  logits_[777] = 9;
  const Choice choice{0, begin_, begin_ + 1501};
  const Odds odds = read(choice);
  const auto exact = plain(choice);
  std::vector<Token> expected(exact.size());
  std::iota(expected.begin(), expected.end(), 0);
  std::ranges::stable_sort(expected, [&](Token a, Token b) {
    return exact[static_cast<std::size_t>(a)] > exact[static_cast<std::size_t>(b)];
  });
  expected.resize(6);
  std::vector<Token> best;
  odds.best(6, best);
  EXPECT_EQ(best, expected);
}

TEST_F(OddsTest, ChanceFollowsThem) {
  std::ranges::fill(logits_, -30.0F);
  logits_[10] = std::log(1.0F);
  logits_[600] = std::log(2.0F);    // another block
  logits_[40000] = std::log(5.0F);
  Odds odds = read({0, begin_, begin_});
  int count[3] = {0, 0, 0};
  for (int i = 0; i < 800; ++i) {
    const Token token = odds.draw(1, (i + 0.5) / 800);
    ++count[token == 10 ? 0 : token == 600 ? 1 : 2];
    ASSERT_TRUE(token == 10 || token == 600 || token == 40000);
  }
  EXPECT_NEAR(count[0], 100, 1);
  EXPECT_NEAR(count[1], 200, 1);
  EXPECT_NEAR(count[2], 500, 1);
  // Colder, the likeliest gains: 1 : 4 : 25.
  int cold = 0;
  for (int i = 0; i < 300; ++i) cold += odds.draw(0.5F, (i + 0.5) / 300) == 40000 ? 1 : 0;
  EXPECT_NEAR(cold, 250, 1);
}

TEST_F(OddsTest, NothingMayCome) {
  EXPECT_FALSE(read({begin_, begin_, begin_}).any());
  EXPECT_TRUE(read({begin_, begin_ + 5, begin_ + 7}).any());
}

TEST_F(OddsTest, OneTokenOfTheWholeRow) {
  double total = 0;
  for (const float logit : logits_) total += std::exp(static_cast<double>(logit));
  EXPECT_NEAR(softmax_at(logits_, 5) / (std::exp(static_cast<double>(logits_[5])) / total), 1, 1e-4);
}

}  // namespace
}  // namespace zimu::asr
