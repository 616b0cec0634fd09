#include "models/registry.hpp"

#include <gtest/gtest.h>

#include "base/file.hpp"
#include "models/manifest.hpp"
#include "models/testing/synthetic_model.hpp"
#include "models/testing/temp_folder.hpp"

namespace zimu::models {
namespace {

namespace fs = std::filesystem;

TEST(ModelName, IsSafeInAFileName) {
  for (const char* name : {"base", "large-v3.5", "A_b", "0"}) EXPECT_TRUE(check_model_name(name)) << name;
  for (const std::string& name :
       {std::string(), std::string(".x"), std::string("-x"), std::string("a/b"), std::string("a b"),
        std::string("ä"), std::string("a\0b", 3), std::string(101, 'a')}) {
    EXPECT_EQ(check_model_name(name).error().code, ErrorCode::kInvalidArgument) << name;
  }
}

class WithModel : public ::testing::Test {
 protected:
  WithModel() : registry_(folder_ / "models") {
    testing::write_ct2_folder(folder_ / "ct2", testing::random_weights());
    const auto model = import_model(registry_, folder_ / "ct2", {.name = "toy", .quantize = ""}, {});
    EXPECT_TRUE(model) << model.error().message;
  }
  testing::TempFolder folder_;
  Registry registry_;
};

TEST_F(WithModel, ListsWhisperModelsOnly) {
  testing::write_text(registry_.dir() / "ggml-silero.bin", "other ggml file");
  testing::write_text(registry_.dir() / "notes.txt", "x");
  fs::copy_file(registry_.path_of("toy"), registry_.path_of("also"));
  const auto models = registry_.list();
  ASSERT_TRUE(models);
  ASSERT_EQ(models->size(), 2U);
  EXPECT_EQ(models->at(0).name, "also");
  EXPECT_TRUE(models->at(0).sha256.empty());
  EXPECT_EQ(models->at(1).name, "toy");
  EXPECT_EQ(models->at(1).size_bytes, fs::file_size(registry_.path_of("toy")));
}

TEST_F(WithModel, FindsByNameAndByPath) {
  EXPECT_EQ(registry_.find("toy")->path, registry_.path_of("toy"));
  EXPECT_EQ(registry_.find(registry_.path_of("toy").string())->name, "toy");
  const auto missing = registry_.find("small");
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().code, ErrorCode::kModelMissing);
  EXPECT_EQ(missing.error().action, "zimu models pull small");
  EXPECT_EQ(registry_.find("/no/such.bin").error().code, ErrorCode::kModelMissing);
  EXPECT_EQ(registry_.find("a b").error().code, ErrorCode::kInvalidArgument);
  EXPECT_TRUE(Registry(folder_ / "nowhere").list()->empty());
}

TEST_F(WithModel, VerifySeesOneChangedByte) {
  EXPECT_TRUE(registry_.verify("toy"));
  const auto path = registry_.path_of("toy");
  std::string bytes = read_file(path).value();
  bytes[bytes.size() - 1] = static_cast<char>(bytes[bytes.size() - 1] ^ 1);
  testing::write_text(path, bytes);
  const auto verified = registry_.verify("toy");
  ASSERT_FALSE(verified);
  EXPECT_EQ(verified.error().code, ErrorCode::kModelInvalid);
  EXPECT_NE(verified.error().message.find(registry_.find("toy")->sha256), std::string::npos);
}

TEST_F(WithModel, RemoveTakesTheManifestToo) {
  EXPECT_TRUE(registry_.remove("toy"));
  EXPECT_FALSE(fs::exists(registry_.path_of("toy")));
  EXPECT_FALSE(fs::exists(manifest_path(registry_.path_of("toy"))));
  EXPECT_EQ(registry_.remove("toy").error().code, ErrorCode::kModelMissing);
  EXPECT_EQ(registry_.remove("../toy").error().code, ErrorCode::kInvalidArgument);
}

}  // namespace
}  // namespace zimu::models
