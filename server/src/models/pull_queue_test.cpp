// Models on their way while the server works, from a local server that plays a Hugging Face hub.
#include "models/pull_queue.hpp"

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
const std::string kFiles = "/resolve/0123456789abcdef0123456789abcdef01234567/";

/// A hub whose every repository holds one small model; `gate` holds the weights back until the test lets them go.
class SlowHub {
 public:
  SlowHub() : server_([this](const Seen& seen) { return answer(seen); }) {}
  ~SlowHub() { open(); }
  void open() {
    if (!opened_.exchange(true)) gate_.set_value();
  }
  std::string url() const { return server_.url(); }
  std::size_t asked() const { return server_.seen().size(); }

  std::vector<Seen> seen() const { return server_.seen(); }

  std::atomic<bool> broken = false;
  std::atomic<bool> wrong_hash = false;
  std::atomic<int> cuts = 0;  ///< so many answers with weights break off in the middle

 private:
  Reply answer(const Seen& seen) {
    if (broken) return {.status = 403};
    if (seen.path.starts_with("/api/models/")) {
      return {.body = R"({"sha":"0123456789abcdef0123456789abcdef01234567","siblings":[)"
                      R"({"rfilename":"model.bin"},{"rfilename":"vocabulary.txt"}]})"};
    }
    if (seen.path.ends_with(kFiles + "vocabulary.txt")) return ranged(seen, testing::vocabulary_txt(), {});
    if (!seen.path.ends_with(kFiles + "model.bin")) return {.status = 404};
    if (cuts > 0) {
      --cuts;
      Reply reply = ranged(seen, weights_, {});
      reply.cut_after = reply.body.size() / 2;
      return reply;
    }
    if (wrong_hash) return {.headers = {fmt::format("X-Linked-Etag: \"{}\"", std::string(64, 'a'))}, .body = weights_};
    opened_future_.wait();
    return ranged(seen, weights_, {});
  }

  const std::string weights_ = testing::ct2_bytes(testing::random_weights());
  std::promise<void> gate_;
  std::shared_future<void> opened_future_ = gate_.get_future().share();  // the server's threads wait on it together
  std::atomic<bool> opened_ = false;
  LocalServer server_;
};

class PullQueueTest : public ::testing::Test {
 protected:
  using Queue = std::unique_ptr<PullQueue>;

  /// "toy-whisper" is the default; "other-N" are more.
  Queue make(bool offline = false) {
    PullQueue::Options options;
    options.pull = {.hf_endpoint = hub_.url(), .hf_token = "", .offline = offline};
    options.default_model = "toy-whisper";
    options.sources["toy-whisper"] = kSource;
    for (std::size_t i = 0; i <= PullQueue::kMaxWaiting; ++i)
      options.sources[other(i)] = "somebody/" + other(i);
    options.on_change = [this](const PullStatus& status) {
      const std::scoped_lock lock(mutex_);
      told_.push_back(status);
    };
    return std::make_unique<PullQueue>(registry_, options);
  }
  static std::string other(std::size_t i) { return fmt::format("other-{}", i); }

