#include "asr/sampler.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "asr/toy_vocabulary.hpp"

namespace zimu::asr {
namespace {

class SamplerTest : public testing::Test {
 protected:
  SamplingRules rules() const {
    SamplingRules rules;
    rules.bias = &nothing_;
    rules.with_timestamps = false;
    rules.max_tokens = 100;
    return rules;
  }
  Token id(std::string_view text) const { return vocabulary_.find(text); }
  /// Logits of 0 but for the given ones.
  std::vector<float> row(std::initializer_list<std::pair<Token, float>> raised) const {
    std::vector<float> out(static_cast<std::size_t>(vocabulary_.size()), -20);
    for (const auto& [token, logit] : raised) out[static_cast<std::size_t>(token)] = logit;
    return out;
  }
  Token eot() const { return vocabulary_.special().eot; }
  Token time(int index) const { return vocabulary_.special().timestamp_begin + index; }

  Vocabulary vocabulary_ = toy_vocabulary();
  Bias nothing_{vocabulary_, {}, {}};
};

TEST_F(SamplerTest, GreedyTakesTheLikeliest) {
  Sampler sampler(vocabulary_, rules(), 0, 0);
  EXPECT_EQ(sampler.next(row({{id("a"), 5}, {id("b"), 6}})), id("b"));
  EXPECT_EQ(sampler.next(row({{eot(), 9}, {id("b"), 6}})), eot());
  const Decoding decoding = sampler.take();
  EXPECT_EQ(decoding.text, "b");
  EXPECT_TRUE(decoding.ended);
  EXPECT_FALSE(decoding.looping);
  ASSERT_EQ(decoding.logprobs.size(), 1U);
  EXPECT_NEAR(decoding.logprobs[0], 6 - std::log(std::exp(6.0) + std::exp(5.0)), 1e-3);
  // The end of text counts: two tokens.
  EXPECT_NEAR(decoding.avg_logprob, (decoding.logprobs[0] - std::log(1 + std::exp(-3.0))) / 2, 1e-3);
}

TEST_F(SamplerTest, NeverTakesWhatIsForbidden) {
  const std::vector<Token> never{id("x")};
  const std::vector<Token> first{id(" a"), eot()};
  SamplingRules rules = this->rules();
  const Bias bias(vocabulary_, never, first);
  rules.bias = &bias;
  Sampler sampler(vocabulary_, rules, 0, 0);
  const auto logits = row({{id("x"), 9}, {id(" a"), 8}, {eot(), 7}, {id("b"), 1}});
  EXPECT_EQ(sampler.next(logits), id("b"));   // the first token
  EXPECT_EQ(sampler.next(logits), id(" a"));  // later ones
}

TEST_F(SamplerTest, StopsAtItsLimitWithoutAnEnd) {
  SamplingRules rules = this->rules();
  rules.max_tokens = 2;
  Sampler sampler(vocabulary_, rules, 0, 0);
  EXPECT_NE(sampler.next(row({{id("a"), 5}})), eot());
  EXPECT_NE(sampler.next(row({{id("b"), 5}})), eot());
  EXPECT_EQ(sampler.next(row({{id("c"), 5}})), eot());
  EXPECT_FALSE(sampler.take().ended);
}

TEST_F(SamplerTest, LeavesALoopEarly) {
  Sampler sampler(vocabulary_, rules(), 0, 0);
  int said = 0;
  while (said < 100 && sampler.next(row({{id("a"), 5}})) != eot()) ++said;
  EXPECT_LT(said, 50);
  EXPECT_TRUE(sampler.take().looping);
}

TEST_F(SamplerTest, ASeedDecidesAndADifferentOneDecidesDifferently) {
  const auto spin = [this](std::uint64_t seed) {
    Sampler sampler(vocabulary_, rules(), 1, seed);
    std::string text;
    for (int i = 0; i < 12; ++i) {
      text += vocabulary_.piece(sampler.next(row({{id("a"), 1}, {id("b"), 1}, {id("c"), 1}, {id("d"), 1}})));
    }
    return text;
  };
  EXPECT_EQ(spin(1), spin(1));
  EXPECT_NE(spin(1), spin(2));
}

TEST_F(SamplerTest, TemperatureFollowsTheProbabilities) {
  int often = 0;
  for (std::uint64_t seed = 0; seed < 400; ++seed) {
    Sampler sampler(vocabulary_, rules(), 1, seed);
    often += sampler.next(row({{id("a"), std::log(3.0F)}, {id("b"), 0}})) == id("a") ? 1 : 0;
  }
  EXPECT_NEAR(often, 300, 40);
}

TEST_F(SamplerTest, ReplaySaysTheSameWhateverTheLogitsAre) {
  const std::vector<Token> said{id("a"), id("b")};
  Replay replay(said, eot());
  EXPECT_EQ(replay.next(row({{id("z"), 9}})), id("a"));
  EXPECT_EQ(replay.next({}), id("b"));
  EXPECT_EQ(replay.next({}), eot());
  EXPECT_EQ(replay.next({}), eot());
}

class RulesTest : public SamplerTest {
 protected:
  bool allows(const std::vector<Token>& sampled, Token token, std::initializer_list<std::pair<Token, float>> raised = {}) {
    return allows_in(row(raised), sampled, token);
  }
  bool allows_in(const std::vector<float>& logits, const std::vector<Token>& sampled, Token token) const {
    Odds odds;
    odds.read(logits, nothing_.always, rules_.choice(sampled, vocabulary_), vocabulary_.special());
    return odds.allows(token);
  }
  TimestampRules rules_;
};

TEST_F(RulesTest, ATimeComesFirstAndIsEarly) {
  EXPECT_FALSE(allows({}, id("a")));
  EXPECT_TRUE(allows({}, time(0)));
  EXPECT_TRUE(allows({}, time(50)));
  EXPECT_FALSE(allows({}, time(51)));
}

TEST_F(RulesTest, TextFollowsAnOpeningTime) {
  EXPECT_TRUE(allows({time(0)}, id("a"), {{id("a"), 9}}));
  EXPECT_FALSE(allows({time(0)}, time(5)));
  EXPECT_FALSE(allows({time(0), id("a"), time(9), time(9)}, time(9)));
}

TEST_F(RulesTest, AfterAClosingTimeComesATimeOrTheEnd) {
  const std::vector<Token> closed{time(0), id("a"), time(9)};
  EXPECT_FALSE(allows(closed, id("b")));
  EXPECT_TRUE(allows(closed, time(9)));
  EXPECT_TRUE(allows(closed, time(40)));
  EXPECT_TRUE(allows(closed, eot(), {{eot(), 9}}));
}

TEST_F(RulesTest, TimesNeverGoBackAndSegmentsHaveALength) {
  EXPECT_FALSE(allows({time(7), id("a")}, time(6)));
  EXPECT_FALSE(allows({time(7), id("a")}, time(7)));
  EXPECT_TRUE(allows({time(7), id("a")}, time(8)));
}

TEST_F(RulesTest, NothingIsSpokenAfterTheEndOfTheAudio) {
  rules_.max_index = 100;
  EXPECT_FALSE(allows({time(0), id("a")}, time(101)));
  EXPECT_TRUE(allows({time(0), id("a")}, time(100)));
  EXPECT_FALSE(allows({time(0), id("a"), time(100)}, time(100), {{eot(), 1}}));
  EXPECT_TRUE(allows({time(0), id("a"), time(100)}, eot()));
}

TEST_F(RulesTest, ManyUnlikelyTimesTogetherBeatTheBestWord) {
  // 1451 times of logit -1 have a sum of exp(6.3); the best word has exp(5).
  std::vector<float> logits = row({{id("b"), 5}});
  std::fill(logits.begin() + time(50), logits.end(), -1.0F);
  EXPECT_FALSE(allows_in(logits, {time(0), id("a")}, id("b")));
  std::vector<float> word = row({{id("b"), 8}});
  std::fill(word.begin() + time(50), word.end(), -1.0F);
  EXPECT_TRUE(allows_in(word, {time(0), id("a")}, id("b")));
}

}  // namespace
}  // namespace zimu::asr
