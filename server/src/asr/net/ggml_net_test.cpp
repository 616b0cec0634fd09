#include "asr/net/ggml_net.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <set>
#include <stdexcept>

#include "asr/engine.hpp"
#include "asr/net/libwhisper_greedy.hpp"
#include "asr/net/mel.hpp"
#include "asr/sampler.hpp"
#include "asr/suppress.hpp"

/// On the real base model and a real recording; skipped where they are not there.
namespace zimu::asr {
namespace {

namespace fs = std::filesystem;

constexpr int kWindows = 8;
constexpr int kSlots = 16;
constexpr std::size_t kMostTokens = 40;

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
  std::array<float, 4096> buffer{};
  for (std::size_t n = 0; (n = std::fread(buffer.data(), sizeof(float), buffer.size(), pipe)) > 0;) {
    samples.insert(samples.end(), buffer.begin(), buffer.begin() + static_cast<std::ptrdiff_t>(n));
  }
  ::pclose(pipe);
  return samples;
}

/// Two ways of the same network: attention by products in exact shapes, and as a GPU would have it.
enum class Way { kExact, kGpu };

class GgmlNetTest : public testing::TestWithParam<Way> {
 protected:
  static void SetUpTestSuite() {
    if (!fs::exists(model_path()) || !fs::exists(kSpeech)) return;
    auto file = WeightFile::open(model_path().string());
    ASSERT_TRUE(file) << file.error().message;
    speech_ = decode(kSpeech);
    ASSERT_GT(speech_.size(), 10U * kSampleRateHz);
    vocabulary_ = (*file)->vocabulary();
    const auto filters = (*file)->mel_filters();
    mel_ = std::make_unique<MelSpectrogram>((*file)->header().mel_bands,
                                            std::vector<float>(filters.begin(), filters.end()));
    file_ = std::move(*file);
  }
  static void TearDownTestSuite() {
    nets_.clear();
    file_.reset();
    vocabulary_.reset();
    mel_.reset();
  }
  void SetUp() override {
    if (!file_) GTEST_SKIP() << "no model at " << model_path();
  }

