// Every source format, written from one set of weights, must give the same ggml file contents.
#include <gtest/gtest.h>

#include <cmath>

#include "models/ggml_file.hpp"
#include "models/ggml_writer.hpp"
#include "models/manifest.hpp"
#include "models/mel_filters.hpp"
#include "models/registry.hpp"
#include "models/testing/synthetic_hf.hpp"
#include "models/testing/temp_folder.hpp"

namespace zimu::models {
namespace {

namespace fs = std::filesystem;
using testing::HfType;
using testing::TempFolder;
using testing::Weights;

class Import : public ::testing::Test {
 protected:
  Import() : registry_(folder_ / "models") {}

  Result<InstalledModel> run(const fs::path& source, const std::string& name,
                             const std::string& quantize = "") {
    return import_model(registry_, source, {.name = name, .quantize = quantize}, {});
  }
  void expect_truth(const fs::path& path) {
    const auto model = read_ggml_file(path);
    ASSERT_TRUE(model) << model.error().message;
    EXPECT_EQ(model->hparams.n_audio_head, 2);
    EXPECT_EQ(model->hparams.n_audio_layer, 1);
    EXPECT_EQ(model->hparams.n_mels, 80);
    EXPECT_EQ(model->mel, mel_filters(80));
    ASSERT_EQ(model->tokens.size(), testing::kTextTokens);
    EXPECT_EQ(model->tokens[0], "t0");
    EXPECT_EQ(model->tokens[50255], "t50255");
    ASSERT_EQ(model->tensors.size(), weights_.size());
    for (const auto& [name, weight] : weights_) {
      const Tensor& tensor = model->tensors.at(name);
      std::vector<float> values(weight.values.size());
      ASSERT_EQ(tensor.elements(), values.size()) << name;
      read_values(tensor, 0, values);
      EXPECT_EQ(values, weight.values) << name;
    }
  }

