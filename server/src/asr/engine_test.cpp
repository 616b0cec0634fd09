#include "asr/engine.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <filesystem>

/// On the real base model and a real recording; skipped where they are not there.
namespace zimu::asr {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

fs::path model_path() {
  const char* dir = std::getenv("ZIMU_TEST_MODEL_DIR");
  return fs::path(dir != nullptr ? dir : ZIMU_SOURCE_DIR "/build/models") / "ggml-base.bin";
}

const fs::path kSpeech =
    ZIMU_SOURCE_DIR "/build/whisper/source/node_modules/nodejs-whisper/cpp/whisper.cpp/samples/jfk.mp3";

std::vector<float> decode(const fs::path& file) {
  const std::string command = "ffmpeg -v error -i '" + file.string() + "' -ac 1 -ar 16000 -f f32le -";
  std::vector<float> samples;
  std::FILE* pipe = ::popen(command.c_str(), "r");
  if (pipe == nullptr) return samples;
  float buffer[4096];
  for (std::size_t n = 0; (n = std::fread(buffer, sizeof(float), 4096, pipe)) > 0;) {
    samples.insert(samples.end(), buffer, buffer + n);
  }
  ::pclose(pipe);
  return samples;
}

std::string text_of(const WindowResult& result) {
  std::string text;
  for (const auto& segment : result.segments) text += (text.empty() ? "" : " ") + segment.text;
  return text;
}

std::vector<int> tokens_of(const WindowResult& result) {
  std::vector<int> tokens;
  for (const auto& s : result.segments) tokens.insert(tokens.end(), s.tokens.begin(), s.tokens.end());
  return tokens;
}

const std::function<bool()> kGoOn = [] { return false; };

class EngineTest : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    if (!fs::exists(model_path()) || !fs::exists(kSpeech)) return;
    speech_ = new std::vector<float>(decode(kSpeech));
    engine_ = load(0).release();
  }
  static void TearDownTestSuite() {
    delete engine_;
    delete speech_;
    engine_ = nullptr;
    speech_ = nullptr;
  }
  void SetUp() override {
    if (engine_ == nullptr) GTEST_SKIP() << "no model at " << model_path();
  }
  static std::unique_ptr<Engine> load(int threads, bool words = true) {
    LoadOptions options;
    options.model_path = model_path().string();
    options.device = "cpu";
    options.threads = threads;
    options.words = words;
    auto engine = load_whisper(options);
    EXPECT_TRUE(engine) << engine.error().message;
    return engine ? std::move(*engine) : nullptr;
  }
  static WindowResult run(Engine& engine, std::span<const float> audio, WindowOptions options = {}) {
    if (options.language.empty()) options.language = "en";
    auto result = engine.transcribe(audio, options, kGoOn);
    EXPECT_TRUE(result) << result.error().message;
    return result ? std::move(*result) : WindowResult{};
  }
  static std::vector<float> tone(float seconds) {
    std::vector<float> audio(static_cast<std::size_t>(seconds * kSampleRateHz));
    for (std::size_t i = 0; i < audio.size(); ++i) audio[i] = 0.3F * std::sin(static_cast<float>(i) * 0.1728F);
    return audio;
  }

  static Engine* engine_;
  static std::vector<float>* speech_;
};
Engine* EngineTest::engine_ = nullptr;
std::vector<float>* EngineTest::speech_ = nullptr;

TEST_F(EngineTest, TranscribesSpeech) {
  const WindowResult result = run(*engine_, *speech_);
  EXPECT_NE(text_of(result).find("ask not what your country can do for you"), std::string::npos) << text_of(result);
  EXPECT_EQ(result.consumed, 11s);
  EXPECT_TRUE(result.retries.empty());
  EXPECT_GT(result.encode_time, 0ms);
  ASSERT_FALSE(result.segments.empty());
  const auto& segment = result.segments.front();
  EXPECT_FALSE(segment.tokens.empty());
  EXPECT_LT(segment.no_speech_prob, 0.2F);
  EXPECT_GT(segment.no_speech_prob, 1e-6F);  // libwhisper's own is 0
  EXPECT_GT(segment.avg_logprob, -0.6F);
  EXPECT_LT(segment.avg_logprob, 0.0F);
  EXPECT_EQ(engine_->device(), "cpu");
  EXPECT_TRUE(engine_->multilingual());
}

