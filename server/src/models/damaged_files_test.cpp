// Damaged and hostile model files: a typed error each, never a read outside (the sanitizers watch).
#include <gtest/gtest.h>

#include "base/file.hpp"
#include "models/ct2_whisper.hpp"
#include "models/ggml_file.hpp"
#include "models/hf_whisper.hpp"
#include "models/manifest.hpp"
#include "models/registry.hpp"
#include "models/safetensors_file.hpp"
#include "models/testing/synthetic_hf.hpp"
#include "models/testing/temp_folder.hpp"
#include "models/vocabulary.hpp"

namespace zimu::models {
namespace {

using testing::raw;
using testing::TempFolder;
using testing::Weights;

/// A copy on the heap of exactly that size, so that the sanitizer sees the first byte too far.
class Bytes {
 public:
  explicit Bytes(const std::string& text) {
    const auto bytes = std::as_bytes(std::span(text));
    data_.assign(bytes.begin(), bytes.end());
  }
  operator std::span<const std::byte>() const { return data_; }

 private:
  std::vector<std::byte> data_;
};

bool is_refusal(const Error& error) {
  return (error.code == ErrorCode::kModelInvalid || error.code == ErrorCode::kUnsupported) &&
         !error.message.empty();
}

template <class Parse>
void expect_refused_when_cut(const std::string& whole, Parse parse) {
  ASSERT_TRUE(parse(Bytes(whole)));
  std::vector<std::size_t> sizes;
  for (std::size_t size = 0; size < std::min<std::size_t>(whole.size(), 400); ++size) sizes.push_back(size);
  for (std::size_t i = 1; i < 40; ++i) sizes.push_back(whole.size() / 40 * i);
  sizes.push_back(whole.size() - 1);
  for (const std::size_t size : sizes) {
    const auto parsed = parse(Bytes(whole.substr(0, size)));
    ASSERT_FALSE(parsed) << size;
    EXPECT_TRUE(is_refusal(parsed.error())) << size << ": " << parsed.error().message;
  }
}

std::string ggml_bytes(const Weights& weights) {
  const TempFolder folder;
  testing::write_ct2_folder(folder / "ct2", weights);
  Registry registry(folder.path());
  const auto model = import_model(registry, folder / "ct2", {.name = "toy", .quantize = ""}, {});
  EXPECT_TRUE(model) << model.error().message;
  return read_file(model->path).value();
}

TEST(DamagedCt2, CutAnywhere) {
  expect_refused_when_cut(testing::ct2_bytes(testing::random_weights()),
                          [](const Bytes& bytes) -> Result<WhisperModel> {
                            ZIMU_TRY(const auto file, parse_ct2(bytes));
                            return whisper_from_ct2(file);
                          });
}

TEST(DamagedGgml, CutAnywhereOrFollowedByMore) {
  const std::string whole = ggml_bytes(testing::random_weights());
  expect_refused_when_cut(whole, [](const Bytes& bytes) { return parse_ggml(bytes); });
  EXPECT_FALSE(parse_ggml(Bytes(whole + "x")));
}

TEST(DamagedSafetensors, CutAnywhere) {
  const std::string whole =
      testing::safetensors_bytes(testing::hf_names(testing::random_weights()), testing::HfType::kF16);
  expect_refused_when_cut(whole, [](const Bytes& bytes) { return parse_safetensors(bytes); });
}

TEST(DamagedGgml, EveryNumberOfTheHeadIsChecked) {
  const std::string whole = ggml_bytes(testing::random_weights());
  for (std::size_t field = 0; field < 14; ++field) {
    for (const std::int32_t value : {0, -1, 1 << 30, 1 << 20, INT32_MAX, INT32_MIN}) {
      std::string damaged = whole;
      damaged.replace(field * 4, 4, raw(value));
      const auto parsed = parse_ggml(Bytes(damaged));
      if (field == 11 && value == 0) continue;  // F32: every tensor's type is then wrong, which is told below
      ASSERT_FALSE(parsed) << field << " " << value;
      EXPECT_TRUE(is_refusal(parsed.error()));
    }
  }
}

/// A CTranslate2 file of one variable.
std::string one_variable(const std::vector<std::uint32_t>& dims, char dtype, std::uint32_t size,
                         const std::string& data) {
  std::string out = raw(std::uint32_t{6}) + testing::ct2_name("WhisperSpec") + raw(std::uint32_t{3}) +
                    raw(std::uint32_t{1});
  out += testing::ct2_name("a") + static_cast<char>(dims.size());
  for (const auto dim : dims) out += raw(dim);
  return out + dtype + raw(size) + data + raw(std::uint32_t{0});
}

TEST(DamagedCt2, HostileNumbers) {
  EXPECT_TRUE(parse_ct2(Bytes(one_variable({2, 2}, 1, 4, "abcd"))));
  EXPECT_FALSE(parse_ct2(Bytes(one_variable({2, 2}, 1, 5, "abcd"))));
  EXPECT_FALSE(parse_ct2(Bytes(one_variable({2, 2}, 9, 4, "abcd"))));
  EXPECT_FALSE(parse_ct2(Bytes(one_variable({0, 2}, 1, 0, ""))));
  // 2^32 elements of 4 bytes, and 2^64 of one: both overflow to a size of 0 in 32 and 64 bits.
  EXPECT_FALSE(parse_ct2(Bytes(one_variable({65536, 65536}, 0, 0, ""))));
  EXPECT_FALSE(parse_ct2(Bytes(one_variable({65536, 65536, 65536, 65536}, 1, 0, ""))));
  EXPECT_FALSE(parse_ct2(Bytes(one_variable({UINT32_MAX, UINT32_MAX, UINT32_MAX}, 1, 1, "a"))));
  EXPECT_FALSE(parse_ct2(Bytes(one_variable({2, 2}, 1, 4, "abcd") + "x")));
  std::string many = one_variable({1}, 1, 1, "a");
  many.replace(4 + 14 + 4, 4, raw(UINT32_MAX));
  EXPECT_FALSE(parse_ct2(Bytes(many)));
  std::string old = one_variable({1}, 1, 1, "a");
  old.replace(0, 4, raw(std::uint32_t{3}));
  EXPECT_EQ(parse_ct2(Bytes(old)).error().code, ErrorCode::kUnsupported);
}

Result<TensorTable> safetensors(const std::string& header, const std::string& data) {
  return parse_safetensors(Bytes(raw(static_cast<std::uint64_t>(header.size())) + header + data));
}

TEST(DamagedSafetensors, HostileHeaders) {
  EXPECT_TRUE(safetensors(R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}})", "abcd"));
  for (const char* header : {R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}})",
                             R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[4,0]}})",
                             R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[0,4]}})",
                             R"({"a":{"dtype":"F32","shape":[4294967296,4294967296],"data_offsets":[0,0]}})",
                             R"({"a":{"dtype":"F32","shape":[-1],"data_offsets":[0,4]}})",
                             R"({"a":{"dtype":"F32","shape":[0],"data_offsets":[0,0]}})",
                             R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[0,18446744073709551615]}})",
                             R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[0]}})",
                             R"({"a":{"dtype":"F32","shape":[1,1,1,1,1,1,1,1,1],"data_offsets":[0,4]}})",
                             R"({"a":{"dtype":7}})", R"({"a":7})", "[]", "{", ""}) {
    const auto table = safetensors(header, "abcd");
    ASSERT_FALSE(table) << header;
    EXPECT_TRUE(is_refusal(table.error()));
  }
  EXPECT_TRUE(safetensors(R"({"ids":{"dtype":"I64","shape":[1],"data_offsets":[0,8]}})", "")->empty());
  EXPECT_FALSE(parse_safetensors(Bytes(raw(UINT64_MAX) + "{}")));
  EXPECT_FALSE(safetensors(std::string(100'000, '[') + std::string(100'000, ']'), ""));
}

