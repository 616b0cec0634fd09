#include "asr/batch_decoder.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <deque>
#include <map>

#include "asr/beam_search.hpp"
#include "asr/detect_languages.hpp"
#include "asr/scripted_net.hpp"
#include "asr/suppress.hpp"
#include "asr/toy_vocabulary.hpp"

namespace zimu::asr {
namespace {

using namespace std::chrono_literals;

/// Gives its windows one after the other, and between them says that there is none yet.
class ListSource : public WindowSource {
 public:
  explicit ListSource(std::deque<SpeechWindow> windows, bool hesitates = false)
      : windows_(std::move(windows)), hesitates_(hesitates) {}
  Pull next(SpeechWindow& into, bool wait) override {
    if (hesitates_ && !wait && (hesitated_ = !hesitated_)) return Pull::kNotYet;
    if (windows_.empty()) return Pull::kEnd;
    into = std::move(windows_.front());
    windows_.pop_front();
    return Pull::kWindow;
  }
  std::size_t left() const { return windows_.size(); }

 private:
  std::deque<SpeechWindow> windows_;
  bool hesitates_;
  bool hesitated_ = false;
};

class BatchTest : public testing::Test {
 protected:
  using Line = std::vector<Token>;
  using Ways = std::map<Line, std::vector<std::pair<Token, float>>>;

  Token id(std::string_view text) const { return vocabulary_.find(text); }
  Token time(int index) const { return vocabulary_.special().timestamp_begin + index; }
  Token eot() const { return vocabulary_.special().eot; }

  /// Surely says `line`, then the end.
  ScriptedNet::Script says(Line line) const {
    line.push_back(eot());
    return [line](std::span<const Token> said, std::span<float> row) {
      row[static_cast<std::size_t>(line.at(std::min(said.size(), line.size() - 1)))] = 5;
    };
  }
  /// Whatever it has said, everything printable is equally likely to follow.
  ScriptedNet::Script mumbles() const {
    return [this](std::span<const Token> said, std::span<float> row) {
      if (said.empty()) row[static_cast<std::size_t>(time(0))] = 5;
      else if (said.size() == 12) row[static_cast<std::size_t>(time(100))] = 50;
      else if (said.size() > 12) row[static_cast<std::size_t>(eot())] = 50;
      else for (char c = 'a'; c <= 'z'; ++c) row[static_cast<std::size_t>(id(std::string(1, c)))] = 5;
    };
  }
  /// Two ways after the time: the likelier first step leads where nothing is sure.
  ScriptedNet::Script misleads() const {
    return [this](std::span<const Token> said, std::span<float> row) {
      const bool wrong = said.size() > 1 && said[1] == id("x");
      if (said.size() == 1) {
        row[static_cast<std::size_t>(id("x"))] = 5.1F;
        row[static_cast<std::size_t>(id("y"))] = 5.0F;
      } else if (said.size() < 8 && wrong) {
        for (char c = 'a'; c <= 'z'; ++c) row[static_cast<std::size_t>(id(std::string(1, c)))] = 5;
      } else {
        const Line line{time(0), 0, id(" a"), id(" b"), id(" c"), id(" d"), id(" e"), id(" f"), time(100), eot()};
        row[static_cast<std::size_t>(line.at(std::min<std::size_t>(said.size(), 9)))] = 5;
      }
    };
  }
  /// Chaos that depends on every token said before.
  ScriptedNet::Script rambles(std::uint64_t seed) const {
    return [this, seed](std::span<const Token> said, std::span<float> row) {
      std::uint64_t state = seed;
      const auto mix = [&state](std::uint64_t value) {
        state = (state ^ value) * 0x9E3779B97F4A7C15ULL;
        state ^= state >> 29U;
        return state;
      };
      for (const Token token : said) mix(static_cast<std::uint64_t>(token) + 1);
      for (int i = 0; i < 12; ++i) {
        const auto letter = static_cast<char>('a' + mix(1) % 26);
        row[static_cast<std::size_t>(id(std::string(" ") + letter))] = static_cast<float>(mix(2) % 1000) * 0.006F;
      }
      for (int i = 0; i < 5; ++i) row[static_cast<std::size_t>(time(static_cast<int>(mix(3) % 300)))] = 4;
      row[static_cast<std::size_t>(eot())] = static_cast<float>(said.size()) * 0.25F - 2;
    };
  }