  /// Waits until that was told of the model; fails the test after 20 s.
  PullStatus wait_for(const std::string& name, PullState state) {
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    while (std::chrono::steady_clock::now() < end) {
      {
        const std::scoped_lock lock(mutex_);
        for (const auto& status : told_) {
          if (status.name == name && status.state == state) return status;
        }
      }
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
    ADD_FAILURE() << name << " never came to state " << static_cast<int>(state);
    return {};
  }
  void wait_for_download() {
    while (hub_.asked() < 3) std::this_thread::yield();  // the list, the vocabulary, the weights
  }
  static Result<std::filesystem::path> find(PullQueue& queue, const std::string& name = "toy-whisper") {
    return queue.find(name, [](const std::string&) { return true; });
  }

  testing::TempFolder folder_;
  Registry registry_{folder_ / "models"};
  SlowHub hub_;
  std::mutex mutex_;
  std::vector<PullStatus> told_;
};

TEST_F(PullQueueTest, WhatIsToldIsToldInItsOrder) {
  PullQueue::Options options;
  options.pull = {.hf_endpoint = hub_.url(), .hf_token = "", .offline = false};
  options.default_model = "toy-whisper";
  options.sources["toy-whisper"] = kSource;
  options.sources["absent"] = "not a name";  // fails at once
  options.on_change = [this](const PullStatus& status) {
    // Whoever hears of the wait late must not hear of it last.
    if (status.state == PullState::kWaiting) std::this_thread::sleep_for(std::chrono::milliseconds(200));
    const std::scoped_lock lock(mutex_);
    told_.push_back(status);
  };
  hub_.open();
  PullQueue queue(registry_, options);
  queue.start();
  ASSERT_TRUE(find(queue));
  EXPECT_EQ(queue.request("absent").value().state, PullState::kWaiting);
  wait_for("absent", PullState::kFailed);
  queue.stop();
  std::vector<PullState> states;
  for (const auto& status : told_) {
    if (status.name == "absent") states.push_back(status.state);
  }
  EXPECT_EQ(states, (std::vector{PullState::kWaiting, PullState::kRunning, PullState::kFailed}));
}

TEST_F(PullQueueTest, AJobWaitsAndGetsThePath) {
  const auto queue = make();
  queue->start();
  EXPECT_TRUE(queue->stage());
  int waits = 0;
  std::string said;
  const auto path = queue->find("toy-whisper", [&](const std::string& stage) {
    said = stage;
    if (++waits == 2) hub_.open();
    return true;
  });
  ASSERT_TRUE(path) << path.error().message;
  EXPECT_EQ(*path, registry_.path_of("toy-whisper"));
  EXPECT_GE(waits, 2);
  EXPECT_THAT(said, HasSubstr("the model toy-whisper"));
  EXPECT_FALSE(queue->stage());
  EXPECT_EQ(wait_for("toy-whisper", PullState::kInstalled).share, 1);
}

TEST_F(PullQueueTest, AMissingModelIsFetchedWhenAJobWantsItWithoutAnEarlierStart) {
  hub_.open();
  EXPECT_TRUE(find(*make()));
}

TEST_F(PullQueueTest, AnyOtherModelIsMissingAtOnce) {
  const auto path = find(*make(), "large-v3");
  ASSERT_FALSE(path);
  EXPECT_EQ(path.error().code, ErrorCode::kModelMissing);
  EXPECT_EQ(path.error().action, "zimu models pull large-v3");
  EXPECT_EQ(hub_.asked(), 0U);
}

TEST_F(PullQueueTest, AJobForAModelThatIsOnItsWayIsToldSo) {
  const auto queue = make();
  ASSERT_TRUE(queue->request(other(0)));
  const auto path = find(*queue, other(0));
  ASSERT_FALSE(path);
  EXPECT_EQ(path.error().code, ErrorCode::kModelMissing);
  EXPECT_THAT(path.error().message, HasSubstr("not here yet"));
}

TEST_F(PullQueueTest, OfflineAsksNobody) {
  const auto queue = make(true);
  queue->start();
  const auto path = find(*queue);
  ASSERT_FALSE(path);
  EXPECT_EQ(path.error().code, ErrorCode::kModelMissing);
  const auto asked = queue->request(other(0));
  ASSERT_FALSE(asked);
  EXPECT_EQ(asked.error().code, ErrorCode::kConflict);
  EXPECT_THAT(asked.error().message, HasSubstr("HF_HUB_OFFLINE"));
  EXPECT_TRUE(queue->list().empty());
  EXPECT_EQ(hub_.asked(), 0U);
}

TEST_F(PullQueueTest, AJobThatIsCancelledStopsWaitingAndTheFetchGoesOn) {
  const auto queue = make();
  const auto given_up = queue->find("toy-whisper", [](const std::string&) { return false; });
  ASSERT_FALSE(given_up);
  EXPECT_EQ(given_up.error().code, ErrorCode::kCancelled);
  hub_.open();
  EXPECT_TRUE(find(*queue));
}

TEST_F(PullQueueTest, AFailureIsTheJobsAndTheNextJobTriesAgain) {
  hub_.broken = true;
  const auto queue = make();
  const auto refused = find(*queue);
  ASSERT_FALSE(refused);
  EXPECT_FALSE(refused.error().message.empty());
  hub_.broken = false;
  hub_.open();
  EXPECT_TRUE(find(*queue));
  EXPECT_TRUE(queue->list().empty()) << "the failure is forgotten";
}

TEST_F(PullQueueTest, ItsEndStopsAnAttempt) {
  {
    const auto queue = make();
    queue->start();
    while (hub_.asked() < 2) std::this_thread::yield();
  }
  EXPECT_FALSE(registry_.find("toy-whisper"));
}

TEST_F(PullQueueTest, OneAfterTheOtherAndTheDefaultFirst) {
  const auto queue = make();
  ASSERT_TRUE(queue->request(other(0)));
  wait_for_download();
  ASSERT_TRUE(queue->request(other(1)));
  ASSERT_TRUE(queue->request(other(1))) << "asked twice is asked once";
  queue->start();
  const auto list = queue->list();
  ASSERT_EQ(list.size(), 3U);
  EXPECT_EQ(list[0].name, other(0));
  EXPECT_EQ(list[0].state, PullState::kRunning);
  EXPECT_EQ(list[1].name, "toy-whisper");
  EXPECT_EQ(list[2].name, other(1));
  EXPECT_EQ(list[2].state, PullState::kWaiting);
  hub_.open();
  for (const std::string& name : {other(0), other(1), std::string("toy-whisper")}) {
    wait_for(name, PullState::kInstalled);
    EXPECT_TRUE(registry_.find(name));
  }
  EXPECT_TRUE(queue->list().empty());
}

TEST_F(PullQueueTest, ProgressGrowsToOne) {
  hub_.cuts = 1;
  hub_.open();
  const auto queue = make();
  ASSERT_TRUE(queue->request(other(0)));
  wait_for(other(0), PullState::kInstalled);
  const std::scoped_lock lock(mutex_);
  double last = 0;
  int between = 0;
  for (const auto& status : told_) {
    EXPECT_GE(status.share, last);
    last = status.share;
    if (last > 0 && last < 1) ++between;
  }
  EXPECT_EQ(last, 1);
  EXPECT_GT(between, 0);
}

TEST_F(PullQueueTest, RefusesWhatItCannotDo) {
  const auto queue = make();
  const auto unknown = queue->request("nothing-like-it");
  ASSERT_FALSE(unknown);
  EXPECT_EQ(unknown.error().code, ErrorCode::kNotFound);
  for (std::size_t i = 0; i < PullQueue::kMaxWaiting; ++i) {
    ASSERT_TRUE(queue->request(other(i)));
    if (i == 0) wait_for(other(0), PullState::kRunning);
  }
  ASSERT_TRUE(queue->request("toy-whisper"));
  const auto full = queue->request(other(PullQueue::kMaxWaiting));
  ASSERT_FALSE(full);
  EXPECT_EQ(full.error().code, ErrorCode::kConflict);
  EXPECT_THAT(full.error().message, HasSubstr("8 models wait"));
}

TEST_F(PullQueueTest, AnInstalledModelIsNotFetchedAgain) {
  hub_.open();
  const auto queue = make();
  ASSERT_TRUE(find(*queue));
  const auto again = queue->request("toy-whisper");
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().code, ErrorCode::kConflict);
}