TEST(DamagedFolders, AWrongConfigOrIndexIsRefused) {
  const TempFolder folder;
  const auto source = folder / "hf";
  testing::write_hf_folder(source, testing::random_weights(), testing::HfType::kF16, true);
  ASSERT_TRUE(read_hf_folder(source));
  testing::write_text(source / "model.safetensors.index.json",
                      R"({"weight_map":{"a":"../../etc/x.safetensors"}})");
  EXPECT_EQ(read_hf_folder(source).error().code, ErrorCode::kModelInvalid);
  testing::write_text(source / "config.json", R"({"model_type":"bert"})");
  EXPECT_EQ(read_hf_folder(source).error().code, ErrorCode::kModelInvalid);
  EXPECT_FALSE(parse_hf_config(R"({"model_type":"whisper","vocab_size":1e99})"));
}

TEST(DamagedVocabulary, IsRefused) {
  EXPECT_FALSE(parse_vocabulary_txt("a\nb\n", 3));
  EXPECT_FALSE(parse_vocabulary_txt("a\nb\nc\nnot-the-end\n", 3));
  EXPECT_EQ(parse_vocabulary_txt("a\nĠb\nc\n<|endoftext|>\n", 3).value(),
            (std::vector<std::string>{"a", " b", "c"}));
  EXPECT_FALSE(parse_vocabulary_json(R"({"a":0,"b":0})", 2));
  EXPECT_FALSE(parse_vocabulary_json(R"({"a":-1})", 1));
  EXPECT_FALSE(parse_vocabulary_json(R"([1])", 1));
  EXPECT_FALSE(parse_vocabulary_json(R"({"model":{"vocab":[]}})", 1));
  EXPECT_EQ(parse_vocabulary_json(R"({"a":0,"<|x|>":9000000000000000000})", 1).value(),
            std::vector<std::string>{"a"});
  EXPECT_FALSE(bytes_of_token("\xC4"));
  EXPECT_FALSE(bytes_of_token("\xE4\xBC\x9A"));
}

TEST(Manifest, RoundTripsAndRefusesDamage) {
  const TempFolder folder;
  const auto path = folder / "ggml-x.bin";
  ASSERT_TRUE(save_manifest(
      path, {.sha256 = "ab", .size_bytes = 12, .origin = "a \"quoted\" place", .multilingual = false}));
  const auto loaded = load_manifest(path);
  ASSERT_TRUE(loaded);
  EXPECT_EQ(loaded->sha256, "ab");
  EXPECT_EQ(loaded->size_bytes, 12U);
  EXPECT_EQ(loaded->origin, "a \"quoted\" place");
  EXPECT_FALSE(loaded->multilingual);
  for (const char* text : {"", "{}", "[]", R"({"sha256":1,"size":1})", R"({"sha256":"a","size":-1})",
                           R"({"sha256":"a","size":1.5})"}) {
    EXPECT_FALSE(parse_manifest(text)) << text;
  }
}

}  // namespace
}  // namespace zimu::models
