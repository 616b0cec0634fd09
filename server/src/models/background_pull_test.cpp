// The default model on its way while jobs wait for it, from a local server that plays a Hugging Face hub.
#include "models/background_pull.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <future>

#include "models/manifest.hpp"
#include "models/testing/synthetic_hf.hpp"
#include "models/testing/temp_folder.hpp"
#include "outbound/testing/local_server.hpp"

namespace zimu::models {
namespace {

using outbound::testing::LocalServer;
using outbound::testing::ranged;
using outbound::testing::Reply;
using outbound::testing::Seen;
using ::testing::HasSubstr;

constexpr const char* kSource = "somebody/toy-whisper";
const std::string kFiles = "/somebody/toy-whisper/resolve/0123456789abcdef0123456789abcdef01234567/";

/// A hub with one small model; `gate` holds its weights back until the test lets them go.
class SlowHub {
 public:
  SlowHub() : server_([this](const Seen& seen) { return answer(seen); }) {}
  ~SlowHub() { open(); }
  void open() {
    if (!opened_.exchange(true)) gate_.set_value();
  }
  std::string url() const { return server_.url(); }
  std::size_t asked() const { return server_.seen().size(); }

  std::atomic<bool> broken = false;

 private:
  Reply answer(const Seen& seen) {
    if (broken) return {.status = 403};
    if (seen.path.starts_with("/api/models/")) {
      return {.body = R"({"sha":"0123456789abcdef0123456789abcdef01234567","siblings":[)"
                      R"({"rfilename":"model.bin"},{"rfilename":"vocabulary.txt"}]})"};
    }
    if (seen.path == kFiles + "vocabulary.txt") return ranged(seen, testing::vocabulary_txt(), {});
    if (seen.path != kFiles + "model.bin") return {.status = 404};
    opened_future_.wait();
    return ranged(seen, weights_, {});
  }

  const std::string weights_ = testing::ct2_bytes(testing::random_weights());
  std::promise<void> gate_;
  std::shared_future<void> opened_future_ = gate_.get_future().share();  // the server's threads wait on it together
  std::atomic<bool> opened_ = false;
  LocalServer server_;
};

class BackgroundPullTest : public ::testing::Test {
 protected:
  PullOptions options(bool offline = false) { return {.hf_endpoint = hub_.url(), .hf_token = "", .offline = offline}; }

  testing::TempFolder folder_;
  Registry registry_{folder_ / "models"};
  SlowHub hub_;
};

TEST_F(BackgroundPullTest, AJobWaitsAndGetsThePath) {
  BackgroundPull pull(registry_, "toy-whisper", options(), {}, kSource);
  pull.start();
  EXPECT_TRUE(pull.stage());
  int waits = 0;
  std::string said;
  const auto path = pull.find("toy-whisper", [&](const std::string& stage) {
    said = stage;
    if (++waits == 2) hub_.open();
    return true;
  });
  ASSERT_TRUE(path) << path.error().message;
  EXPECT_EQ(*path, registry_.path_of("toy-whisper"));
  EXPECT_GE(waits, 2);
  EXPECT_THAT(said, HasSubstr("toy-whisper is being fetched"));
  EXPECT_FALSE(pull.stage());
}

TEST_F(BackgroundPullTest, AMissingModelIsFetchedWhenAJobWantsItWithoutAnEarlierStart) {
  hub_.open();
  BackgroundPull pull(registry_, "toy-whisper", options(), {}, kSource);
  EXPECT_TRUE(pull.find("toy-whisper", [](const std::string&) { return true; }));
}

TEST_F(BackgroundPullTest, AnyOtherModelIsMissingAtOnce) {
  BackgroundPull pull(registry_, "toy-whisper", options(), {}, kSource);
  const auto path = pull.find("large-v3", [](const std::string&) { return true; });
  ASSERT_FALSE(path);
  EXPECT_EQ(path.error().code, ErrorCode::kModelMissing);
  EXPECT_EQ(hub_.asked(), 0U);
}

TEST_F(BackgroundPullTest, OfflineAsksNobody) {
  BackgroundPull pull(registry_, "toy-whisper", options(true), {}, kSource);
  pull.start();
  const auto path = pull.find("toy-whisper", [](const std::string&) { return true; });
  ASSERT_FALSE(path);
  EXPECT_EQ(path.error().code, ErrorCode::kModelMissing);
  EXPECT_EQ(hub_.asked(), 0U);
}

TEST_F(BackgroundPullTest, AJobThatIsCancelledStopsWaitingAndTheFetchGoesOn) {
  BackgroundPull pull(registry_, "toy-whisper", options(), {}, kSource);
  const auto given_up = pull.find("toy-whisper", [](const std::string&) { return false; });
  ASSERT_FALSE(given_up);
  EXPECT_EQ(given_up.error().code, ErrorCode::kCancelled);
  hub_.open();
  EXPECT_TRUE(pull.find("toy-whisper", [](const std::string&) { return true; }));
}

TEST_F(BackgroundPullTest, AFailureIsTheJobsAndTheNextJobTriesAgain) {
  hub_.broken = true;
  std::vector<bool> ends;
  BackgroundPull pull(registry_, "toy-whisper", options(), [&ends](const auto& end) { ends.push_back(end.has_value()); }, kSource);
  const auto refused = pull.find("toy-whisper", [](const std::string&) { return true; });
  ASSERT_FALSE(refused);
  EXPECT_FALSE(refused.error().message.empty());
  hub_.broken = false;
  hub_.open();
  EXPECT_TRUE(pull.find("toy-whisper", [](const std::string&) { return true; }));
  EXPECT_EQ(ends, (std::vector{false, true}));
}

TEST_F(BackgroundPullTest, ItsEndStopsAnAttempt) {
  {
    BackgroundPull pull(registry_, "toy-whisper", options(), {}, kSource);
    pull.start();
    while (hub_.asked() < 2) std::this_thread::yield();
  }
  EXPECT_FALSE(registry_.find("toy-whisper"));
}

}  // namespace
}  // namespace zimu::models