  /// Window 0 is the whole recording, each other one begins and ends somewhere else.
  static std::span<const float> window(int i) {
    const std::span<const float> all(speech_);
    return i == 0 ? all : all.subspan(static_cast<std::size_t>(i) * 6400, 100'000 + static_cast<std::size_t>(i) * 4000);
  }
  static std::vector<Token> prompt() {
    const SpecialTokens& special = vocabulary_->special();
    return {special.sot, special.sot + 1, special.transcribe};
  }
  /// What a test does not need is neither loaded nor encoded: each may run in a process of its own.
  struct Loaded {
    std::unique_ptr<Net> net;
    std::set<int> heard;
  };
  static Loaded& loaded(Way way) {
    Loaded& loaded = nets_[way];
    if (loaded.net) return loaded;
    GgmlNetOptions options;
    options.device = "cpu";
    options.threads = 1;
    options.windows = kWindows;
    options.slots = kSlots;
    options.fused = options.steady = way == Way::kGpu;
    auto net = load_ggml_net(*file_, options);
    if (!net) throw std::runtime_error(net.error().message);
    loaded.net = std::move(*net);
    return loaded;
  }
  static Loaded& mine() { return loaded(GetParam()); }
  static StepOutput run(Loaded& loaded, const std::vector<StepRow>& rows) {
    for (const StepRow& row : rows) {
      if (!loaded.heard.insert(row.window).second) continue;
      const auto encoded = loaded.net->encode(row.window, (*mel_)(window(row.window)));
      EXPECT_TRUE(encoded) << encoded.error().message;
    }
    Net& net = *loaded.net;
    StepOutput out;
    const auto result = net.step(rows, out);
    EXPECT_TRUE(result) << result.error().message;
    return out;
  }
  static std::span<const float> row_of(const StepOutput& out, std::size_t row) {
    const auto width = static_cast<std::size_t>(vocabulary_->size());
    return std::span(out.logits).subspan(row * width, width);
  }

  struct Greedy {
    Bias bias{*vocabulary_, never_sampled(*vocabulary_), never_first(*vocabulary_)};
    SamplingRules rules{.bias = &bias, .timestamps = {}, .max_tokens = kMostTokens};
  };
  /// The windows' texts, all taken together; a window whose text has ended leaves.
  static std::vector<std::vector<Token>> texts(Loaded& net, const std::vector<int>& windows) {
    const Greedy greedy;
    const Token eot = vocabulary_->special().eot;
    std::vector<Sampler> samplers;
    std::vector<StepRow> rows;
    for (std::size_t i = 0; i < windows.size(); ++i) {
      samplers.emplace_back(*vocabulary_, greedy.rules, 0.0F, 1);
      int position = 0;
      for (const Token token : prompt()) {
        rows.push_back({static_cast<int>(i), windows[i], token, position, position == 2});
        ++position;
      }
    }
    std::vector<std::size_t> going(windows.size());
    for (std::size_t i = 0; i < going.size(); ++i) going[i] = i;
    for (int position = 3; !going.empty(); ++position) {
      const StepOutput out = run(net, rows);
      rows.clear();
      std::vector<std::size_t> left;
      for (std::size_t i = 0; i < going.size(); ++i) {
        const Token token = samplers[going[i]].next(row_of(out, i));
        if (token == eot) continue;
        rows.push_back({static_cast<int>(going[i]), windows[going[i]], token, position});
        left.push_back(going[i]);
      }
      going = std::move(left);
    }
    std::vector<std::vector<Token>> texts;
    for (Sampler& sampler : samplers) texts.push_back(sampler.take().tokens);
    return texts;
  }
  static float distance(std::span<const float> a, std::span<const float> b) {
    EXPECT_EQ(a.size(), b.size());
    float most = 0;
    for (std::size_t i = 0; i < std::min(a.size(), b.size()); ++i) most = std::max(most, std::abs(a[i] - b[i]));
    return most;
  }

  static inline std::vector<float> speech_;
  static inline std::unique_ptr<const Vocabulary> vocabulary_;
  static inline std::unique_ptr<MelSpectrogram> mel_;
  static inline std::unique_ptr<WeightFile> file_;
  static inline std::map<Way, Loaded> nets_;
};
INSTANTIATE_TEST_SUITE_P(Ways, GgmlNetTest, testing::Values(Way::kExact, Way::kGpu),
                         [](const auto& way) { return way.param == Way::kExact ? "Exact" : "Gpu"; });

/// Logits are about 10 to 30; 16-bit keys and values move them by this much at most.
constexpr float kClose = 0.1F;

TEST_P(GgmlNetTest, GreedyTextIsLibwhispers) {
  const Greedy greedy;
  Sampler sampler(*vocabulary_, greedy.rules, 0.0F, 1);
  libwhisper_greedy(model_path().string(), window(0), prompt(), vocabulary_->special().eot, sampler);
  const Decoding wanted = sampler.take();
  ASSERT_GT(wanted.tokens.size(), 15U);
  EXPECT_EQ(texts(mine(), {0}).front(), wanted.tokens) << wanted.text;
}

TEST_P(GgmlNetTest, EightWindowsTogetherSayWhatEachSaysAlone) {
  const auto together = texts(mine(), {0, 1, 2, 3, 4, 5, 6, 7});
  for (int i = 0; i < kWindows; ++i) {
    const auto alone = texts(mine(), {i}).front();
    EXPECT_GT(alone.size(), 5U);
    EXPECT_EQ(together[static_cast<std::size_t>(i)], alone) << i << vocabulary_->decode(alone);
  }
  // Slots that hear windows in another order, two of them the same one.
  const auto mixed = texts(mine(), {5, 2, 2, 7});
  EXPECT_EQ(mixed[0], together[5]);
  EXPECT_EQ(mixed[1], together[2]);
  EXPECT_EQ(mixed[2], together[2]);
  EXPECT_EQ(mixed[3], together[7]);
}

TEST_P(GgmlNetTest, APromptAtOnceIsAPromptTokenByToken) {
  std::vector<Token> tokens = prompt();
  for (const Token token : vocabulary_->encode(" And so, my fellow Americans, ask not")) tokens.push_back(token);
  std::vector<StepRow> rows;
  StepOutput single;
  for (std::size_t i = 0; i < tokens.size(); ++i) {
    single = run(mine(), {{3, 0, tokens[i], static_cast<int>(i)}});
    rows.push_back({4, 0, tokens[i], static_cast<int>(i), i == 1 || i + 1 == tokens.size()});
  }
  const StepOutput at_once = run(mine(), rows);
  ASSERT_EQ(at_once.logits.size(), 2 * single.logits.size());
  EXPECT_LT(distance(row_of(at_once, 1), row_of(single, 0)), kClose);
  EXPECT_GT(distance(row_of(at_once, 0), row_of(single, 0)), 1.0F);
}

TEST_P(GgmlNetTest, ACopiedSlotGoesOnAsTheFirst) {
  std::vector<StepRow> rows;
  const std::vector<Token> tokens = prompt();
  for (std::size_t i = 0; i < tokens.size(); ++i) rows.push_back({2, 1, tokens[i], static_cast<int>(i)});
  run(mine(), rows);
  mine().net->copy_slot(2, 12, 3);
  const Token next = vocabulary_->special().timestamp_begin;
  const StepOutput out = run(mine(), {{12, 1, next, 3}, {2, 1, next, 3}});
  EXPECT_LT(distance(row_of(out, 0), row_of(out, 1)), kClose);
  // Another text, so that equality above means something.
  run(mine(), {{13, 1, tokens[0], 0}, {13, 1, tokens[0], 1}, {13, 1, tokens[0], 2}});
  const StepOutput other = run(mine(), {{13, 1, next, 3}, {2, 1, next, 3}});
  EXPECT_GT(distance(row_of(other, 0), row_of(other, 1)), 1.0F);
}

TEST_P(GgmlNetTest, WithoutLogitsThereIsNothingButMemory) {
  const std::vector<Token> tokens = prompt();
  const StepOutput none = run(mine(), {{1, 0, tokens[0], 0, false}, {1, 0, tokens[1], 1, false}});
  EXPECT_TRUE(none.logits.empty());
  EXPECT_TRUE(none.attention.empty());
  const StepOutput after = run(mine(), {{1, 0, tokens[2], 2}});
  const StepOutput whole =
      run(mine(), {{0, 0, tokens[0], 0, false}, {0, 0, tokens[1], 1, false}, {0, 0, tokens[2], 2}});
  EXPECT_LT(distance(after.logits, whole.logits), kClose);
}

TEST_P(GgmlNetTest, AlignmentHeadsLookWhereTheWordIs) {
  const auto text = texts(mine(), {0}).front();
  std::vector<Token> tokens = prompt();
  tokens.insert(tokens.end(), text.begin(), text.end());
  std::vector<StepRow> rows;
  for (std::size_t i = 0; i < tokens.size(); ++i) {
    rows.push_back({6, 0, tokens[i], static_cast<int>(i), false, i >= 3});
  }
  rows.push_back({7, 3, tokens[0], 0, false, false});
  const StepOutput out = run(mine(), rows);
  const std::size_t heads = mine().net->alignment_heads().size();
  const auto frames = static_cast<std::size_t>(mine().net->header().audio_context);
  ASSERT_EQ(heads, 8U);
  ASSERT_EQ(out.attention.size(), text.size() * heads * frames);
  std::vector<double> centres;
  for (std::size_t i = 0; i < text.size(); ++i) {
    double centre = 0;
    for (std::size_t head = 0; head < heads; ++head) {
      const auto looks = std::span(out.attention).subspan((i * heads + head) * frames, frames);
      double sum = 0;
      for (std::size_t frame = 0; frame < frames; ++frame) {
        sum += looks[frame];
        centre += looks[frame] * static_cast<double>(frame) / static_cast<double>(heads);
      }
      ASSERT_NEAR(sum, 1.0, 1e-3) << i << " " << head;
    }
    centres.push_back(centre);
  }
  // Through eleven seconds, 50 frames each: late words are heard late.
  const std::size_t third = text.size() / 3;
  EXPECT_LT(centres[third] + 100, centres[2 * third]);
  const StepOutput other = run(loaded(GetParam() == Way::kGpu ? Way::kExact : Way::kGpu), rows);
  EXPECT_LT(distance(out.attention, other.attention), 0.05F);
}

TEST(GgmlNetErrorsTest, MissingDevicesAndMemoryAreSaid) {
  if (!fs::exists(model_path())) GTEST_SKIP() << "no model at " << model_path();
  const auto file = WeightFile::open(model_path().string());
  ASSERT_TRUE(file) << file.error().message;
  GgmlNetOptions options;
  options.device = "cpu";
  options.windows = 1'000'000;
  const auto net = load_ggml_net(**file, options);
  ASSERT_FALSE(net);
  EXPECT_EQ(net.error().code, ErrorCode::kOutOfMemory);
  EXPECT_NE(net.error().message.find("1000000 windows"), std::string::npos) << net.error().message;
}

}  // namespace
}  // namespace zimu::asr
