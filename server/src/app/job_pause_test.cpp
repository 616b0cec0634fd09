// A person's pause, on a real database.
#include <gtest/gtest.h>

#include "app/job_service.hpp"
#include "storage/test_support.hpp"

namespace zimu::app {
namespace {

using domain::JobState;
using storage::testing::must;
using std::chrono::milliseconds;

const domain::JobFailure kFull{ErrorCode::kNoSpace, "the disk is full", "free some space", true};

class Pause : public ::testing::Test {
 protected:
  Pause() { open(); }
  void open() {
    jobs_.reset();
    store_.reset();
    store_ = storage::testing::open_store(dir_.path());
    jobs_ = std::make_unique<JobService>(*store_, bus_);
    jobs_->set_cancel_hook([this](const std::string& id) { told_.push_back(id); });
  }
  std::string create() {
    domain::Media media = storage::testing::sample_media();
    media.info.duration = Milliseconds{120'000};
    EXPECT_TRUE(store_->insert_media(media));
    CreateJob request;
    request.media_id = media.id;
    return must(jobs_->create(request)).id;
  }
  std::string running() {
    const std::string id = create();
    EXPECT_EQ(claim().value_or(domain::Job{}).id, id);
    return id;
  }
  std::optional<domain::Job> claim() { return must(jobs_->claim(milliseconds(0))); }
  domain::Job job(const std::string& id) { return must(jobs_->get(id)); }

  storage::testing::TempDir dir_;
  std::unique_ptr<storage::SqliteStore> store_;
  EventBus bus_;
  std::unique_ptr<JobService> jobs_;
  std::vector<std::string> told_;
};

TEST_F(Pause, AQueuedJobWaitsAndComesBack) {
  const std::string id = create();
  const auto paused = must(jobs_->pause(id));
  EXPECT_EQ(paused.state, JobState::kPaused);
  EXPECT_FALSE(paused.failure);
  EXPECT_EQ(claim(), std::nullopt);
  EXPECT_EQ(must(jobs_->pause(id)).state, JobState::kPaused) << "twice is once";
  EXPECT_TRUE(told_.empty()) << "no worker has it";
  EXPECT_EQ(must(jobs_->resume(id)).state, JobState::kQueued);
  EXPECT_EQ(claim().value().id, id);
}

TEST_F(Pause, WhatRunsOrWaitsIsTranscribedWhatIsPausedIsNot) {
  EXPECT_FALSE(must(jobs_->transcribing()));
  const std::string id = create();
  EXPECT_TRUE(must(jobs_->transcribing()));
  must(jobs_->pause(id));
  EXPECT_FALSE(must(jobs_->transcribing()));
  must(jobs_->resume(id));
  ASSERT_TRUE(claim());
  EXPECT_TRUE(must(jobs_->transcribing()));
  ASSERT_TRUE(jobs_->pause(id, kFull));
  EXPECT_FALSE(must(jobs_->transcribing()));
  EXPECT_EQ(must(jobs_->resume_paused()), 1);
  ASSERT_TRUE(claim());
  ASSERT_TRUE(jobs_->finish(id));
  EXPECT_FALSE(must(jobs_->transcribing()));
}

TEST_F(Pause, ARunningJobLeavesItsWorkerAndGoesOnWhereItWas) {
  const std::string id = running();
  ASSERT_TRUE(jobs_->commit(id, storage::testing::sample_window(0)));
  const auto pausing = must(jobs_->pause(id));
  EXPECT_EQ(pausing.state, JobState::kRunning);
  EXPECT_EQ(pausing.stage, "pausing");
  EXPECT_TRUE(jobs_->pause_requested(id));
  EXPECT_EQ(told_, std::vector<std::string>{id});
  jobs_->progressed(id, "transcribing", Milliseconds{40'000}, Milliseconds{120'000}, 2, "cpu");
  EXPECT_EQ(job(id).stage, "pausing");
  ASSERT_TRUE(jobs_->commit(id, storage::testing::sample_window(1))) << "a window that was ready is kept";
  ASSERT_TRUE(jobs_->requeue(id)) << "how the slot gives it back";
  EXPECT_EQ(job(id).state, JobState::kPaused);
  EXPECT_FALSE(job(id).failure);
  EXPECT_EQ(must(store_->job(id)).state, JobState::kPaused);
  EXPECT_FALSE(jobs_->pause_requested(id));
  EXPECT_EQ(claim(), std::nullopt);
  ASSERT_TRUE(jobs_->resume(id));
  const auto again = claim();
  ASSERT_TRUE(again);
  EXPECT_EQ(must(jobs_->resume_point(*again)).next_window, 2);
  EXPECT_FALSE(jobs_->pause_requested(id));
}

TEST_F(Pause, RoomOnTheDiskDoesNotEndIt) {
  const std::string by_person = create();
  ASSERT_TRUE(jobs_->pause(by_person));
  const std::string by_disk = running();
  ASSERT_TRUE(jobs_->pause(by_disk, kFull));
  EXPECT_EQ(must(jobs_->resume_paused()), 1);
  EXPECT_EQ(job(by_person).state, JobState::kPaused);
  EXPECT_EQ(job(by_disk).state, JobState::kQueued);
}

TEST_F(Pause, WhatWaitsForRoomCanBePausedForGood) {
  const std::string id = running();
  ASSERT_TRUE(jobs_->pause(id, kFull));
  EXPECT_TRUE(job(id).failure);
  EXPECT_FALSE(must(jobs_->pause(id)).failure);
  EXPECT_EQ(must(jobs_->resume_paused()), 0);
  EXPECT_EQ(must(jobs_->resume(id)).state, JobState::kQueued);
}

TEST_F(Pause, ResumedByAPersonWithoutRoomToo) {
  const std::string id = running();
  ASSERT_TRUE(jobs_->pause(id, kFull));
  const auto resumed = must(jobs_->resume(id));
  EXPECT_EQ(resumed.state, JobState::kQueued);
  EXPECT_FALSE(resumed.failure);
}

TEST_F(Pause, SurvivesARestart) {
  const std::string waiting = running();
  const std::string cut_short = create();
  ASSERT_TRUE(jobs_->pause(cut_short));
  ASSERT_TRUE(jobs_->resume(cut_short));
  EXPECT_EQ(claim().value().id, cut_short);
  ASSERT_TRUE(jobs_->pause(cut_short)) << "and the server dies before the worker has left it";
  ASSERT_TRUE(jobs_->pause(waiting));
  ASSERT_TRUE(jobs_->requeue(waiting));
  open();
  ASSERT_TRUE(jobs_->recover());
  EXPECT_EQ(job(waiting).state, JobState::kPaused);
  EXPECT_EQ(job(cut_short).state, JobState::kPaused);
  EXPECT_EQ(must(jobs_->resume_paused()), 0);
  EXPECT_EQ(claim(), std::nullopt);
}

TEST_F(Pause, TakenBackBeforeTheWorkerLeftIt) {
  const std::string id = running();
  ASSERT_TRUE(jobs_->pause(id));
  const auto job = must(jobs_->resume(id));
  EXPECT_EQ(job.state, JobState::kRunning);
  EXPECT_FALSE(jobs_->pause_requested(id));
  ASSERT_TRUE(jobs_->requeue(id)) << "the slot had begun to stop it";
  EXPECT_EQ(claim().value().id, id);
}

TEST_F(Pause, CancelledGoesBeforePaused) {
  const std::string id = running();
  ASSERT_TRUE(jobs_->pause(id));
  ASSERT_TRUE(jobs_->cancel(id));
  EXPECT_EQ(jobs_->pause(id).error().code, ErrorCode::kConflict);
  EXPECT_EQ(jobs_->resume(id).error().code, ErrorCode::kConflict);
  ASSERT_TRUE(jobs_->requeue(id));
  EXPECT_EQ(job(id).state, JobState::kCancelled);
  const std::string waiting = create();
  ASSERT_TRUE(jobs_->pause(waiting));
  EXPECT_EQ(must(jobs_->cancel(waiting)).state, JobState::kCancelled);
}

TEST_F(Pause, FinishedIsFinished) {
  const std::string id = running();
  ASSERT_TRUE(jobs_->pause(id));
  ASSERT_TRUE(jobs_->finish(id));
  EXPECT_EQ(job(id).state, JobState::kDone);
  EXPECT_EQ(jobs_->pause(id).error().code, ErrorCode::kConflict);
  EXPECT_EQ(jobs_->resume(id).error().code, ErrorCode::kConflict);
  EXPECT_EQ(jobs_->resume(create()).error().code, ErrorCode::kConflict) << "what is queued is not paused";
  EXPECT_EQ(jobs_->pause(new_uuid()).error().code, ErrorCode::kNotFound);
  EXPECT_EQ(jobs_->resume(new_uuid()).error().code, ErrorCode::kNotFound);
}

}  // namespace
}  // namespace zimu::app