TEST_F(EngineTest, WordsLieWhereTheyAreSpoken) {
  WindowOptions options;
  options.words = true;
  const WindowResult result = run(*engine_, *speech_, options);
  std::vector<domain::Word> words;
  for (const auto& s : result.segments) words.insert(words.end(), s.words.begin(), s.words.end());
  ASSERT_GE(words.size(), 20U);
  Milliseconds last{0};
  std::string joined;
  for (const auto& word : words) {
    EXPECT_GE(word.start, last) << word.text;
    EXPECT_GE(word.end, word.start) << word.text;
    EXPECT_GT(word.probability, 0.0F);
    last = word.end;
    joined += word.text;
  }
  EXPECT_LE(last, 11s);
  EXPECT_EQ(joined.substr(joined.find_first_not_of(' ')), text_of(result));
  // Measured in the waveform: the first "ask" begins after a long pause, "what" after another, the last word ends.
  const auto starts = [&](std::string_view text) {
    for (const auto& word : words) {
      if (word.text.find(text) != std::string::npos) return word.start;
    }
    return Milliseconds{-1};
  };
  EXPECT_NEAR(static_cast<double>(starts("And").count()), 320, 200);
  EXPECT_NEAR(static_cast<double>(starts("ask").count()), 3290, 200);
  EXPECT_NEAR(static_cast<double>(starts("what").count()), 5410, 200);
  EXPECT_NEAR(static_cast<double>(words.back().end.count()), 10380, 300);
}

TEST_F(EngineTest, WordTimesDoNotChangeTheText) {
  WindowOptions with;
  with.words = true;
  EXPECT_EQ(tokens_of(run(*engine_, *speech_, with)), tokens_of(run(*engine_, *speech_)));
}

TEST_F(EngineTest, NothingOfOneWindowReachesTheNext) {
  const std::span<const float> all = *speech_;
  const auto first = all.first(5 * kSampleRateHz);
  const auto second = all.subspan(5 * kSampleRateHz);
  const auto fresh_engine = load(1);
  const WindowResult fresh = run(*fresh_engine, second);
  WindowOptions words;
  words.words = true;
  words.prompt = "Kennedy";
  run(*engine_, first, words);
  run(*engine_, tone(3));
  const WindowResult used = run(*engine_, second);
  EXPECT_EQ(text_of(used), text_of(fresh));
  EXPECT_EQ(tokens_of(used), tokens_of(fresh));
  ASSERT_EQ(used.segments.size(), fresh.segments.size());
  // To the last bit, and with another number of threads.
  for (std::size_t i = 0; i < used.segments.size(); ++i) {
    EXPECT_EQ(used.segments[i].avg_logprob, fresh.segments[i].avg_logprob);
    EXPECT_EQ(used.segments[i].no_speech_prob, fresh.segments[i].no_speech_prob);
  }
}

TEST_F(EngineTest, ATemperatureGivesTheSameTextEveryTime) {
  WindowOptions options;
  options.temperature = 0.6F;
  EXPECT_EQ(tokens_of(run(*engine_, *speech_, options)), tokens_of(run(*engine_, *speech_, options)));
}