TEST_F(PullQueueTest, CancelDropsWhatHasCome) {
  const auto queue = make();
  hub_.cuts = 1;  // half of the weights are there, the rest waits
  ASSERT_TRUE(queue->request(other(0)));
  while (hub_.asked() < 4) std::this_thread::yield();
  ASSERT_TRUE(queue->request(other(1)));
  EXPECT_TRUE(std::filesystem::exists(folder_ / "models" / ".downloads" / other(0)));
  ASSERT_TRUE(queue->cancel(other(1))) << "one that waits";
  ASSERT_TRUE(queue->cancel(other(0))) << "the one that runs";
  wait_for(other(1), PullState::kCancelled);
  wait_for(other(0), PullState::kCancelled);
  EXPECT_TRUE(queue->list().empty());
  EXPECT_FALSE(std::filesystem::exists(folder_ / "models" / ".downloads" / other(0)));
  const auto none = queue->cancel(other(0));
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().code, ErrorCode::kNotFound);
}

TEST_F(PullQueueTest, AWrongHashIsNamedAndCanBeTriedAgain) {
  hub_.wrong_hash = true;
  const auto queue = make();
  ASSERT_TRUE(queue->request(other(0)));
  const auto failed = wait_for(other(0), PullState::kFailed);
  ASSERT_TRUE(failed.failure);
  EXPECT_EQ(failed.failure->code, ErrorCode::kModelInvalid);
  EXPECT_THAT(failed.failure->message, HasSubstr("SHA-256"));
  EXPECT_FALSE(failed.failure->action.empty());
  ASSERT_EQ(queue->list().size(), 1U);
  EXPECT_EQ(queue->list()[0].state, PullState::kFailed);
  hub_.wrong_hash = false;
  hub_.open();
  ASSERT_TRUE(queue->request(other(0)));
  wait_for(other(0), PullState::kInstalled);
  EXPECT_TRUE(queue->list().empty());
}