  static SpeechWindow window(std::uint64_t tag, std::vector<float> audio, bool words = false) {
    return {tag, std::move(audio), {.language = "en", .words = words, .beam_size = 1}};
  }
  Result<> run(ScriptedNet& net, WindowSource& source) {
    results_.clear();
    order_.clear();
    BatchDecoder decoder(net, mel_, vocabulary_, team_);
    return decoder.run(source, [this](std::uint64_t tag, WindowResult result) -> Result<> {
      EXPECT_TRUE(results_.emplace(tag, std::move(result)).second) << "twice: " << tag;
      order_.push_back(tag);
      return {};
    }, [this] { return abort_ && ++polls_ > abort_after_; });
  }
  static std::string text(const WindowResult& result) {
    std::string out;
    for (const auto& segment : result.segments) out += (out.empty() ? "" : " | ") + segment.text;
    return out;
  }

  Vocabulary vocabulary_ = toy_vocabulary();
  MelSpectrogram mel_ = ScriptedNet::mel();
  Team team_{2};
  std::map<std::uint64_t, WindowResult> results_;
  std::vector<std::uint64_t> order_;
  bool abort_ = false;
  int polls_ = 0;
  int abort_after_ = 0;
};

TEST_F(BatchTest, WindowsLeaveAndOthersTakeTheirPlaces) {
  ScriptedNet net(vocabulary_, 3, 8);
  net.scripts[0] = says({time(0), id(" a"), time(100)});
  net.scripts[1] = says({time(0), id(" b"), id(" c"), id(" d"), id(" e"), time(100)});
  for (const bool hesitates : {false, true}) {
    std::deque<SpeechWindow> windows;
    for (std::uint64_t tag = 0; tag < 20; ++tag) windows.push_back(window(tag, ScriptedNet::sound(tag % 3 == 0, 2)));
    ListSource source(std::move(windows), hesitates);
    ASSERT_TRUE(run(net, source));
    ASSERT_EQ(results_.size(), 20U);
    for (const auto& [tag, result] : results_) {
      EXPECT_EQ(text(result), tag % 3 == 0 ? "b c d e" : "a") << tag;
      EXPECT_EQ(result.consumed, 2s);
      EXPECT_TRUE(result.retries.empty());
    }
  }
  EXPECT_EQ(net.encoded, 40U);
}

TEST_F(BatchTest, PromptsOfSeveralWindowsGoTogether) {
  ScriptedNet net(vocabulary_, 4, 8);
  net.scripts[0] = says({time(0), id(" a"), time(100)});
  std::deque<SpeechWindow> windows;
  for (std::uint64_t tag = 0; tag < 4; ++tag) windows.push_back(window(tag, ScriptedNet::sound(0, 2)));
  ListSource source(std::move(windows));
  ASSERT_TRUE(run(net, source));
  EXPECT_EQ(net.widest, 4 * 3U);
  EXPECT_EQ(net.steps, 1 + 3U);  // the prompts, then a step for each token but the end
}

TEST_F(BatchTest, SilenceNeedsNoPlace) {
  ScriptedNet net(vocabulary_, 1, 5);
  net.scripts[0] = says({time(0), id(" a"), time(100)});
  ListSource source({window(1, std::vector<float>(32000, 0.0F)), window(2, ScriptedNet::sound(0, 2))});
  ASSERT_TRUE(run(net, source));
  EXPECT_EQ(text(results_.at(1)), "");
  EXPECT_EQ(results_.at(1).consumed, 2s);
  EXPECT_EQ(text(results_.at(2)), "a");
  EXPECT_EQ(net.encoded, 1U);
}

TEST_F(BatchTest, AFailingWindowClimbsWhileOthersFinish) {
  ScriptedNet net(vocabulary_, 2, 8);
  net.scripts[0] = mumbles();
  net.scripts[1] = says({time(0), id(" a"), time(100)});
  std::deque<SpeechWindow> windows{window(7, ScriptedNet::sound(0, 2))};
  for (std::uint64_t tag = 10; tag < 14; ++tag) windows.push_back(window(tag, ScriptedNet::sound(1, 2)));
  ListSource source(std::move(windows));
  ASSERT_TRUE(run(net, source));
  ASSERT_EQ(order_.size(), 5U);
  EXPECT_EQ(order_.back(), 7U);
  // Greedy, beam search and four temperatures, of which one is kept.
  const auto& retries = results_.at(7).retries;
  ASSERT_EQ(retries.size(), 5U);
  for (const auto& retry : retries) EXPECT_EQ(retry.reason, "avg_logprob");
  EXPECT_TRUE(results_.at(10).retries.empty());
}

TEST_F(BatchTest, ABeamSearchFindsTheBetterWay) {
  ScriptedNet net(vocabulary_, 2, 8);
  net.scripts[0] = misleads();
  ListSource source({window(1, ScriptedNet::sound(0, 2))});
  ASSERT_TRUE(run(net, source));
  const WindowResult& result = results_.at(1);
  EXPECT_EQ(text(result), "y a b c d e f");
  ASSERT_EQ(result.retries.size(), 1U);
  EXPECT_EQ(result.retries[0].temperature, 0);
  EXPECT_EQ(result.segments.at(0).temperature, 0);
  EXPECT_GT(net.copies, 0U);
  // Asked for at once, it needs no greedy try before it.
  SpeechWindow thorough = window(1, ScriptedNet::sound(0, 2));
  thorough.options.beam_size = 5;
  ListSource at_once({thorough});
  ASSERT_TRUE(run(net, at_once));
  EXPECT_EQ(text(results_.at(1)), "y a b c d e f");
  EXPECT_TRUE(results_.at(1).retries.empty());
  EXPECT_EQ(net.widest, 5U);
  // Fewer branches are as many as were asked for.
  ScriptedNet two(vocabulary_, 1, 5);
  two.scripts[0] = misleads();
  thorough.options.beam_size = 2;
  ListSource by_two({thorough});
  ASSERT_TRUE(run(two, by_two));
  EXPECT_EQ(text(results_.at(1)), "y a b c d e f");
  EXPECT_EQ(two.widest, 3U) << "the prompt, then two at a time";
  // Without the slots for it there is none, and warmth has to do.
  ScriptedNet narrow(vocabulary_, 1, 1);
  narrow.scripts[0] = misleads();
  ListSource again({window(1, ScriptedNet::sound(0, 2))});
  ASSERT_TRUE(run(narrow, again));
  EXPECT_EQ(narrow.copies, 0U);
}

TEST_F(BatchTest, SlotsFollowTheBranchesOfABeamSearch) {
  // What a beam search does on the script itself, without any slots.
  const Bias bias(vocabulary_, never_sampled(vocabulary_), never_first(vocabulary_));
  int compared = 0;
  for (int pitch = 0; pitch < 8; ++pitch) {
    ScriptedNet net(vocabulary_, 1, 5);
    net.scripts[pitch] = rambles(static_cast<std::uint64_t>(pitch) + 100);
    SamplingRules rules{.bias = &bias, .timestamps = {.max_index = 300}, .max_tokens = 224};
    BeamSearch search(vocabulary_, rules, 5);
    std::vector<std::size_t> parents;
    do {
      for (std::size_t i = 0; i < search.branches(); ++i) {
        std::vector<float> row(static_cast<std::size_t>(vocabulary_.size()), -20.0F);
        net.scripts[pitch](search.tokens(i), row);
        search.look(i, row);
      }
    } while (search.advance(parents));
    const Decoding expected = search.take();
    if (find_fault(expected)) continue;
    ListSource source({window(1, ScriptedNet::sound(pitch, 6))});
    ASSERT_TRUE(run(net, source));
    const WindowResult& result = results_.at(1);
    if (result.retries.size() != 1 || result.segments.empty()) continue;  // greedy did, or the rest was decoded again
    ++compared;
    EXPECT_NEAR(result.segments[0].avg_logprob, expected.avg_logprob, 1e-6);
    std::vector<Token> first(expected.tokens.begin(),
                             expected.tokens.begin() + static_cast<std::ptrdiff_t>(result.segments[0].tokens.size()));
    EXPECT_EQ(result.segments[0].tokens, first);
  }
  EXPECT_GT(compared, 0);
}

TEST_F(BatchTest, EightAtOnceAreWhatEachIsAlone) {
  const auto all = [this](ScriptedNet& net) {
    std::deque<SpeechWindow> windows;
    for (int pitch = 0; pitch < 12; ++pitch) {
      net.scripts[pitch] = rambles(static_cast<std::uint64_t>(pitch));
      windows.push_back(window(static_cast<std::uint64_t>(pitch), ScriptedNet::sound(pitch, 5), pitch % 2 == 0));
    }
    windows[3].options.prompt = "a long time ago";
    ListSource source(std::move(windows), true);
    EXPECT_TRUE(run(net, source));
    return std::move(results_);
  };
  ScriptedNet one(vocabulary_, 1, 5);
  ScriptedNet eight(vocabulary_, 8, 16);
  ScriptedNet narrow(vocabulary_, 8, 9, 2);  // too few slots for everybody's beams, and two rows a step
  const auto alone = all(one);
  int retried = 0;
  for (auto* net : {&eight, &narrow}) {
    const auto together = all(*net);
    ASSERT_EQ(together.size(), alone.size());
    for (const auto& [tag, expected] : alone) {
      const WindowResult& result = together.at(tag);
      retried += static_cast<int>(result.retries.size());
      EXPECT_EQ(text(result), text(expected)) << tag;
      ASSERT_EQ(result.retries.size(), expected.retries.size()) << tag;
      ASSERT_EQ(result.segments.size(), expected.segments.size());
      for (std::size_t i = 0; i < result.segments.size(); ++i) {
        const auto& a = result.segments[i];
        const auto& b = expected.segments[i];
        EXPECT_EQ(a.tokens, b.tokens);
        EXPECT_EQ(a.avg_logprob, b.avg_logprob);
        EXPECT_EQ(a.start, b.start);
        EXPECT_EQ(a.end, b.end);
        ASSERT_EQ(a.words.size(), b.words.size());
        EXPECT_EQ(a.words.empty(), tag % 2 != 0);
        for (std::size_t w = 0; w < a.words.size(); ++w) EXPECT_EQ(a.words[w].start, b.words[w].start);
      }
    }
  }
  EXPECT_GT(retried, 0);
  EXPECT_GT(eight.widest, 8U);
  EXPECT_EQ(narrow.widest, 2U);
}

TEST_F(BatchTest, WhatWasNotWrittenIsDecodedAgain) {
  ScriptedNet net(vocabulary_, 1, 5);
  net.scripts[2] = says({time(0), id(" a"), time(250)});
  net.scripts[5] = says({time(0), id(" b"), time(150), time(150), id(" c"), time(300)});
  std::vector<float> audio = ScriptedNet::sound(2, 5);
  const auto rest = ScriptedNet::sound(5, 6);
  audio.insert(audio.end(), rest.begin(), rest.end());
  ListSource source({window(1, audio, true)});
  ASSERT_TRUE(run(net, source));
  const WindowResult& result = results_.at(1);
  EXPECT_EQ(net.encoded, 2U);
  EXPECT_EQ(text(result), "a | b | c");
  EXPECT_EQ(result.consumed, 11s);
  EXPECT_GE(result.segments[1].start, 5s);
  EXPECT_LE(result.segments[1].end, 8s);
  EXPECT_GE(result.segments[2].start, result.segments[1].end);
  for (const auto& word : result.segments[2].words) EXPECT_GE(word.start, 5s);
}

TEST_F(BatchTest, WhatNobodySaidIsKeptForReview) {
  ScriptedNet net(vocabulary_, 1, 5);
  const int silent = ScriptedNet::kBands - 1;
  // Three times one of five words: unsure.
  net.scripts[silent] = [this](std::span<const Token> said, std::span<float> row) {
    if (said.size() >= 1 && said.size() <= 3) {
      for (char c = 'a'; c <= 'e'; ++c) row[static_cast<std::size_t>(id(std::string(" ") + c))] = 5;
    } else {
      row[static_cast<std::size_t>(said.empty() ? time(0) : eot())] = 5;
    }
  };
  ListSource source({window(1, ScriptedNet::sound(silent, 2))});
  ASSERT_TRUE(run(net, source));
  const WindowResult& result = results_.at(1);
  EXPECT_EQ(text(result), "");
  ASSERT_EQ(result.retries.size(), 1U);
  EXPECT_EQ(result.retries[0].reason, "no_speech");
  ASSERT_EQ(result.left_out.size(), 1U);
  EXPECT_EQ(result.left_out[0].text, "a a a");
  EXPECT_EQ(result.left_out[0].end, 2s);
}

TEST_F(BatchTest, AbortEndsTheRun) {
  ScriptedNet net(vocabulary_, 2, 8);
  net.scripts[0] = says({time(0), id(" a"), time(100)});
  abort_ = true;
  abort_after_ = 4;
  ListSource source({window(1, ScriptedNet::sound(0, 2)), window(2, ScriptedNet::sound(0, 2)),
                     window(3, ScriptedNet::sound(0, 2))});
  const auto done = run(net, source);
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().code, ErrorCode::kCancelled);
  EXPECT_EQ(polls_, 5);
  EXPECT_TRUE(results_.empty());
}

TEST_F(BatchTest, ErrorsEndTheRun) {
  ScriptedNet net(vocabulary_, 2, 8);
  net.scripts[0] = says({time(0), id(" a"), time(100)});
  net.fails_at = 2;
  ListSource source({window(1, ScriptedNet::sound(0, 2))});
  const auto failed = run(net, source);
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().message, "the network failed");

