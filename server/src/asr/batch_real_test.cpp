#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "asr/batch_decoder.hpp"
#include "asr/detect_languages.hpp"
#include "asr/net/cpu_net.hpp"
#include "asr/real_speech.hpp"

/// Many windows at once through the real base model; skipped where it is not there.
namespace zimu::asr {
namespace {

using namespace std::chrono_literals;

class OnceEach : public WindowSource {
 public:
  explicit OnceEach(std::vector<SpeechWindow> windows) : windows_(std::move(windows)) {}
  Pull next(SpeechWindow& into, bool) override {
    if (at_ == windows_.size()) return Pull::kEnd;
    into = windows_[at_++];
    return Pull::kWindow;
  }

 private:
  std::vector<SpeechWindow> windows_;
  std::size_t at_ = 0;
};

class BatchRealTest : public testing::Test {
 protected:
  struct Model {
    std::unique_ptr<WeightFile> file;
    std::unique_ptr<const Vocabulary> vocabulary;
    std::unique_ptr<MelSpectrogram> mel;
    Team team{2};
    std::unique_ptr<Net> net;
    std::vector<float> speech;
  };
  static void SetUpTestSuite() {
    if (!fs::exists(model_path()) || !fs::exists(kSpeech)) return;
    auto model = std::make_unique<Model>();
    auto file = WeightFile::open(model_path().string());
    ASSERT_TRUE(file) << file.error().message;
    model->file = std::move(*file);
    model->vocabulary = model->file->vocabulary();
    const auto filters = model->file->mel_filters();
    model->mel = std::make_unique<MelSpectrogram>(model->file->header().mel_bands,
                                                  std::vector<float>(filters.begin(), filters.end()));
    auto net = load_cpu_net(*model->file, model->team, {.windows = 4, .slots = 9});
    ASSERT_TRUE(net) << net.error().message;
    model->net = std::move(*net);
    model->speech = decode(kSpeech);
    model_ = model.release();
  }
  static void TearDownTestSuite() {
    delete model_;
    model_ = nullptr;
  }
  void SetUp() override {
    if (model_ == nullptr) GTEST_SKIP() << "no model at " << model_path();
  }