TEST_F(PullQueueTest, TheNextRunGoesOnWhereThisOneEnded) {
  hub_.cuts = 1;
  {
    const auto queue = make();
    ASSERT_TRUE(queue->request(other(0)));
    while (hub_.asked() < 4) std::this_thread::yield();
    ASSERT_TRUE(queue->request(other(1)));
  }
  hub_.open();
  told_.clear();
  const auto asked = hub_.asked();
  const auto queue = make();
  queue->start();
  wait_for(other(1), PullState::kInstalled);
  EXPECT_TRUE(registry_.find(other(0)));
  const auto seen = hub_.seen();
  bool resumed = false;
  for (std::size_t i = asked; i < seen.size(); ++i)
    resumed = resumed || (seen[i].path.starts_with("/somebody/" + other(0) + "/") && seen[i].headers.contains("range"));
  EXPECT_TRUE(resumed) << "from the byte where it was";
}

TEST_F(PullQueueTest, WhatIsBeingFetchedIsNotRemoved) {
  const auto queue = make();
  ASSERT_TRUE(queue->request(other(0)));
  const auto removed = queue->remove(other(0));
  ASSERT_FALSE(removed);
  EXPECT_EQ(removed.error().code, ErrorCode::kConflict);
  hub_.open();
  wait_for(other(0), PullState::kInstalled);
  EXPECT_TRUE(queue->remove(other(0)));
  EXPECT_FALSE(registry_.find(other(0)));
}

TEST(ModelCatalog, TellsSizesAndLanguages) {
  std::map<std::string, CatalogModel> models;
  for (const auto& model : model_catalog()) models[model.name] = model;
  EXPECT_EQ(models.at("base").download_bytes, 145217532U);
  EXPECT_TRUE(models.at("large-v3-turbo").multilingual);
  EXPECT_FALSE(models.at("tiny.en").multilingual);
  EXPECT_FALSE(models.at("distil-large-v3").multilingual);
  EXPECT_FALSE(models.contains("turbo")) << "the same model as large-v3-turbo";
}

}  // namespace
}  // namespace zimu::models