  net.fails_at = -1;
  ListSource alien({window(1, ScriptedNet::sound(0, 2))});
  BatchDecoder decoder(net, mel_, vocabulary_, team_);
  const auto refused = decoder.run(alien, [](std::uint64_t, WindowResult) -> Result<> {
    return fail(ErrorCode::kNoSpace, "the disk is full");
  }, [] { return false; });
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::kNoSpace);

  SpeechWindow klingon = window(1, ScriptedNet::sound(0, 2));
  klingon.options.language = "tlh";
  ListSource third({klingon});
  EXPECT_EQ(run(net, third).error().code, ErrorCode::kInvalidArgument);
  ListSource fourth({window(1, std::vector<float>(480001, 0.1F))});
  EXPECT_FALSE(run(net, fourth));
}

TEST_F(BatchTest, HearsLanguages) {
  ScriptedNet net(vocabulary_, 2, 2);
  std::vector<std::vector<float>> audio;
  for (int pitch = 0; pitch < 5; ++pitch) audio.push_back(ScriptedNet::sound(pitch, 2));
  audio.push_back(ScriptedNet::sound(ScriptedNet::kBands - 1, 2));
  const std::vector<std::span<const float>> windows(audio.begin(), audio.end());
  const auto guesses = detect_languages(net, mel_, vocabulary_, windows);
  ASSERT_TRUE(guesses);
  ASSERT_EQ(guesses->size(), 6U);
  for (std::size_t i = 0; i < 6; ++i) {
    EXPECT_EQ((*guesses)[i].code, i % 2 == 0 ? "en" : "zh") << i;
    EXPECT_GT((*guesses)[i].probability, 0.99F);
    EXPECT_EQ((*guesses)[i].no_speech_prob > 0.5F, i == 5);
  }
  EXPECT_EQ(net.steps, 3U);
  // Of one there is no doubt.
  const auto english = detect_languages(net, mel_, vocabulary_, windows, std::vector<int>{0});
  ASSERT_TRUE(english);
  for (const auto& guess : *english) {
    EXPECT_EQ(guess.code, "en");
    EXPECT_FLOAT_EQ(guess.probability, 1);
  }
}

