#include "asr/model_file.hpp"

#include <gtest/gtest.h>

#include <cstring>
#include <filesystem>
#include <fstream>

#include "asr/engine.hpp"

namespace zimu::asr {
namespace {

namespace fs = std::filesystem;

/// Writes a file in the ggml layout; not a model that could run.
class ModelFileTest : public testing::Test {
 protected:
  void SetUp() override {
    dir_ = fs::temp_directory_path() / ("zimu-model-" + std::to_string(::getpid()));
    fs::create_directories(dir_);
    path_ = (dir_ / "ggml-toy.bin").string();
    number(0x67676d6c);
    for (const int value : {51865, 1500, 512, 8, 6, 448, 512, 8, 6, 80, 1}) number(value);
    number(80);
    number(201);
    bytes_.resize(bytes_.size() + std::size_t{80} * 201 * 4);
    number(2);
    for (const std::string piece : {"a", "bc"}) {
      number(static_cast<int>(piece.size()));
      bytes_ += piece;
    }
    tensors_at_ = bytes_.size();
    for (int i = 0; i < 11 + 6 * (15 + 24); ++i) tensor(4, 1);
  }
  void TearDown() override { fs::remove_all(dir_); }

  void number(int value) { bytes_.append(reinterpret_cast<const char*>(&value), sizeof value); }
  void put(std::size_t at, int value) { std::memcpy(bytes_.data() + at, &value, sizeof value); }
  void tensor(int width, int height) {
    const std::string name = "encoder.weight";
    number(2);
    number(static_cast<int>(name.size()));
    number(0);  // F32
    number(width);
    number(height);
    bytes_ += name;
    bytes_.resize(bytes_.size() + static_cast<std::size_t>(width * height) * 4);
  }
  Result<ModelHeader> check() {
    std::ofstream(path_, std::ios::binary) << bytes_;
    return check_model_file(path_);
  }
  void expect_invalid(const char* why) {
    const auto result = check();
    ASSERT_FALSE(result) << why;
    EXPECT_EQ(result.error().code, ErrorCode::kModelInvalid) << why;
    EXPECT_NE(result.error().message.find(path_), std::string::npos);
    EXPECT_FALSE(result.error().action.empty());
  }

  fs::path dir_;
  std::string path_;
  std::string bytes_;
  std::size_t tensors_at_ = 0;
};

TEST_F(ModelFileTest, AWholeFileIsRead) {
  const auto header = check();
  ASSERT_TRUE(header) << header.error().message;
  EXPECT_EQ(header->vocab_size, 51865);
  EXPECT_EQ(header->text_layers, 6);
  EXPECT_EQ(header->mel_bands, 80);
  EXPECT_EQ(header->file_bytes, bytes_.size());
}

TEST_F(ModelFileTest, EveryCutIsFound) {
  const std::string whole = bytes_;
  for (std::size_t size = 0; size < whole.size(); size += size < tensors_at_ ? 997 : 61) {
    bytes_ = whole.substr(0, size);
    EXPECT_FALSE(check()) << size;
  }
  bytes_ = whole.substr(0, whole.size() - 1);
  expect_invalid("the last byte is missing");
}

TEST_F(ModelFileTest, LyingSizesAreFound) {
  const std::string whole = bytes_;
  put(0, 0x46554747);
  expect_invalid("another format");
  bytes_ = whole;
  put(4, -1);
  expect_invalid("vocabulary of -1");
  bytes_ = whole;
  put(4 + 9 * 4, 64);
  expect_invalid("64 mel bands");
  bytes_ = whole;
  put(4 + 3 * 4, 7);
  expect_invalid("heads that do not divide the width");
  bytes_ = whole;
  put(tensors_at_, 1 << 30);
  expect_invalid("a tensor of 2^30 dimensions");
  bytes_ = whole;
  put(tensors_at_ + 4, -5);
  expect_invalid("a name of -5 bytes");
  bytes_ = whole;
  put(tensors_at_ + 8, 4);
  expect_invalid("a tensor type ggml no longer has");
  bytes_ = whole;
  put(tensors_at_ + 12, 1 << 19);
  expect_invalid("a tensor larger than the file");
}

TEST_F(ModelFileTest, LoadingReportsWhatIsWrong) {
  LoadOptions options;
  options.model_path = (dir_ / "absent.bin").string();
  auto engine = load_engine(options);
  ASSERT_FALSE(engine);
  EXPECT_EQ(engine.error().code, ErrorCode::kModelMissing);
  options.model_path = dir_.string();
  engine = load_engine(options);
  ASSERT_FALSE(engine);
  EXPECT_EQ(engine.error().code, ErrorCode::kModelInvalid);
  bytes_.resize(tensors_at_);
  ASSERT_FALSE(check());
  options.model_path = path_;
  engine = load_engine(options);
  ASSERT_FALSE(engine);
  EXPECT_EQ(engine.error().code, ErrorCode::kModelInvalid);
}

}  // namespace
}  // namespace zimu::asr
