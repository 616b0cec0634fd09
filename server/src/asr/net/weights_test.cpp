#include "asr/net/weights.hpp"

#include <ggml.h>
#include <gtest/gtest.h>
#include <unistd.h>
#include <whisper.h>

#include <bit>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <random>

namespace zimu::asr {
namespace {

namespace fs = std::filesystem;

fs::path base_model() {
  const char* dir = std::getenv("ZIMU_TEST_MODEL_DIR");
  return fs::path(dir != nullptr ? dir : ZIMU_SOURCE_DIR "/build/models") / "ggml-base.bin";
}

TEST(WeightFileTest, TheVocabularyIsWhatLibwhisperReads) {
  if (!fs::exists(base_model())) GTEST_SKIP() << "no model at " << base_model();
  const auto file = WeightFile::open(base_model().string());
  ASSERT_TRUE(file) << file.error().message;
  auto params = whisper_context_default_params();
  params.use_gpu = false;
  whisper_context* const context = whisper_init_from_file_with_params_no_state(base_model().c_str(), params);
  ASSERT_NE(context, nullptr);

  const auto vocabulary = (*file)->vocabulary();
  const SpecialTokens& special = vocabulary->special();
  EXPECT_EQ(special.eot, whisper_token_eot(context));
  EXPECT_EQ(special.sot, whisper_token_sot(context));
  EXPECT_EQ(special.translate, whisper_token_translate(context));
  EXPECT_EQ(special.transcribe, whisper_token_transcribe(context));
  EXPECT_EQ(special.prev, whisper_token_prev(context));
  EXPECT_EQ(special.no_speech, whisper_token_nosp(context));
  EXPECT_EQ(special.no_timestamps, whisper_token_not(context));
  EXPECT_EQ(special.timestamp_begin, whisper_token_beg(context));
  EXPECT_EQ(special.multilingual, whisper_is_multilingual(context) != 0);
  EXPECT_EQ(special.language_count, 99);
  ASSERT_EQ(vocabulary->size(), whisper_n_vocab(context));
  for (Token token = 0; token < special.eot; ++token) {
    // libwhisper's text ends at a NUL byte.
    ASSERT_STREQ(std::string(vocabulary->piece(token)).c_str(), whisper_token_to_str(context, token)) << token;
  }
  whisper_free(context);
}

/// The smallest whole model there can be, with known numbers.
class ToyWeightsTest : public testing::Test {
 protected:
  static constexpr int kWidth = 32;
  void SetUp() override {
    dir_ = fs::temp_directory_path() / ("zimu-weights-" + std::to_string(::getpid()));
    fs::create_directories(dir_);
  }
  void TearDown() override { fs::remove_all(dir_); }

