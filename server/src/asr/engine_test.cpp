#include "asr/engine.hpp"

#include <gtest/gtest.h>

#include <map>

#include "asr/real_speech.hpp"

/// The whole of it on the real base model and a real recording; skipped where they are not there.
namespace zimu::asr {
namespace {

class Windows : public WindowSource {
 public:
  explicit Windows(std::vector<SpeechWindow> windows) : windows_(std::move(windows)) {}
  Pull next(SpeechWindow& into, bool) override {
    if (windows_.empty()) return Pull::kEnd;
    into = std::move(windows_.back());
    windows_.pop_back();
    return Pull::kWindow;
  }

 private:
  std::vector<SpeechWindow> windows_;
};

class EngineTest : public testing::Test {
 protected:
  void SetUp() override {
    if (!fs::exists(model_path()) || !fs::exists(kSpeech)) GTEST_SKIP() << "no model at " << model_path();
    speech_ = decode(kSpeech);
  }
  static Result<std::unique_ptr<Engine>> load(const std::string& device, int threads) {
    LoadOptions options;
    options.model_path = model_path().string();
    options.device = device;
    options.threads = threads;
    return load_engine(options);
  }
  Result<std::map<std::uint64_t, WindowResult>> run(Engine& engine, const std::string& language, int copies) {
    std::vector<SpeechWindow> windows;
    for (int i = 0; i < copies; ++i) {
      windows.push_back({static_cast<std::uint64_t>(i), speech_, {.language = language, .words = true}});
    }
    Windows source(std::move(windows));
    std::map<std::uint64_t, WindowResult> results;
    const auto sink = [&](std::uint64_t tag, WindowResult result) -> Result<> {
      EXPECT_TRUE(results.emplace(tag, std::move(result)).second);
      return {};
    };
    ZIMU_TRY_VOID(engine.transcribe(source, sink, [] { return false; }));
    return results;
  }
  std::vector<float> speech_;
};

TEST_F(EngineTest, SaysTheSameOnAnyNumberOfThreads) {
  auto one = load("cpu", 1);
  auto three = load("cpu", 3);
  ASSERT_TRUE(one && three);
  EXPECT_EQ((*one)->device(), "cpu");
  EXPECT_TRUE((*one)->multilingual());
  const auto alone = run(**one, "en", 1);
  const auto together = run(**three, "en", 3);
  ASSERT_TRUE(alone && together);
  ASSERT_EQ(together->size(), 3U);
  const auto& wanted = alone->at(0).segments;
  ASSERT_FALSE(wanted.empty());
  for (const auto& [tag, result] : *together) {
    ASSERT_EQ(result.segments.size(), wanted.size());
    for (std::size_t i = 0; i < wanted.size(); ++i) {
      EXPECT_EQ(result.segments[i].text, wanted[i].text);
      EXPECT_EQ(result.segments[i].start, wanted[i].start);
      EXPECT_EQ(result.segments[i].avg_logprob, wanted[i].avg_logprob);  // to the last bit
    }
  }
}

TEST_F(EngineTest, HearsTheLanguageAndRefusesOthers) {
  auto engine = load("auto", 2);
  ASSERT_TRUE(engine);
  const auto guess = (*engine)->detect_language(speech_, {});
  ASSERT_TRUE(guess);
  EXPECT_EQ(guess->code, "en");
  EXPECT_GT(guess->probability, 0.8F);
  const auto klingon = run(**engine, "tlh", 1);
  ASSERT_FALSE(klingon);
  EXPECT_EQ(klingon.error().code, ErrorCode::kInvalidArgument);
  // A language of later models whose token means something else in this one.
  EXPECT_FALSE(run(**engine, "yue", 1));
  EXPECT_TRUE(run(**engine, "en", 1));  // and goes on afterwards
}

TEST_F(EngineTest, MissingThingsAreSaid) {
  if (engine_devices().size() == 1) {
    const auto engine = load("cuda", 1);
    ASSERT_FALSE(engine);
    EXPECT_EQ(engine.error().code, ErrorCode::kUnavailable);
  }
  LoadOptions options;
  options.model_path = "/nowhere/ggml-base.bin";
  const auto engine = load_engine(options);
  ASSERT_FALSE(engine);
  EXPECT_EQ(engine.error().code, ErrorCode::kModelMissing);
}

}  // namespace
}  // namespace zimu::asr