  static SpeechWindow window(std::span<const float> audio, bool words = false, float temperature = 0) {
    SpeechWindow speech{0, {audio.begin(), audio.end()}, {.language = "en", .words = words}};
    speech.options.temperature = temperature;
    return speech;
  }
  static std::vector<WindowResult> run(std::vector<SpeechWindow> windows) {
    std::vector<WindowResult> results(windows.size());
    std::size_t done = 0;
    for (std::size_t i = 0; i < windows.size(); ++i) windows[i].tag = i;
    OnceEach source(std::move(windows));
    BatchDecoder decoder(*model_->net, *model_->mel, *model_->vocabulary, model_->team);
    const auto ended = decoder.run(source, [&](std::uint64_t tag, WindowResult result) -> Result<> {
      results[tag] = std::move(result);
      ++done;
      return {};
    }, [] { return false; });
    EXPECT_TRUE(ended) << ended.error().message;
    EXPECT_EQ(done, results.size());
    return results;
  }
  static std::string text_of(const WindowResult& result) {
    std::string text;
    for (const auto& segment : result.segments) text += (text.empty() ? "" : " ") + segment.text;
    return text;
  }
  static std::vector<int> tokens_of(const WindowResult& result) {
    std::vector<int> tokens;
    for (const auto& s : result.segments) tokens.insert(tokens.end(), s.tokens.begin(), s.tokens.end());
    return tokens;
  }
  static std::vector<float> tone(float seconds) {
    std::vector<float> audio(static_cast<std::size_t>(seconds * kSampleRateHz));
    for (std::size_t i = 0; i < audio.size(); ++i) audio[i] = 0.3F * std::sin(static_cast<float>(i) * 0.1728F);
    return audio;
  }
  static Model* model_;
};
BatchRealTest::Model* BatchRealTest::model_ = nullptr;

TEST_F(BatchRealTest, TranscribesSpeechAndTimesItsWords) {
  const auto results = run({window(model_->speech), window(model_->speech, true)});
  const WindowResult& result = results[1];
  EXPECT_NE(text_of(result).find("ask not what your country can do for you"), std::string::npos) << text_of(result);
  EXPECT_EQ(result.consumed, 11s);
  EXPECT_TRUE(result.retries.empty());
  EXPECT_EQ(tokens_of(result), tokens_of(results[0]));  // word times do not change the text
  EXPECT_LT(result.segments.at(0).no_speech_prob, 0.2F);
  EXPECT_GT(result.segments[0].avg_logprob, -0.6F);
  std::vector<domain::Word> words;
  for (const auto& s : result.segments) words.insert(words.end(), s.words.begin(), s.words.end());
  ASSERT_GE(words.size(), 20U);
  std::string listed;
  Milliseconds last{0};
  for (const auto& word : words) {
    listed += word.text + "@" + std::to_string(word.start.count());
    EXPECT_GE(word.start, last) << word.text;
    EXPECT_GE(word.end, word.start) << word.text;
    EXPECT_GT(word.probability, 0.0F);
    last = word.end;
  }
  // Measured in the waveform: the first "ask" begins after a long pause, "what" after another, the last word ends.
  const auto starts = [&](std::string_view text) {
    for (const auto& word : words) {
      if (word.text.find(text) != std::string::npos) return static_cast<double>(word.start.count());
    }
    return -1.0;
  };
  EXPECT_NEAR(starts("And"), 320, 200) << listed;
  EXPECT_NEAR(starts("ask"), 3290, 200) << listed;
  EXPECT_NEAR(starts("what"), 5410, 200) << listed;
  EXPECT_NEAR(static_cast<double>(words.back().end.count()), 10380, 300) << listed;
}

TEST_F(BatchRealTest, ABatchIsWhatEachIsAlone) {
  const std::span<const float> all = model_->speech;
  std::vector<SpeechWindow> windows;
  for (const std::size_t second : {0U, 1U, 3U, 5U}) windows.push_back(window(all.subspan(second * kSampleRateHz)));
  windows.push_back(window(all, true, 0.6F));
  windows.push_back(window(all.first(5 * kSampleRateHz), true));
  windows.back().options.prompt = "Kennedy";
  const auto together = run(windows);
  for (std::size_t i = 0; i < windows.size(); ++i) {
    const auto alone = run({windows[i]});
    EXPECT_EQ(text_of(together[i]), text_of(alone[0])) << i;
    EXPECT_EQ(tokens_of(together[i]), tokens_of(alone[0])) << i;
  }
}

TEST_F(BatchRealTest, WhereNobodySpeaksThereIsNoText) {
  // Beeps are not steady: the model is asked.
  auto beeps = tone(10);
  for (std::size_t i = 0; i < beeps.size(); ++i) beeps[i] *= i % kSampleRateHz < kSampleRateHz / 3 ? 1.0F : 0.0F;
  const auto results = run({window(std::vector<float>(10 * kSampleRateHz, 0.0F)), window(tone(10)), window(beeps)});
  for (const auto& result : results) {
    EXPECT_EQ(text_of(result), "");
    EXPECT_EQ(result.consumed, 10s);
  }
  ASSERT_FALSE(results[2].retries.empty());
  EXPECT_EQ(results[2].retries.back().reason, "no_speech");
}

TEST_F(BatchRealTest, TinyAndFullWindowsAreNoTrouble) {
  const std::span<const float> all = model_->speech;
  std::vector<SpeechWindow> windows;
  for (const std::size_t samples : {1U, 15U, 160U, 1599U}) windows.push_back(window(all.subspan(8000, samples), true));
  std::vector<float> full;
  while (full.size() < 30 * kSampleRateHz) full.insert(full.end(), all.begin(), all.end());
  full.resize(30 * kSampleRateHz);
  windows.push_back(window(full, true));
  const auto results = run(windows);
  for (std::size_t i = 0; i < windows.size(); ++i) {
    const auto length = static_cast<std::int64_t>(windows[i].audio.size() / 16);
    EXPECT_EQ(results[i].consumed.count(), length);
    for (const auto& segment : results[i].segments) EXPECT_LE(segment.end.count(), length);
  }
  EXPECT_FALSE(results.back().segments.empty());
}

TEST_F(BatchRealTest, HearsTheLanguage) {
  const auto noise = tone(10);
  const std::vector<std::span<const float>> windows{model_->speech, noise};
  const auto guesses = detect_languages(*model_->net, *model_->mel, *model_->vocabulary, windows);
  ASSERT_TRUE(guesses);
  EXPECT_EQ(guesses->at(0).code, "en");
  EXPECT_GT(guesses->at(0).probability, 0.8F);
  EXPECT_LT(guesses->at(0).no_speech_prob, 0.2F);
  EXPECT_GT(guesses->at(1).no_speech_prob, 0.2F);
}

}  // namespace
}  // namespace zimu::asr