TEST_F(BatchTest, AWindowInAnotherLanguageKeepsItsOwn) {
  ScriptedNet net(vocabulary_, 3, 15);
  const int silent = ScriptedNet::kBands - 1;  // odd: the second language, if it were one
  for (const int pitch : {0, 1, silent}) net.scripts[pitch] = says({time(0), id(" a"), time(100)});
  const auto languages = [&](const WindowOptions& options) {
    std::deque<SpeechWindow> windows;
    for (const int pitch : {0, 1, silent}) {
      windows.push_back({static_cast<std::uint64_t>(pitch), ScriptedNet::sound(pitch, 2), options});
    }
    ListSource source(std::move(windows));
    EXPECT_TRUE(run(net, source));
    std::string out;
    for (const auto& [tag, result] : results_) {
      out += (out.empty() ? "" : " ") + result.language;
      EXPECT_EQ(text(result), "a");
      EXPECT_EQ(result.segments.at(0).words.empty(), !options.words);
    }
    return out;
  };
  EXPECT_EQ(languages({.language = "en"}), "en en en") << "given is given";
  EXPECT_EQ(languages({.language = "en", .language_heard = true}), "en zh en");
  EXPECT_EQ(languages({.language = "zh", .language_heard = true}), "en zh zh");
  EXPECT_EQ(languages({.language = "en", .language_heard = true, .words = true}), "en zh en");
  EXPECT_EQ(languages({.language = "en", .language_heard = true, .prompt = "a b c", .words = true}), "en zh en");
  EXPECT_EQ(languages({.language = "en", .language_heard = true, .languages = {"en"}}), "en en en");
  EXPECT_EQ(languages({.language = "en", .language_heard = true, .languages = {"zh", "en"}}), "en zh en");
  SpeechWindow klingon = window(1, ScriptedNet::sound(0, 2));
  klingon.options.languages = {"en", "tlh"};
  ListSource alien({klingon});
  EXPECT_EQ(run(net, alien).error().code, ErrorCode::kInvalidArgument);
}

}  // namespace
}  // namespace zimu::asr
