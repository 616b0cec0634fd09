// Transcripts without a job, render jobs in the queue, and the end of a transcript, on a real database.
#include <gtest/gtest.h>

#include <algorithm>

#include "app/job_service.hpp"
#include "app/render_files.hpp"
#include "base/file.hpp"
#include "storage/test_support.hpp"

namespace zimu::app {
namespace {

using domain::JobKind;
using domain::JobState;
using std::chrono::milliseconds;
using storage::testing::must;

class Tracks : public ::testing::Test {
 protected:
  Tracks() {
    media_.id = new_uuid();
    media_.title = "Talk";
    media_.file_name = "talk.mp4";
    media_.state = domain::MediaState::kReady;
    media_.info.duration = milliseconds(60'000);
    EXPECT_TRUE(store_->insert_media(media_));
    jobs_.set_removed_hook([this](const domain::Job& job) { removed_.push_back(job.id); });
  }
  domain::Transcript track(const std::string& text = "Hello") {
    NewTrack wanted;
    wanted.media_id = media_.id;
    wanted.language = "en";
    for (int i = 0; i < 3; ++i) {
      domain::Segment segment;
      segment.index = 99;
      segment.start = milliseconds(1000 * i);
      segment.end = milliseconds(1000 * i + 500);
      segment.text = text;
      segment.words = {{segment.start, segment.end, text, 1}};
      wanted.segments.push_back(segment);
    }
    return must(jobs_.add_track(std::move(wanted)));
  }
  domain::Job film(const domain::Transcript& transcript) {
    CreateRender wanted;
    wanted.transcript_id = transcript.id;
    wanted.options.style.emplace();
    return must(jobs_.create(wanted));
  }
  domain::Job text() {
    CreateJob wanted;
    wanted.media_id = media_.id;
    return must(jobs_.create(wanted));
  }

  storage::testing::TempDir dir_;
  std::unique_ptr<storage::SqliteStore> store_ = storage::testing::open_store(dir_.path());
  EventBus bus_;
  JobService jobs_{*store_, bus_};
  domain::Media media_;
  std::vector<std::string> removed_;
};

TEST_F(Tracks, AreStoredWhole) {
  const auto header = track();
  const auto stored = must(jobs_.transcript(header.id, true));
  EXPECT_EQ(stored.origin, domain::Origin::kImport);
  EXPECT_EQ(stored.title, "Talk");
  EXPECT_EQ(stored.job_id, "");
  EXPECT_EQ(stored.language_probability, 1);
  EXPECT_EQ(stored.duration, milliseconds(60'000));
  EXPECT_TRUE(stored.complete);
  ASSERT_EQ(stored.segments.size(), 3U);
  EXPECT_EQ(stored.segments[2].index, 2);
  EXPECT_EQ(stored.segments[2].words.size(), 1U);
  EXPECT_EQ(must(jobs_.transcripts_of(media_.id)).size(), 1U);
  NewTrack nowhere;
  nowhere.media_id = new_uuid();
  EXPECT_EQ(jobs_.add_track(nowhere).error().code, ErrorCode::kNotFound);
}

TEST_F(Tracks, EachKindOfJobHasItsOwnPlaceInTheQueue) {
  const auto transcript = track();
  const auto one = film(transcript);
  EXPECT_FALSE(must(jobs_.claim(milliseconds(0)))) << "a worker is not to be asked for a film";
  const auto other = text();
  EXPECT_EQ(must(jobs_.claim(milliseconds(0)))->id, other.id);
  const auto claimed = must(jobs_.claim(milliseconds(0), JobKind::kRender));
  ASSERT_TRUE(claimed);
  EXPECT_EQ(claimed->id, one.id);
  EXPECT_EQ(claimed->kind, JobKind::kRender);
  ASSERT_TRUE(claimed->render && claimed->render->style);
  EXPECT_EQ(claimed->attempts, 1);
  JobQuery query;
  query.kind = JobKind::kRender;
  EXPECT_EQ(must(jobs_.list(query)).items.size(), 1U);
  query.kind.reset();
  query.transcript_id = transcript.id;
  EXPECT_EQ(must(jobs_.list(query)).items.size(), 1U);
}

TEST_F(Tracks, AFinishedFilmHasItsFileAndLeavesTheTextAlone) {
  const auto transcript = track();
  const auto job = film(transcript);
  ASSERT_TRUE(must(jobs_.claim(milliseconds(0), JobKind::kRender)));
  ASSERT_OK(jobs_.finish_render(job.id, {"Talk.mp4", 123, "video/mp4"}));
  const auto stored = must(store_->job(job.id));
  EXPECT_EQ(stored.state, JobState::kDone);
  ASSERT_TRUE(stored.result);
  EXPECT_EQ(stored.result->size_bytes, 123U);
  EXPECT_TRUE(must(jobs_.transcript(transcript.id, false)).complete);
  EXPECT_EQ(jobs_.finish_render(job.id, {}).error().code, ErrorCode::kConflict);
}

TEST_F(Tracks, ARunningFilmIsMadeAgainAfterARestart) {
  const auto job = film(track());
  ASSERT_TRUE(must(jobs_.claim(milliseconds(0), JobKind::kRender)));
  JobService later(*store_, bus_);
  ASSERT_OK(later.recover());
  const auto again = must(later.claim(milliseconds(0), JobKind::kRender));
  ASSERT_TRUE(again);
  EXPECT_EQ(again->id, job.id);
  EXPECT_EQ(again->attempts, 2);
}

TEST_F(Tracks, FilmsNeedACompleteTextAndAReadyRecording) {
  const auto unfinished = text();
  CreateRender wanted;
  wanted.transcript_id = unfinished.transcript_id;
  EXPECT_EQ(jobs_.create(wanted).error().code, ErrorCode::kConflict);
  const auto transcript = track();
  wanted.transcript_id = transcript.id;
  wanted.media_id = new_uuid();
  EXPECT_EQ(jobs_.create(wanted).error().code, ErrorCode::kInvalidArgument);
  wanted.media_id.clear();
  wanted.priority = 101;
  EXPECT_EQ(jobs_.create(wanted).error().code, ErrorCode::kInvalidArgument);
  wanted.priority = 0;
  media_.state = domain::MediaState::kInspecting;
  ASSERT_OK(store_->update_media(media_));
  EXPECT_EQ(jobs_.create(wanted).error().code, ErrorCode::kConflict);
  media_.state = domain::MediaState::kUnreadable;
  ASSERT_OK(store_->update_media(media_));
  EXPECT_EQ(jobs_.create(wanted).error().code, ErrorCode::kBadMedia);
}

TEST_F(Tracks, ATranscriptGoesWithItsJobsOnceTheyHaveEnded) {
  const auto transcript = track();
  const auto kept = track();
  const auto job = film(transcript);
  const auto other = film(kept);
  const auto refused = jobs_.remove_transcript(transcript.id);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::kConflict);
  must(jobs_.cancel(job.id));
  const auto before = bus_.last_id();
  ASSERT_OK(jobs_.remove_transcript(transcript.id));
  EXPECT_EQ(removed_, std::vector{job.id});
  EXPECT_EQ(jobs_.get(job.id).error().code, ErrorCode::kNotFound);
  EXPECT_EQ(jobs_.transcript(transcript.id, false).error().code, ErrorCode::kNotFound);
  EXPECT_TRUE(jobs_.get(other.id));
  const auto events = bus_.read_after(before, 10).events;
  ASSERT_EQ(events.size(), 2U);
  EXPECT_EQ(std::get<JobRemoved>(events[0].payload).job_id, job.id);
  EXPECT_EQ(std::get<TranscriptRemoved>(events[1].payload).transcript_id, transcript.id);
  EXPECT_EQ(jobs_.remove_transcript(transcript.id).error().code, ErrorCode::kNotFound);
}

TEST_F(Tracks, WhatAnEarlierRunLeftIsSwept) {
  namespace fs = std::filesystem;
  const fs::path uploads = dir_.path() / "uploads";
  const auto done = film(track());
  ASSERT_TRUE(must(jobs_.claim(milliseconds(0), JobKind::kRender)));
  ASSERT_OK(jobs_.finish_render(done.id, {"Talk.mp4", 1, "video/mp4"}));
  const auto queued = film(track());
  const fs::path folder = render_folder(uploads, media_.id);
  fs::create_directories(folder / (queued.id + ".part"));
  for (const std::string& name : {done.id + ".mp4", queued.id + ".mp4", new_uuid() + ".mkv", queued.id + ".part/film.mp4", std::string("notes.txt")}) {
    ASSERT_OK(write_file_atomic(folder / name, "x"));
  }
  EXPECT_EQ(must(sweep_renders(uploads, jobs_)), 3);
  std::vector<std::string> left;
  for (const auto& entry : fs::directory_iterator(folder)) left.push_back(entry.path().filename().string());
  std::ranges::sort(left);
  EXPECT_EQ(left, (std::vector<std::string>{done.id + ".mp4", "notes.txt"}));
  remove_render(uploads, must(jobs_.get(done.id)));
  EXPECT_FALSE(fs::exists(folder / (done.id + ".mp4")));
}

}  // namespace
}  // namespace zimu::app