TEST_F(EngineTest, WhereNobodySpeaksThereIsNoText) {
  EXPECT_EQ(text_of(run(*engine_, std::vector<float>(10 * kSampleRateHz, 0.0F))), "");
  EXPECT_EQ(text_of(run(*engine_, tone(10))), "");
  // Beeps are not steady: the model is asked.
  auto beeps = tone(10);
  for (std::size_t i = 0; i < beeps.size(); ++i) beeps[i] *= i % kSampleRateHz < kSampleRateHz / 3 ? 1.0F : 0.0F;
  const WindowResult result = run(*engine_, beeps);
  EXPECT_EQ(text_of(result), "");
  ASSERT_FALSE(result.retries.empty());
  EXPECT_EQ(result.retries.back().reason, "no_speech");
  EXPECT_EQ(result.consumed, 10s);
}

TEST_F(EngineTest, TinyWindowsAreNoTrouble) {
  WindowOptions words;
  words.words = true;
  const std::span<const float> all = *speech_;
  for (const std::size_t samples : {1U, 15U, 160U, 1599U}) {
    const WindowResult result = run(*engine_, all.subspan(8000, samples), words);
    for (const auto& segment : result.segments) EXPECT_LE(segment.end.count(), static_cast<long>(samples / 16));
  }
}

TEST_F(EngineTest, FullWindowsAreTaken) {
  std::vector<float> audio;
  while (audio.size() < 30 * kSampleRateHz) audio.insert(audio.end(), speech_->begin(), speech_->end());
  audio.resize(30 * kSampleRateHz);
  WindowOptions words;
  words.words = true;
  const WindowResult result = run(*engine_, audio, words);
  EXPECT_LE(result.consumed, 30s);
  ASSERT_FALSE(result.segments.empty());
  EXPECT_LE(result.segments.back().end, 30s);
  audio.push_back(0);
  EXPECT_FALSE(engine_->transcribe(audio, {.language = "en"}, kGoOn));
}

TEST_F(EngineTest, AHintSpellsNames) {
  WindowOptions options;
  options.prompt = "my fellow AMERICANS, ASK NOT WHAT YOUR COUNTRY CAN DO FOR YOU";
  const WindowResult result = run(*engine_, *speech_, options);
  EXPECT_FALSE(result.segments.empty());
  // Far longer than the model's memory: the end of it counts.
  for (int i = 0; i < 9; ++i) options.prompt += " " + options.prompt.substr(0, 400);
  EXPECT_FALSE(run(*engine_, *speech_, options).segments.empty());
}

TEST_F(EngineTest, AbortEndsAWindow) {
  int polls = 0;
  const auto stop = [&polls] { return ++polls > 3; };
  for (const bool words : {false, true}) {
    polls = 0;
    WindowOptions options;
    options.language = "en";
    options.words = words;
    const auto result = engine_->transcribe(*speech_, options, stop);
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().code, ErrorCode::kCancelled);
    EXPECT_LT(polls, 10);
  }
}

TEST_F(EngineTest, HearsTheLanguage) {
  const auto guess = engine_->detect_language(*speech_);
  ASSERT_TRUE(guess);
  EXPECT_EQ(guess->code, "en");
  EXPECT_GT(guess->probability, 0.8F);
  EXPECT_LT(guess->no_speech_prob, 0.2F);
  const auto noise = engine_->detect_language(tone(10));
  ASSERT_TRUE(noise);
  EXPECT_GT(noise->no_speech_prob, 0.2F);
}

TEST_F(EngineTest, RefusesWhatItLacks) {
  const auto result = engine_->transcribe(*speech_, {.language = "tlh"}, kGoOn);
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, ErrorCode::kInvalidArgument);
  // A language of later models whose token means something else in this one.
  EXPECT_FALSE(engine_->transcribe(*speech_, {.language = "yue"}, kGoOn));
  LoadOptions options;
  options.model_path = model_path().string();
  options.device = "cuda";
  if (engine_devices().size() == 1) {
    const auto engine = load_whisper(options);
    ASSERT_FALSE(engine);
    EXPECT_EQ(engine.error().code, ErrorCode::kUnavailable);
  }
  EXPECT_NE(engine_version().find("libwhisper 1."), std::string::npos);
}

}  // namespace
}  // namespace zimu::asr
