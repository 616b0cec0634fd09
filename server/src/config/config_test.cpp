#include "config/config.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>

namespace zimu::config {
namespace {

namespace fs = std::filesystem;

class ConfigTest : public ::testing::Test {
 protected:
  void SetUp() override {
    dir_ = fs::temp_directory_path() / ("zimu config " + std::to_string(::getpid()));
    fs::create_directories(dir_ / "build/release/bin");
    std::ofstream(program()) << "#!/bin/sh\n";
  }
  void TearDown() override { fs::remove_all(dir_); }

  fs::path program() const { return dir_ / "build/release/bin/zimu"; }
  Result<Loaded> load_with(const Environment& environment) const { return load(environment, {}, program()); }
  static const Setting& setting(const Loaded& loaded, const std::string& name) {
    for (const Setting& s : loaded.settings) {
      if (s.name == name) return s;
    }
    throw std::runtime_error("no setting " + name);
  }

  fs::path dir_;
};

TEST_F(ConfigTest, DefaultsNeedNoEnvironment) {
  const auto loaded = load_with({{"PATH", "/bin"}, {"PUID", "1000"}, {"TZ", "Asia/Shanghai"}});
  ASSERT_TRUE(loaded) << loaded.error().message;
  const Config& config = loaded->config;
  EXPECT_EQ(config.listen_address, "127.0.0.1");
  EXPECT_EQ(config.listen_port, 8080);
  EXPECT_EQ(config.model_dir, "./data/models");
  EXPECT_EQ(config.max_upload_bytes, 53'687'091'200U);
  EXPECT_EQ(config.model_idle_seconds, 300);
  EXPECT_EQ(config.ollama_host, "http://127.0.0.1:11434");
  EXPECT_TRUE(config.web_root.empty());
  EXPECT_EQ(loaded->settings.size(), 18U);
  EXPECT_EQ(setting(*loaded, "ZIMU_LISTEN").value, "127.0.0.1:8080");
  EXPECT_EQ(setting(*loaded, "ZIMU_LISTEN").origin, "default");
}

TEST_F(ConfigTest, WorkerIsLookedForBesideTheRealProgramEvenWithBlanksInThePath) {
  fs::create_symlink(program(), dir_ / "link");
  const auto loaded = load({}, {}, dir_ / "link");
  ASSERT_TRUE(loaded);
  const auto argv = split_command(loaded->config.worker_command);
  ASSERT_EQ(argv.size(), 1U);
  EXPECT_EQ(fs::path(argv[0]), fs::canonical(dir_) / "build/release/bin/zimu-worker");
}

TEST_F(ConfigTest, WebRootIsFoundInTheSourceTreeAndWhenInstalled) {
  fs::create_directories(dir_ / "web/dist");
  EXPECT_EQ(load_with({})->config.web_root, fs::canonical(dir_ / "web/dist"));
  fs::create_directories(dir_ / "build/release/share/zimu/web");
  EXPECT_EQ(load_with({})->config.web_root, fs::canonical(dir_ / "build/release/share/zimu/web"));
  const auto missing = load_with({{"ZIMU_WEB_ROOT", (dir_ / "nowhere").string()}});
  ASSERT_FALSE(missing);
  EXPECT_NE(missing.error().message.find("ZIMU_WEB_ROOT"), std::string::npos);
}

TEST_F(ConfigTest, EnvironmentIsReadAndFlagsOverrideIt) {
  const Environment environment{{"ZIMU_LISTEN", "0.0.0.0:9000"},
                                {"ZIMU_DATA_DIR", "/srv/zimu"},
                                {"ZIMU_WORKERS", "2"},
                                {"ZIMU_LOG_LEVEL", "DEBUG"},
                                {"HF_HUB_OFFLINE", "1"}};
  const auto loaded = load(environment, {{"ZIMU_LISTEN", "[::1]:80"}}, program());
  ASSERT_TRUE(loaded) << loaded.error().message;
  EXPECT_EQ(loaded->config.listen_address, "::1");
  EXPECT_EQ(loaded->config.listen_port, 80);
  EXPECT_EQ(loaded->config.model_dir, "/srv/zimu/models");
  EXPECT_EQ(loaded->config.workers, 2);
  EXPECT_EQ(loaded->config.log_level, "debug");
  EXPECT_TRUE(loaded->config.hf_offline);
  EXPECT_EQ(setting(*loaded, "ZIMU_LISTEN").value, "[::1]:80");
  EXPECT_EQ(setting(*loaded, "ZIMU_LISTEN").origin, "flag --listen");
  EXPECT_EQ(setting(*loaded, "ZIMU_DATA_DIR").origin, "environment");
}

TEST_F(ConfigTest, EmptyVariablesCountAsNotSet) {
  const auto loaded = load_with({{"ZIMU_LISTEN", ""}, {"ZIMU_WORKERS", ""}, {"OLLAMA_HOST", ""}});
  ASSERT_TRUE(loaded) << loaded.error().message;
  EXPECT_EQ(loaded->config.workers, 1);
  EXPECT_EQ(setting(*loaded, "ZIMU_WORKERS").origin, "default");
}

TEST_F(ConfigTest, ListenForms) {
  const auto address = [this](const std::string& text) {
    const auto loaded = load_with({{"ZIMU_LISTEN", text}});
    return loaded ? setting(*loaded, "ZIMU_LISTEN").value : "error";
  };
  EXPECT_EQ(address(":8080"), "0.0.0.0:8080");
  EXPECT_EQ(address("localhost:1"), "127.0.0.1:1");
  EXPECT_EQ(address("[::]:8080"), "[::]:8080");
  EXPECT_EQ(address("127.0.0.1:0"), "127.0.0.1:0");
  for (const auto* bad : {"8080", "127.0.0.1", "127.0.0.1:", "127.0.0.1:65536", "127.0.0.1:-1", "::1:8080",
                          "[]:80", "example.org:80", "127.0.0.1:80x", "[::1]80", "http://127.0.0.1:80"}) {
    EXPECT_EQ(address(bad), "error") << bad;
  }
}

TEST_F(ConfigTest, EveryRangeIsChecked) {
  const Environment bad_ones{
      {"ZIMU_WORKERS", "0"},           {"ZIMU_THREADS", "-1"},
      {"ZIMU_MAX_UPLOAD_BYTES", "1k"}, {"ZIMU_MODEL_IDLE_SECONDS", "99999999999999999999"},
      {"ZIMU_DEVICE", "gpu"},          {"ZIMU_LOG_LEVEL", "loud"},
      {"ZIMU_LOG_FORMAT", "xml"},      {"ZIMU_JOURNAL_MODE", "off"},
      {"OLLAMA_HOST", "ftp://a"},      {"HF_ENDPOINT", "https://"},
      {"HF_HUB_OFFLINE", "maybe"},     {"ZIMU_WORKER_COMMAND", "'open"}};
  for (const auto& [name, value] : bad_ones) {
    const auto loaded = load_with({{name, value}});
    ASSERT_FALSE(loaded) << name;
    EXPECT_EQ(loaded.error().code, ErrorCode::kInvalidArgument);
    EXPECT_NE(loaded.error().message.find(name), std::string::npos);
    EXPECT_NE(loaded.error().message.find(value), std::string::npos);
    EXPECT_FALSE(loaded.error().action.empty());
  }
}

TEST_F(ConfigTest, UnknownNamesAreRefusedWithASuggestion) {
  const auto typo = load_with({{"ZIMU_LISTN", "x"}});
  ASSERT_FALSE(typo);
  EXPECT_NE(typo.error().message.find("ZIMU_LISTN"), std::string::npos);
  EXPECT_EQ(typo.error().action, "did you mean ZIMU_LISTEN?");
  const auto far = load_with({{"ZIMU_SOMETHING_ELSE_ENTIRELY", ""}});
  ASSERT_FALSE(far);
  EXPECT_NE(far.error().action.find("ZIMU_DATA_DIR"), std::string::npos);
  EXPECT_TRUE(load_with({{"ZIMU_TEST_MEDIA", "x"}, {"ZIMU_WORKER_CRASH_AT", "3"}, {"OTHER_THING", "x"}}));
  EXPECT_FALSE(load({}, {{"ZIMU_MODLE", "x"}}, program()));
}

TEST_F(ConfigTest, OllamaHostMayBeWrittenAsOllamaDoes) {
  const auto url = [this](const std::string& text) {
    return load_with({{"OLLAMA_HOST", text}})->config.ollama_host;
  };
  EXPECT_EQ(url("gpu-box"), "http://gpu-box:11434");
  EXPECT_EQ(url("gpu-box:1234"), "http://gpu-box:1234");
  EXPECT_EQ(url("[::1]"), "http://[::1]:11434");
  EXPECT_EQ(url("https://example.org/ollama/"), "https://example.org/ollama");
}

TEST_F(ConfigTest, PasswordsInUrlsAreNotShown) {
  const auto loaded = load_with({{"OLLAMA_HOST", "https://me:s3cret@example.org"}});
  ASSERT_TRUE(loaded);
  EXPECT_EQ(loaded->config.ollama_host, "https://me:s3cret@example.org");
  EXPECT_EQ(setting(*loaded, "OLLAMA_HOST").value, "https://***@example.org");
}

TEST(SplitCommand, SplitsLikeAShellWithoutExpansion) {
  using Words = std::vector<std::string>;
  EXPECT_EQ(split_command("python3 -u worker.py"), (Words{"python3", "-u", "worker.py"}));
  EXPECT_EQ(split_command("  a\t b  "), (Words{"a", "b"}));
  EXPECT_EQ(split_command("'/opt/my tools/worker' \"x y\" ''"), (Words{"/opt/my tools/worker", "x y", ""}));
  EXPECT_EQ(split_command(R"(a\ b "c\"d" 'e\f')"), (Words{"a b", "c\"d", "e\\f"}));
  EXPECT_EQ(split_command("x=$HOME *"), (Words{"x=$HOME", "*"}));
  EXPECT_TRUE(split_command("").empty());
}

}  // namespace
}  // namespace zimu::config