  TempFolder folder_;
  Registry registry_;
  Weights weights_ = testing::random_weights();
};

TEST_F(Import, ACt2Folder) {
  const auto source = folder_ / "faster-whisper-toy.en";
  testing::write_ct2_folder(source, weights_);
  const auto model = run(source, "");
  ASSERT_TRUE(model) << model.error().message;
  EXPECT_EQ(model->name, "toy.en");
  EXPECT_FALSE(model->multilingual);
  EXPECT_EQ(model->path, registry_.dir() / "ggml-toy.en.bin");
  EXPECT_EQ(sha256_file(model->path).value(), model->sha256);
  expect_truth(model->path);
  EXPECT_EQ(load_manifest(model->path)->origin, source.string());
  EXPECT_FALSE(fs::exists(model->path.string() + ".part"));
}

TEST_F(Import, SafetensorsFoldersOfEveryTypeAndInShards) {
  int n = 0;
  for (const HfType type : {HfType::kF32, HfType::kF16, HfType::kBF16}) {
    for (const bool sharded : {false, true}) {
      const auto source = folder_ / fmt::format("hf{}", ++n);
      testing::write_hf_folder(source, weights_, type, sharded);
      const auto model = run(source, "toy");
      ASSERT_TRUE(model) << model.error().message;
      expect_truth(model->path);
    }
  }
}

TEST_F(Import, AGgmlFileIsCopiedAsItIs) {
  testing::write_ct2_folder(folder_ / "ct2", weights_);
  const auto first = run(folder_ / "ct2", "one");
  ASSERT_TRUE(first);
  const auto second = run(first->path, "two");
  ASSERT_TRUE(second) << second.error().message;
  EXPECT_EQ(first->sha256, second->sha256);
}

TEST_F(Import, QuantisedWeightsStayWithinTheirBound) {
  testing::write_ct2_folder(folder_ / "ct2", weights_);
  const auto model = run(folder_ / "ct2", "", "q8_0");
  ASSERT_TRUE(model) << model.error().message;
  EXPECT_EQ(model->name, "ct2-q8_0");
  const auto head = read_ggml_head(model->path);
  ASSERT_TRUE(head);
  EXPECT_EQ(head->ftype, 2007);
  EXPECT_TRUE(registry_.verify("ct2-q8_0"));
  const auto half = run(folder_ / "ct2", "half");
  EXPECT_LT(model->size_bytes, half->size_bytes);
  EXPECT_EQ(run(model->path, "again", "q8_0").error().code, ErrorCode::kInvalidArgument);
}

TEST(QuantizeQ80, EveryValueIsWithinHalfAStep) {
  std::vector<float> values;
  for (int i = 0; i < 320; ++i)
    values.push_back(std::sin(static_cast<float>(i) * 1.7F) * static_cast<float>(1 + i % 7));
  values.insert(values.end(), 32, 0.0F);
  const auto bytes = quantize_q8_0(values);
  ASSERT_EQ(bytes.size(), values.size() / 32 * 34);
  for (std::size_t block = 0; block < values.size() / 32; ++block) {
    std::uint16_t half = 0;
    std::memcpy(&half, bytes.data() + block * 34, 2);
    const float scale = float_from_half(half);
    float largest = 0;
    for (std::size_t i = 0; i < 32; ++i) largest = std::max(largest, std::fabs(values[block * 32 + i]));
    EXPECT_NEAR(scale, largest / 127.0F, largest / 127.0F / 1024.0F);
    for (std::size_t i = 0; i < 32; ++i) {
      const auto level = static_cast<std::int8_t>(bytes[block * 34 + 2 + i]);
      // Half a step, and what rounding the scale to 11 bits can add at the largest level.
      EXPECT_NEAR(scale * static_cast<float>(level), values[block * 32 + i],
                  largest / 127.0F * (0.5F + 127.0F / 2048.0F));
    }
  }
}

TEST(Half, RoundsToNearestEvenAndStaysFinite) {
  EXPECT_EQ(half_from_float(1.0F), 0x3C00);
  EXPECT_EQ(half_from_float(-2.0F), 0xC000);
  EXPECT_EQ(half_from_float(65504.0F), 0x7BFF);
  EXPECT_EQ(half_from_float(1e9F), 0x7BFF);
  EXPECT_EQ(half_from_float(0x1p-24F), 0x0001);
  EXPECT_EQ(half_from_float(1.0F + 0x1p-11F), 0x3C00);  // a tie goes to even
  EXPECT_EQ(half_from_float(1.0F + 3 * 0x1p-11F), 0x3C02);
  for (std::uint32_t half = 0; half < 0x7C00; ++half) {
    ASSERT_EQ(half_from_float(float_from_half(static_cast<std::uint16_t>(half))), half);
  }
  EXPECT_EQ(float_from_bfloat16(0x3F80), 1.0F);
}

TEST_F(Import, WhatIsNoModelIsNamed) {
  EXPECT_EQ(run(folder_ / "nowhere", "x").error().code, ErrorCode::kNotFound);
  fs::create_directories(folder_ / "empty");
  EXPECT_EQ(run(folder_ / "empty", "x").error().code, ErrorCode::kModelInvalid);
  fs::create_directories(folder_ / "pickle");
  testing::write_text(folder_ / "pickle" / "pytorch_model.bin", "x");
  EXPECT_EQ(run(folder_ / "pickle", "x").error().code, ErrorCode::kUnsupported);
  testing::write_text(folder_ / "text.bin", "hello");
  EXPECT_EQ(run(folder_ / "text.bin", "x").error().code, ErrorCode::kModelInvalid);
  EXPECT_EQ(run(folder_ / "text.bin", "../x").error().code, ErrorCode::kInvalidArgument);
  EXPECT_EQ(run(folder_ / "text.bin", "x", "q3").error().code, ErrorCode::kInvalidArgument);
  testing::write_ct2_folder(folder_ / "ct2", weights_);
  fs::remove(folder_ / "ct2" / "vocabulary.txt");
  EXPECT_EQ(run(folder_ / "ct2", "x").error().code, ErrorCode::kModelInvalid);
  EXPECT_TRUE(registry_.list()->empty());
}

TEST_F(Import, AStopLeavesTheOldModel) {
  testing::write_ct2_folder(folder_ / "ct2", weights_);
  const auto old = run(folder_ / "ct2", "toy");
  ASSERT_TRUE(old);
  std::stop_source stop;
  stop.request_stop();
  const auto stopped = import_model(registry_, folder_ / "ct2",
                                    {.name = "toy", .quantize = "q8_0", .stop = stop.get_token()}, {});
  ASSERT_FALSE(stopped);
  EXPECT_EQ(stopped.error().code, ErrorCode::kCancelled);
  EXPECT_TRUE(registry_.verify("toy"));
  EXPECT_EQ(registry_.find("toy")->sha256, old->sha256);
  EXPECT_FALSE(fs::exists(old->path.string() + ".part"));
}

TEST_F(Import, TwoWritersOfOneModelDoNotMix) {
  fs::create_directories(registry_.dir());
  auto first = HashingFile::create(registry_.path_of("toy"));
  ASSERT_TRUE(first);
  EXPECT_EQ(HashingFile::create(registry_.path_of("toy")).error().code, ErrorCode::kConflict);
  ASSERT_TRUE(first->write(std::as_bytes(std::span("abc", 3))));
  ASSERT_TRUE(first->finish());
  EXPECT_TRUE(HashingFile::create(registry_.path_of("toy")));
  EXPECT_EQ(read_file(registry_.path_of("toy")).value(), "abc");
}

}  // namespace
}  // namespace zimu::models
