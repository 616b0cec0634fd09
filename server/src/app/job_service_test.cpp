// The queue and the life of jobs, on a real database.
#include "app/job_service.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <functional>
#include <future>
#include <map>
#include <thread>

#include "storage/test_support.hpp"

namespace zimu::app {
namespace {

using domain::Job;
using domain::JobState;
using storage::testing::must;
using storage::testing::sample_media;
using storage::testing::sample_window;
using storage::testing::TempDir;
using std::chrono::milliseconds;

constexpr std::array kAll{JobState::kQueued, JobState::kRunning, JobState::kPaused,
                          JobState::kDone,   JobState::kFailed,  JobState::kCancelled};
const domain::JobFailure kBroken{ErrorCode::kBadMedia, "it broke", "mend it", false};
const domain::JobFailure kFull{ErrorCode::kNoSpace, "the disk is full", "free some space", true};

class Jobs : public ::testing::Test {
 protected:
  void SetUp() override { open(); }
  void open() {
    jobs_.reset();
    bus_.reset();
    store_.reset();
    store_ = storage::testing::open_store(dir_.path());
    bus_ = std::make_unique<EventBus>();
    jobs_ = std::make_unique<JobService>(*store_, *bus_);
  }
  domain::Media add_media() {
    domain::Media media = sample_media();
    media.state = domain::MediaState::kReady;
    media.info.duration = Milliseconds{120'000};
    EXPECT_TRUE(store_->insert_media(media));
    return media;
  }
  Job create(const std::string& media_id, int priority = 0) {
    CreateJob request;
    request.media_id = media_id;
    request.priority = priority;
    return must(jobs_->create(request));
  }
  Job create() { return create(add_media().id); }
  std::optional<Job> claim() { return must(jobs_->claim(milliseconds(0))); }
  /// A new job that came into this state as jobs do.
  std::string job_in(JobState state) {
    const std::string id = create().id;
    if (state == JobState::kQueued) return id;
    EXPECT_EQ(claim().value().id, id);
    Result<> ended;
    if (state == JobState::kPaused) ended = jobs_->pause(id, kFull);
    if (state == JobState::kDone) ended = jobs_->finish(id);
    if (state == JobState::kFailed) ended = jobs_->fail(id, kBroken);
    if (state == JobState::kCancelled) ended = jobs_->cancelled(id);
    EXPECT_TRUE(ended);
    EXPECT_EQ(must(jobs_->get(id)).state, state);
    return id;
  }
  template <class Payload>
  int events_since(std::uint64_t id) const {
    int count = 0;
    for (const BusEvent& event : bus_->read_after(id, EventBus::kKept).events) {
      count += std::holds_alternative<Payload>(event.payload) ? 1 : 0;
    }
    return count;
  }

  TempDir dir_;
  std::unique_ptr<storage::SqliteStore> store_;
  std::unique_ptr<EventBus> bus_;
  std::unique_ptr<JobService> jobs_;
};

TEST_F(Jobs, CreateMakesTheJobAndItsEmptyTranscript) {
  const auto media = add_media();
  CreateJob request;
  request.media_id = media.id;
  request.priority = 7;
  request.options.language = "zh";
  request.options.task = domain::Task::kTranslate;
  const auto before = bus_->last_id();
  const Job job = must(jobs_->create(request));
  EXPECT_EQ(job.state, JobState::kQueued);
  EXPECT_EQ(job.stage, "queued");
  EXPECT_EQ(job.priority, 7);
  EXPECT_EQ(job.duration, Milliseconds{120'000});
  EXPECT_EQ(job.attempts, 0);
  EXPECT_EQ(must(store_->job(job.id)).options.language, "zh");
  const auto transcript = must(jobs_->transcript(job.transcript_id, true));
  EXPECT_EQ(transcript.title, media.title);
  EXPECT_EQ(transcript.job_id, job.id);
  EXPECT_EQ(transcript.task, domain::Task::kTranslate);
  EXPECT_EQ(transcript.language, "zh");
  EXPECT_EQ(transcript.language_probability, 1.0F);
  EXPECT_TRUE(transcript.segments.empty());
  EXPECT_FALSE(transcript.complete);
  EXPECT_EQ(events_since<Job>(before), 1);
  EXPECT_EQ(events_since<domain::Transcript>(before), 1);
}

TEST_F(Jobs, CreateRefusesWhatCannotWork) {
  auto media = add_media();
  const auto refused = [&](auto edit) {
    CreateJob request;
    request.media_id = media.id;
    edit(request);
    const auto job = jobs_->create(request);
    return job ? ErrorCode::kInternal : job.error().code;
  };
  EXPECT_EQ(refused([](CreateJob& r) { r.options.language = "klingon"; }), ErrorCode::kInvalidArgument);
  EXPECT_EQ(refused([](CreateJob& r) { r.priority = 101; }), ErrorCode::kInvalidArgument);
  EXPECT_EQ(refused([](CreateJob& r) { r.priority = -101; }), ErrorCode::kInvalidArgument);
  EXPECT_EQ(refused([](CreateJob& r) { r.media_id = new_uuid(); }), ErrorCode::kNotFound);
  EXPECT_EQ(refused([](CreateJob& r) { r.media_id = "../x"; }), ErrorCode::kInvalidArgument);
  media.state = domain::MediaState::kUnreadable;
  media.problem = "damaged";
  ASSERT_TRUE(store_->update_media(media));
  EXPECT_EQ(refused([](CreateJob&) {}), ErrorCode::kBadMedia);
  EXPECT_TRUE(must(jobs_->list({})).items.empty());
}

TEST_F(Jobs, AreClaimedByPriorityThenByAge) {
  const std::string media = add_media().id;
  const auto first = create(media).id;
  const auto second = create(media).id;
  const auto urgent = create(media, 5).id;
  const auto later = create(media, -5).id;
  ASSERT_TRUE(jobs_->set_priority(second, 1));
  std::vector<std::string> order;
  while (const auto job = claim()) {
    EXPECT_EQ(job->state, JobState::kRunning);
    EXPECT_EQ(job->stage, "loading");
    EXPECT_EQ(job->attempts, 1);
    EXPECT_TRUE(job->started_at.has_value());
    EXPECT_EQ(must(store_->job(job->id)).state, JobState::kRunning) << "on disk before it is told";
    order.push_back(job->id);
  }
  EXPECT_EQ(order, (std::vector<std::string>{urgent, second, first, later}));
}

TEST_F(Jobs, AWaitingClaimIsWokenByANewJobAndByWake) {
  const std::string media = add_media().id;
  auto waiting = std::async(std::launch::async, [&] { return must(jobs_->claim(std::chrono::minutes(5))); });
  const std::string id = create(media).id;
  EXPECT_EQ(waiting.get().value().id, id);

  std::promise<void> begun;
  auto stopped = std::async(std::launch::async, [&] {
    begun.set_value();
    return must(jobs_->claim(std::chrono::minutes(5)));
  });
  begun.get_future().wait();
  // It may not be asleep yet: `wake` ends the waits of its moment only.
  while (stopped.wait_for(milliseconds(5)) != std::future_status::ready) jobs_->wake();
  EXPECT_EQ(stopped.get(), std::nullopt);
}

TEST_F(Jobs, EveryCallInEveryState) {
  using Call = std::function<Result<>(JobService&, const std::string&)>;
  using enum JobState;
  struct Row {
    const char* name;
    Call call;
    std::map<JobState, JobState> allowed;  ///< state before → after; anything else is kConflict
  };
  const auto done = [](const auto& result) -> Result<> {
    if (!result) return std::unexpected(result.error());
    return {};
  };
  const std::vector<Row> rows{
      {"commit", [](auto& jobs, const auto& id) { return jobs.commit(id, sample_window(0)); }, {{kRunning, kRunning}}},
      {"finish", [](auto& jobs, const auto& id) { return jobs.finish(id); }, {{kRunning, kDone}}},
      {"fail", [](auto& jobs, const auto& id) { return jobs.fail(id, kBroken); }, {{kRunning, kFailed}}},
      {"pause", [](auto& jobs, const auto& id) { return jobs.pause(id, kFull); }, {{kRunning, kPaused}}},
      {"requeue", [](auto& jobs, const auto& id) { return jobs.requeue(id); }, {{kRunning, kQueued}}},
      {"cancelled", [](auto& jobs, const auto& id) { return jobs.cancelled(id); }, {{kRunning, kCancelled}}},
      {"cancel", [&](auto& jobs, const auto& id) { return done(jobs.cancel(id)); },
       {{kQueued, kCancelled}, {kPaused, kCancelled}, {kRunning, kRunning}}},
      {"retry", [&](auto& jobs, const auto& id) { return done(jobs.retry(id)); },
       {{kFailed, kQueued}, {kCancelled, kQueued}}},
      {"set_priority", [&](auto& jobs, const auto& id) { return done(jobs.set_priority(id, 3)); },
       {{kQueued, kQueued}, {kRunning, kRunning}, {kPaused, kPaused}}}};
  for (const Row& row : rows) {
    for (const JobState before : kAll) {
      const std::string id = job_in(before);
      const Job was = must(store_->job(id));
      const auto result = row.call(*jobs_, id);
      const auto allowed = row.allowed.find(before);
      const auto where = std::string(row.name) + " in " + std::string(domain::job_state_name(before));
      EXPECT_EQ(result.has_value(), allowed != row.allowed.end()) << where;
      if (!result) {
        EXPECT_EQ(result.error().code, ErrorCode::kConflict) << where;
        EXPECT_EQ(must(store_->job(id)).updated_at, was.updated_at) << where;
      }
      const JobState after = allowed != row.allowed.end() ? allowed->second : before;
      EXPECT_EQ(must(jobs_->get(id)).state, after) << where;
      EXPECT_EQ(must(store_->job(id)).state, after) << where;
      EXPECT_EQ(must(store_->job(id)).finished_at.has_value(), domain::is_final(after)) << where;
      // So that the next job is the one that is claimed.
      static_cast<void>(jobs_->cancel(id));
      static_cast<void>(jobs_->cancelled(id));
    }
  }
}

TEST_F(Jobs, OnlyEndedJobsAreRemovedAndTheirTranscriptStays) {
  for (const JobState state : kAll) {
    const std::string id = job_in(state);
    const std::string transcript = must(jobs_->get(id)).transcript_id;
    const auto before = bus_->last_id();
    const auto removed = jobs_->remove(id);
    EXPECT_EQ(removed.has_value(), domain::is_final(state)) << domain::job_state_name(state);
    EXPECT_EQ(jobs_->get(id).has_value(), !domain::is_final(state));
    EXPECT_EQ(events_since<JobRemoved>(before), domain::is_final(state) ? 1 : 0);
    EXPECT_TRUE(jobs_->transcript(transcript, true));
    static_cast<void>(jobs_->cancel(id));
    static_cast<void>(jobs_->cancelled(id));
  }
}

TEST_F(Jobs, UnknownIdsAreNotFoundAndMalformedOnesRefused) {
  for (const std::string& id : {new_uuid(), std::string("../../x"), std::string()}) {
    const auto expected = is_uuid(id) ? ErrorCode::kNotFound : ErrorCode::kInvalidArgument;
    for (const Result<>& result :
         {jobs_->commit(id, sample_window(0)), jobs_->finish(id), jobs_->fail(id, kBroken), jobs_->pause(id, kFull),
          jobs_->requeue(id), jobs_->cancelled(id), jobs_->remove(id), jobs_->language_found(id, "en", 1),
          jobs_->media_found(id, {"wav", Milliseconds{1}, {}, false, {}})}) {
      ASSERT_FALSE(result);
      EXPECT_EQ(result.error().code, expected);
    }
    EXPECT_EQ(jobs_->cancel(id).error().code, expected);
    EXPECT_EQ(jobs_->retry(id).error().code, expected);
    EXPECT_EQ(jobs_->set_priority(id, 0).error().code, expected);
    EXPECT_FALSE(jobs_->cancel_requested(id));
    jobs_->progressed(id, "x", {}, {}, 1, "cpu");
    jobs_->cancel_all_of(id);
  }
}

TEST_F(Jobs, CommitStoresTheWindowAndMovesTheResumePoint) {
  const Job job = create();
  ASSERT_TRUE(claim());
  const auto before = bus_->last_id();
  ASSERT_TRUE(jobs_->commit(job.id, sample_window(0)));
  ASSERT_TRUE(jobs_->commit(job.id, sample_window(1)));
  EXPECT_EQ(events_since<SegmentAdded>(before), 4);
  const Job now = must(store_->job(job.id));
  EXPECT_EQ(now.processed, Milliseconds{60'000});
  EXPECT_DOUBLE_EQ(now.progress, 0.5);
  const auto point = must(jobs_->resume_point(now));
  EXPECT_EQ(point.at, Milliseconds{60'000});
  EXPECT_EQ(point.next_window, 2);
  EXPECT_EQ(point.next_segment, 4);
  EXPECT_EQ(must(jobs_->windows(job.transcript_id)).size(), 2U);
}

TEST_F(Jobs, AReplayedWindowChangesNothing) {
  const Job job = create();
  ASSERT_TRUE(claim());
  ASSERT_TRUE(jobs_->commit(job.id, sample_window(0)));
  ASSERT_TRUE(jobs_->commit(job.id, sample_window(1)));
  const auto before = bus_->last_id();
  auto replay = sample_window(0);
  for (auto& segment : replay.segments) segment.text = "another text";
  EXPECT_TRUE(jobs_->commit(job.id, replay));
  EXPECT_EQ(bus_->last_id(), before) << "nobody is told";
  const auto segments = must(jobs_->transcript(job.transcript_id, true)).segments;
  ASSERT_EQ(segments.size(), 4U);
  for (const auto& segment : segments) EXPECT_EQ(segment.text, "one two 三");
  EXPECT_EQ(must(store_->job(job.id)).processed, Milliseconds{60'000});
}

TEST_F(Jobs, AWindowThatMakesNoSenseIsRefusedWhole) {
  const Job job = create();
  ASSERT_TRUE(claim());
  ASSERT_TRUE(jobs_->commit(job.id, sample_window(0)));
  auto backwards = sample_window(1);
  std::swap(backwards.start, backwards.end);
  EXPECT_EQ(jobs_->commit(job.id, backwards).error().code, ErrorCode::kProtocol);
  auto stolen = sample_window(1);
  stolen.segments[1].index = 0;  // of window 0
  EXPECT_EQ(jobs_->commit(job.id, stolen).error().code, ErrorCode::kProtocol);
  EXPECT_EQ(must(jobs_->windows(job.transcript_id)).size(), 1U);
  EXPECT_EQ(must(jobs_->transcript(job.transcript_id, true)).segments.size(), 2U);
  EXPECT_EQ(must(jobs_->get(job.id)).processed, Milliseconds{30'000});
  EXPECT_TRUE(jobs_->commit(job.id, sample_window(1))) << "the right one is still welcome";
}

TEST_F(Jobs, GoOnAfterARestartFromTheLastCommittedWindow) {
  const Job job = create();
  ASSERT_TRUE(claim());
  ASSERT_TRUE(jobs_->language_found(job.id, "zh", 0.875F));
  ASSERT_TRUE(jobs_->commit(job.id, sample_window(0)));
  const auto started = must(store_->job(job.id)).started_at;
  open();  // as after kill -9: the row says running
  EXPECT_EQ(must(jobs_->get(job.id)).state, JobState::kRunning);
  EXPECT_EQ(claim(), std::nullopt) << "not before recovery";
  ASSERT_TRUE(jobs_->recover());
  EXPECT_EQ(must(jobs_->get(job.id)).state, JobState::kQueued);
  EXPECT_DOUBLE_EQ(must(jobs_->get(job.id)).progress, 0.25);

  const auto again = claim();
  ASSERT_TRUE(again);
  EXPECT_EQ(again->attempts, 2);
  EXPECT_EQ(again->started_at, started);
  const auto point = must(jobs_->resume_point(*again));
  EXPECT_EQ(point.at, Milliseconds{30'000});
  EXPECT_EQ(point.next_window, 1);
  EXPECT_EQ(point.next_segment, 2);
  EXPECT_EQ(point.language, "zh");
  EXPECT_EQ(point.language_probability, 0.875F);
  EXPECT_TRUE(jobs_->commit(job.id, sample_window(0))) << "a replay";
  for (std::int64_t i = 1; i < 4; ++i) ASSERT_TRUE(jobs_->commit(job.id, sample_window(i)));
  ASSERT_TRUE(jobs_->finish(job.id));
  const auto transcript = must(jobs_->transcript(job.transcript_id, true));
  EXPECT_TRUE(transcript.complete);
  ASSERT_EQ(transcript.segments.size(), 8U);
  for (std::size_t i = 0; i < 8; ++i) EXPECT_EQ(transcript.segments[i].index, static_cast<std::int64_t>(i));
  EXPECT_DOUBLE_EQ(must(jobs_->get(job.id)).progress, 1.0);
}

TEST_F(Jobs, RecoverLeavesOtherStatesAlone) {
  std::map<std::string, JobState> made;
  for (const JobState state : {JobState::kPaused, JobState::kDone, JobState::kFailed, JobState::kCancelled,
                               JobState::kQueued}) {
    made[job_in(state)] = state;
  }
  open();
  ASSERT_TRUE(jobs_->recover());
  for (const auto& [id, state] : made) EXPECT_EQ(must(jobs_->get(id)).state, state);
}

TEST_F(Jobs, ACrashBetweenTranscriptAndJobFinishesOnceMore) {
  const Job job = create();
  ASSERT_TRUE(claim());
  ASSERT_TRUE(jobs_->commit(job.id, sample_window(0)));
  // What `finish` writes first.
  auto transcript = must(store_->transcript(job.transcript_id, false));
  transcript.complete = true;
  ASSERT_TRUE(store_->update_transcript(transcript));
  open();
  ASSERT_TRUE(jobs_->recover());
  ASSERT_TRUE(claim());
  ASSERT_TRUE(jobs_->finish(job.id));
  EXPECT_EQ(must(jobs_->get(job.id)).state, JobState::kDone);
  EXPECT_EQ(must(jobs_->transcript(job.transcript_id, true)).segments.size(), 2U);
}

TEST_F(Jobs, RetryKeepsTheWindowsAndForgetsTheFailure) {
  const Job job = create();
  ASSERT_TRUE(claim());
  ASSERT_TRUE(jobs_->commit(job.id, sample_window(0)));
  ASSERT_TRUE(jobs_->fail(job.id, kBroken));
  const Job failed = must(jobs_->get(job.id));
  ASSERT_TRUE(failed.failure);
  EXPECT_EQ(failed.failure->code, ErrorCode::kBadMedia);
  EXPECT_EQ(failed.failure->action, "mend it");
  EXPECT_EQ(must(jobs_->transcript(job.transcript_id, true)).segments.size(), 2U) << "the text is kept";

  const Job queued = must(jobs_->retry(job.id));
  EXPECT_FALSE(queued.failure);
  EXPECT_FALSE(queued.finished_at);
  EXPECT_DOUBLE_EQ(queued.progress, 0.25);
  EXPECT_EQ(must(jobs_->resume_point(claim().value())).next_window, 1);
  EXPECT_TRUE(jobs_->commit(job.id, sample_window(1)));
}

TEST_F(Jobs, CancellingARunningJobAsksItsSlot) {
  const std::string id = job_in(JobState::kRunning);
  std::string asked;
  jobs_->set_cancel_hook([&](const std::string& job) {
    asked = job;
    EXPECT_TRUE(jobs_->cancel_requested(job)) << "the hook may call the service";
  });
  const Job job = must(jobs_->cancel(id));
  EXPECT_EQ(asked, id);
  EXPECT_EQ(job.state, JobState::kRunning);
  EXPECT_EQ(job.stage, "cancelling");
  jobs_->progressed(id, "transcribing", Milliseconds{1000}, Milliseconds{120'000}, 3, "cpu");
  EXPECT_EQ(must(jobs_->get(id)).stage, "cancelling");
  EXPECT_TRUE(jobs_->commit(id, sample_window(0))) << "what is finished meanwhile is kept";
  ASSERT_TRUE(jobs_->cancelled(id));
  EXPECT_EQ(must(jobs_->get(id)).state, JobState::kCancelled);
  EXPECT_FALSE(jobs_->cancel_requested(id));
}

TEST_F(Jobs, AnAskedCancellationWinsUnlessTheJobIsDone) {
  for (int how = 0; how < 4; ++how) {
    const std::string id = job_in(JobState::kRunning);
    ASSERT_TRUE(jobs_->cancel(id));
    const auto ended = how == 0   ? jobs_->requeue(id)
                       : how == 1 ? jobs_->fail(id, kBroken)
                       : how == 2 ? jobs_->pause(id, kBroken)
                                  : jobs_->finish(id);
    ASSERT_TRUE(ended) << how;
    const Job job = must(jobs_->get(id));
    EXPECT_EQ(job.state, how == 3 ? JobState::kDone : JobState::kCancelled) << how;
    EXPECT_FALSE(job.failure) << how;
  }
}

TEST_F(Jobs, CancelAllOfARecordingTouchesNoOther) {
  const std::string other = create().id;
  const std::string media = add_media().id;
  std::vector<std::string> mine;
  for (int i = 0; i < 3; ++i) mine.push_back(create(media).id);
  ASSERT_EQ(claim().value().id, other);
  ASSERT_EQ(claim().value().id, mine[0]);
  ASSERT_TRUE(jobs_->finish(mine[0]));
  ASSERT_EQ(claim().value().id, mine[1]);
  jobs_->cancel_all_of(media);
  EXPECT_EQ(must(jobs_->get(mine[0])).state, JobState::kDone);
  EXPECT_TRUE(jobs_->cancel_requested(mine[1]));
  EXPECT_EQ(must(jobs_->get(mine[2])).state, JobState::kCancelled);
  EXPECT_EQ(must(jobs_->get(other)).state, JobState::kRunning);
  EXPECT_FALSE(jobs_->cancel_requested(other));
}

TEST_F(Jobs, ADeletedRunningJobIsForgotten) {
  const auto media = add_media();
  const std::string id = create(media.id).id;
  ASSERT_TRUE(claim());
  ASSERT_TRUE(store_->delete_media(media.id));
  EXPECT_EQ(jobs_->get(id).error().code, ErrorCode::kNotFound);
  EXPECT_EQ(jobs_->commit(id, sample_window(0)).error().code, ErrorCode::kNotFound);
  EXPECT_EQ(jobs_->cancelled(id).error().code, ErrorCode::kNotFound);
  EXPECT_EQ(jobs_->finish(id).error().code, ErrorCode::kNotFound);
  EXPECT_FALSE(jobs_->cancel_requested(id));
}

TEST_F(Jobs, ProgressIsShownButNotWritten) {
  const std::string id = job_in(JobState::kRunning);
  ASSERT_TRUE(jobs_->commit(id, sample_window(1)));
  jobs_->progressed(id, "transcribing", Milliseconds{90'000}, Milliseconds{120'000}, 2, "cuda");
  Job job = must(jobs_->get(id));
  EXPECT_DOUBLE_EQ(job.progress, 0.75);
  EXPECT_EQ(job.stage, "transcribing");
  EXPECT_EQ(job.device, "cuda");
  EXPECT_EQ(job.eta, Milliseconds{15'000});
  EXPECT_EQ(must(jobs_->list({})).items.at(0).stage, "transcribing");
  EXPECT_NE(must(store_->job(id)).stage, "transcribing");
  // Behind what is committed: a worker that has just begun again. Nor do odd speeds give odd answers.
  jobs_->progressed(id, "decoding", Milliseconds{0}, Milliseconds{120'000}, -1, "");
  job = must(jobs_->get(id));
  EXPECT_DOUBLE_EQ(job.progress, 0.5);
  EXPECT_EQ(job.speed, 0.0);
  EXPECT_EQ(job.eta, std::nullopt);
  EXPECT_EQ(job.device, "cuda");
}

TEST_F(Jobs, WhatTheWorkerFoundGoesIntoJobAndTranscript) {
  auto media = sample_media();
  ASSERT_TRUE(store_->insert_media(media));
  const Job job = create(media.id);
  ASSERT_TRUE(claim());
  ASSERT_TRUE(jobs_->media_found(job.id, {"wav", Milliseconds{0}, {}, false, {}}));
  EXPECT_EQ(must(jobs_->get(job.id)).duration, Milliseconds{0});
  ASSERT_TRUE(jobs_->media_found(job.id, {"wav", Milliseconds{60'000}, {}, false, {}}));
  ASSERT_TRUE(jobs_->language_found(job.id, "yue", 0.5F));
  EXPECT_EQ(must(store_->job(job.id)).duration, Milliseconds{60'000});
  const auto transcript = must(jobs_->transcript(job.transcript_id, false));
  EXPECT_EQ(transcript.duration, Milliseconds{60'000});
  EXPECT_EQ(transcript.language, "yue");
  EXPECT_EQ(transcript.language_probability, 0.5F);
}

TEST_F(Jobs, PausedJobsGoOnTogether) {
  const std::string first = job_in(JobState::kPaused);
  const std::string second = job_in(JobState::kPaused);
  EXPECT_EQ(must(jobs_->get(first)).failure.value().code, ErrorCode::kNoSpace);
  EXPECT_EQ(must(jobs_->resume_paused()), 2);
  for (const std::string& id : {first, second}) {
    EXPECT_EQ(must(jobs_->get(id)).state, JobState::kQueued);
    EXPECT_FALSE(must(jobs_->get(id)).failure);
  }
  EXPECT_EQ(must(jobs_->resume_paused()), 0);
}

TEST_F(Jobs, TranscriptsAreRenamedWithinLimits) {
  const Job job = create();
  EXPECT_EQ(must(jobs_->rename_transcript(job.transcript_id, "  新 title\n")).title, "新 title");
  EXPECT_TRUE(jobs_->rename_transcript(job.transcript_id, std::string(500, 'x')));
  for (const std::string& bad : {std::string(), std::string(" \t"), std::string(501, 'x')}) {
    EXPECT_EQ(jobs_->rename_transcript(job.transcript_id, bad).error().code, ErrorCode::kInvalidArgument);
  }
  EXPECT_EQ(jobs_->rename_transcript(new_uuid(), "x").error().code, ErrorCode::kNotFound);
  EXPECT_EQ(must(jobs_->transcripts_of(job.media_id)).at(0).title, std::string(500, 'x'));
}

// ── the disk is really full ─────────────────────────────────────────────────

class JobsOnAFullDisk : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!disk_.mounted()) GTEST_SKIP() << "this process may not mount";
    open();
    domain::Media media = sample_media();
    media.info.duration = Milliseconds{120'000};
    ASSERT_TRUE(store_->insert_media(media));
    CreateJob request;
    request.media_id = media.id;
    job_ = must(jobs_->create(request));
    ASSERT_TRUE(must(jobs_->claim(milliseconds(0))));
    ASSERT_TRUE(jobs_->commit(job_.id, sample_window(0)));
  }
  void TearDown() override {
    jobs_.reset();
    store_.reset();
  }
  void open() {
    jobs_.reset();
    store_.reset();
    store_ = storage::testing::open_store(disk_.path());
    jobs_ = std::make_unique<JobService>(*store_, bus_);
  }
  /// So much text that no room left by chance takes it.
  static domain::Window large_window(std::int64_t index) {
    auto window = sample_window(index);
    for (auto& segment : window.segments) segment.text = std::string(100'000, 'x');
    return window;
  }

  storage::testing::TinyDisk disk_{"6m"};
  std::unique_ptr<storage::SqliteStore> store_;
  EventBus bus_;
  std::unique_ptr<JobService> jobs_;
  Job job_;
};

TEST_F(JobsOnAFullDisk, AWindowThatDoesNotFitLeavesNothingAndTheJobGoesOnLater) {
  disk_.fill();
  const auto committed = jobs_->commit(job_.id, large_window(1));
  ASSERT_FALSE(committed);
  EXPECT_EQ(committed.error().code, ErrorCode::kNoSpace);
  EXPECT_EQ(must(jobs_->windows(job_.transcript_id)).size(), 1U);
  EXPECT_EQ(must(jobs_->transcript(job_.transcript_id, true)).segments.size(), 2U);
  EXPECT_EQ(must(jobs_->get(job_.id)).processed, Milliseconds{30'000});

  ASSERT_TRUE(jobs_->pause(job_.id, kFull)) << "also when it cannot be written down";
  EXPECT_EQ(must(jobs_->get(job_.id)).state, JobState::kPaused);
  EXPECT_EQ(must(jobs_->get(job_.id)).failure.value().code, ErrorCode::kNoSpace);
  JobQuery paused;
  paused.state = JobState::kPaused;
  ASSERT_EQ(must(jobs_->list(paused)).items.size(), 1U) << "it is found as what it is shown as";
  JobQuery running;
  running.state = JobState::kRunning;
  EXPECT_TRUE(must(jobs_->list(running)).items.empty());
  EXPECT_EQ(must(jobs_->claim(milliseconds(0))), std::nullopt);

  disk_.make_room();
  EXPECT_EQ(must(jobs_->resume_paused()), 1);
  EXPECT_EQ(must(store_->job(job_.id)).state, JobState::kQueued);
  EXPECT_EQ(must(jobs_->list(paused)).items.size(), 0U);
  const auto again = must(jobs_->claim(milliseconds(0)));
  ASSERT_TRUE(again);
  EXPECT_EQ(must(jobs_->resume_point(*again)).next_window, 1);
  ASSERT_TRUE(jobs_->commit(job_.id, large_window(1)));
  ASSERT_TRUE(jobs_->finish(job_.id));
  EXPECT_EQ(must(jobs_->transcript(job_.transcript_id, true)).segments.size(), 4U);
}

TEST_F(JobsOnAFullDisk, AHeldJobCanBeCancelledOnceThereIsRoom) {
  disk_.fill();
  ASSERT_TRUE(jobs_->pause(job_.id, kFull));
  disk_.make_room();
  EXPECT_EQ(must(jobs_->cancel(job_.id)).state, JobState::kCancelled);
  EXPECT_EQ(must(store_->job(job_.id)).state, JobState::kCancelled);
  EXPECT_EQ(must(jobs_->resume_paused()), 0);
}

TEST_F(JobsOnAFullDisk, TheServerStartsAndTheJobWaits) {
  open();
  disk_.fill();
  ASSERT_TRUE(jobs_->recover());
  const auto state = must(jobs_->get(job_.id)).state;
  // A few bytes may still have been free for the one row.
  EXPECT_TRUE(state == JobState::kPaused || state == JobState::kQueued);
  disk_.make_room();
  ASSERT_TRUE(jobs_->resume_paused());
  EXPECT_EQ(must(store_->job(job_.id)).state, JobState::kQueued);
  EXPECT_EQ(must(jobs_->claim(milliseconds(0))).value().attempts, 2);
}

}  // namespace
}  // namespace zimu::app