  void number(int value) { bytes_.append(reinterpret_cast<const char*>(&value), sizeof value); }
  void tensor(std::string name, std::vector<int> extent, int type = GGML_TYPE_F32) {
    if (name == renamed_) name = "decoder.stranger";
    if (name == resized_) extent.back() += 1;
    number(static_cast<int>(extent.size()));
    number(static_cast<int>(name.size()));
    number(type);
    std::size_t elements = 1;
    for (const int n : extent) {
      number(n);
      elements *= static_cast<std::size_t>(n);
    }
    bytes_ += name;
    std::vector<float> values(elements);
    std::normal_distribution<float> numbers;
    for (float& value : values) value = numbers(random_);
    std::string raw(elements / static_cast<std::size_t>(ggml_blck_size(static_cast<ggml_type>(type))) *
                        ggml_type_size(static_cast<ggml_type>(type)),
                    '\0');
    ggml_quantize_chunk(static_cast<ggml_type>(type), values.data(), raw.data(), 0,
                        static_cast<std::int64_t>(elements) / extent.front(), extent.front(), nullptr);
    bytes_ += raw;
    written_.emplace(name, std::move(values));
  }
  void norm(const std::string& name) {
    tensor(name + ".weight", {kWidth});
    tensor(name + ".bias", {kWidth});
  }
  void attention(const std::string& name, int type) {
    norm(name + "_ln");
    for (const char* part : {".query", ".key", ".value", ".out"}) {
      tensor(name + part + ".weight", {kWidth, kWidth}, type);
      if (std::string(part) != ".key") tensor(name + part + ".bias", {kWidth});
    }
  }
  void mlp(const std::string& block) {
    norm(block + "mlp_ln");
    tensor(block + "mlp.0.weight", {kWidth, 4 * kWidth}, GGML_TYPE_F16);
    tensor(block + "mlp.0.bias", {4 * kWidth});
    tensor(block + "mlp.2.weight", {4 * kWidth, kWidth}, GGML_TYPE_F16);
    tensor(block + "mlp.2.bias", {kWidth});
  }
  std::string write() {
    bytes_.clear();
    written_.clear();
    number(0x67676d6c);
    for (const int value : {51864, 16, kWidth, 2, 1, 8, kWidth, 2, 1, 80, 1}) number(value);
    number(80);
    number(201);
    for (int i = 0; i < 80 * 201; ++i) number(std::bit_cast<int>(static_cast<float>(i)));
    number(2);
    for (const std::string piece : {"a", "bc"}) {
      number(static_cast<int>(piece.size()));
      bytes_ += piece;
    }
    tensor("encoder.positional_embedding", {kWidth, 16});
    tensor("encoder.conv1.weight", {3, 80, kWidth}, GGML_TYPE_F16);
    tensor("encoder.conv1.bias", {1, kWidth});
    tensor("encoder.conv2.weight", {3, kWidth, kWidth}, GGML_TYPE_F16);
    tensor("encoder.conv2.bias", {1, kWidth});
    norm("encoder.ln_post");
    tensor("decoder.positional_embedding", {kWidth, 8});
    tensor("decoder.token_embedding.weight", {kWidth, 51864}, GGML_TYPE_Q5_0);
    norm("decoder.ln");
    attention("encoder.blocks.0.attn", GGML_TYPE_Q8_0);
    mlp("encoder.blocks.0.");
    attention("decoder.blocks.0.attn", GGML_TYPE_Q8_0);
    attention("decoder.blocks.0.cross_attn", GGML_TYPE_Q8_0);
    mlp("decoder.blocks.0.");
    const fs::path path = dir_ / "toy.bin";
    std::ofstream(path, std::ios::binary) << bytes_;
    return path.string();
  }
  void expect_near(const WeightFile& file, const std::string& name, float step) {
    const auto values = file.floats(name);
    const auto& wanted = written_.at(name);
    ASSERT_EQ(values.size(), wanted.size()) << name;
    for (std::size_t i = 0; i < values.size(); ++i) ASSERT_NEAR(values[i], wanted[i], step) << name << " " << i;
  }
  void expect_invalid(const std::string& why) {
    const auto file = WeightFile::open(write());
    ASSERT_FALSE(file) << why;
    EXPECT_EQ(file.error().code, ErrorCode::kModelInvalid);
    EXPECT_NE(file.error().message.find(why), std::string::npos) << file.error().message;
  }

  fs::path dir_;
  std::string bytes_;
  std::string renamed_;
  std::string resized_;
  std::map<std::string, std::vector<float>> written_;
  std::mt19937 random_{7};
};

TEST_F(ToyWeightsTest, EveryTypeIsReadAsNumbers) {
  const auto file = WeightFile::open(write());
  ASSERT_TRUE(file) << file.error().message;
  expect_near(**file, "encoder.positional_embedding", 0);
  expect_near(**file, "encoder.conv1.weight", 0.002F);
  expect_near(**file, "encoder.blocks.0.attn.query.weight", 0.03F);
  expect_near(**file, "decoder.token_embedding.weight", 0.25F);
  EXPECT_EQ((*file)->tensor("encoder.conv1.weight").elements(), 3 * 80 * kWidth);
  ASSERT_EQ((*file)->mel_filters().size(), 80U * 201U);
  EXPECT_EQ((*file)->mel_filters()[1234], 1234.0F);
  const auto vocabulary = (*file)->vocabulary();
  EXPECT_EQ(vocabulary->size(), 51864);
  EXPECT_EQ(vocabulary->piece(1), "bc");
  EXPECT_FALSE(vocabulary->special().multilingual);
  EXPECT_EQ(vocabulary->special().eot, 50256);
  EXPECT_EQ(vocabulary->special().timestamp_begin, 50363);
}

TEST_F(ToyWeightsTest, AStrangeTensorIsNamed) {
  renamed_ = "decoder.ln.bias";
  expect_invalid("decoder.stranger");
  renamed_.clear();
  resized_ = "encoder.blocks.0.mlp.0.bias";
  expect_invalid("encoder.blocks.0.mlp.0.bias");
}

}  // namespace
}  // namespace zimu::asr
