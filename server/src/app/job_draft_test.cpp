// Jobs that transcribe a span again: drafts of a parent, on a real database.
#include <gtest/gtest.h>

#include <functional>

#include "app/job_service.hpp"
#include "app/search_service.hpp"
#include "storage/test_support.hpp"

namespace zimu::app {
namespace {

using domain::Job;
using domain::JobState;
using domain::Origin;
using storage::testing::must;
using storage::testing::sample_window;
using std::chrono::milliseconds;
using namespace std::chrono_literals;

class Drafts : public ::testing::Test {
 protected:
  void SetUp() override {
    media_ = add_media();
    CreateJob request;
    request.media_id = media_.id;
    request.options.language = "de";
    request.options.audio_stream = 1;
    parent_job_ = must(jobs_.create(request));
  }
  domain::Media add_media() {
    domain::Media media = storage::testing::sample_media();
    media.state = domain::MediaState::kReady;
    media.info.duration = 120s;
    EXPECT_TRUE(store_->insert_media(media));
    return media;
  }
  /// The parent with four windows of 30 s.
  void finish_parent() {
    ASSERT_TRUE(must(jobs_.claim(milliseconds(0))));
    for (int i = 0; i < 4; ++i) ASSERT_OK(jobs_.commit(parent_job_.id, sample_window(i)));
    ASSERT_OK(jobs_.finish(parent_job_.id));
  }
  CreateJob request(Milliseconds start = 20s, Milliseconds end = 35s) const {
    CreateJob request;
    request.media_id = media_.id;
    request.part = SpanRequest{{parent_job_.transcript_id, start, end}};
    return request;
  }
  ErrorCode refusal(const CreateJob& wanted, const std::string& names = "") {
    const auto job = jobs_.create(wanted);
    if (job) return ErrorCode::kInternal;
    EXPECT_NE(job.error().message.find(names), std::string::npos) << job.error().message;
    return job.error().code;
  }
  static domain::Window window(std::int64_t index, Milliseconds start, Milliseconds end, const std::string& text) {
    domain::Window out;
    out.index = index;
    out.start = start;
    out.end = end;
    domain::Segment segment;
    segment.index = index;
    segment.start = start;
    segment.end = end;
    segment.text = text;
    segment.words = {{start, end, " " + text, 0.5F}};
    out.segments.push_back(segment);
    return out;
  }

  storage::testing::TempDir dir_;
  std::unique_ptr<storage::SqliteStore> store_ = storage::testing::open_store(dir_.path());
  EventBus bus_;
  JobService jobs_{*store_, bus_};
  domain::Media media_;
  Job parent_job_;
};

TEST_F(Drafts, AreMadeOfAPartWithWhatTheParentHas) {
  finish_parent();
  ASSERT_TRUE(jobs_.rename_transcript(parent_job_.transcript_id, "Renamed"));
  const Job job = must(jobs_.create(request()));
  EXPECT_EQ(job.duration, 15s);
  EXPECT_EQ(job.options.language, "de");
  EXPECT_EQ(job.options.audio_stream, 1);
  const auto draft = must(jobs_.transcript(job.transcript_id, true));
  EXPECT_EQ(draft.origin, Origin::kDraft);
  EXPECT_EQ(draft.parent_id, parent_job_.transcript_id);
  EXPECT_EQ(draft.title, "Renamed");
  EXPECT_EQ(draft.language, "de");
  EXPECT_EQ(draft.duration, 120s);
  EXPECT_FALSE(draft.complete);

  // As it is on disk.
  const Job stored = must(store_->job(job.id));
  ASSERT_TRUE(stored.span);
  EXPECT_EQ(stored.span->transcript_id, parent_job_.transcript_id);
  EXPECT_EQ(stored.span->start, 20s);
  EXPECT_EQ(stored.span->end, 35s);
  EXPECT_EQ(stored.duration, 15s);
  EXPECT_FALSE(must(store_->job(parent_job_.id)).span);
  ASSERT_TRUE(must(jobs_.claim(milliseconds(0)))->span);
}

TEST_F(Drafts, MayDifferFromTheParent) {
  finish_parent();
  CreateJob wanted = request();
  wanted.options.language = "zh";
  wanted.options.task = domain::Task::kTranslate;
  wanted.options.audio_stream = 0;
  wanted.part->language_given = wanted.part->task_given = wanted.part->audio_stream_given = true;
  const Job job = must(jobs_.create(wanted));
  EXPECT_EQ(job.options.language, "zh");
  EXPECT_EQ(job.options.audio_stream, 0);
  const auto draft = must(jobs_.transcript(job.transcript_id, false));
  EXPECT_EQ(draft.language, "zh");
  EXPECT_EQ(draft.task, domain::Task::kTranslate);

  wanted.options.language = "auto";
  const Job other = must(jobs_.create(wanted));
  EXPECT_EQ(other.options.language, "auto");
  EXPECT_EQ(must(jobs_.transcript(other.transcript_id, false)).language, "");
}

TEST_F(Drafts, NeedAParentThatIsNotBeingMade) {
  EXPECT_EQ(refusal(request(), "queued"), ErrorCode::kConflict);
  ASSERT_TRUE(must(jobs_.claim(milliseconds(0))));
  EXPECT_EQ(refusal(request(), "running"), ErrorCode::kConflict);
  ASSERT_OK(jobs_.commit(parent_job_.id, sample_window(0)));
  ASSERT_OK(jobs_.fail(parent_job_.id, {ErrorCode::kBadMedia, "it broke", "", false}));
  EXPECT_TRUE(jobs_.create(request())) << "of a job that failed half-way";
  ASSERT_OK(jobs_.remove(parent_job_.id));
  const Job job = must(jobs_.create(request()));
  EXPECT_EQ(job.options.audio_stream, -1) << "whose job was deleted";
}

TEST_F(Drafts, RefuseWhatMakesNoSense) {
  finish_parent();
  EXPECT_EQ(refusal(request(20s, 20'199ms), "200"), ErrorCode::kInvalidArgument);
  EXPECT_EQ(refusal(request(35s, 20s), "end_ms"), ErrorCode::kInvalidArgument);
  EXPECT_EQ(refusal(request(-1ms, 20s), "start_ms"), ErrorCode::kInvalidArgument);
  EXPECT_EQ(refusal(request(100s, 120'001ms), "120000"), ErrorCode::kInvalidArgument);
  EXPECT_TRUE(jobs_.create(request(119'800ms, 120s)));

  CreateJob unknown = request();
  unknown.part->span.transcript_id = new_uuid();
  EXPECT_EQ(refusal(unknown), ErrorCode::kNotFound);
  CreateJob other = request();
  other.media_id = add_media().id;
  EXPECT_EQ(refusal(other, "another recording"), ErrorCode::kInvalidArgument);
  const Job draft = must(jobs_.create(request()));
  CreateJob nested = request();
  nested.part->span.transcript_id = draft.transcript_id;
  EXPECT_EQ(refusal(nested, "draft"), ErrorCode::kInvalidArgument);
}

TEST_F(Drafts, MayReachToWhatWasDecodedBeyondTheContainersLength) {
  finish_parent();
  domain::Window last = window(4, 120s, 120'350ms, "end");
  last.segments[0].index = 8;
  ASSERT_OK(store_->commit_window(parent_job_, last));
  EXPECT_TRUE(jobs_.create(request(119s, 120'350ms)));
  EXPECT_EQ(refusal(request(119s, 120'351ms), "120350"), ErrorCode::kInvalidArgument);
}

TEST_F(Drafts, ShowProgressOfTheSpan) {
  finish_parent();
  const std::string id = must(jobs_.create(request())).id;
  ASSERT_TRUE(must(jobs_.claim(milliseconds(0))));
  domain::MediaInfo info;
  info.duration = 121s;
  ASSERT_OK(jobs_.media_found(id, info));
  EXPECT_EQ(must(jobs_.get(id)).duration, 15s);
  jobs_.progressed(id, "decoding", 20s, 35s, 0, "cpu");
  EXPECT_EQ(must(jobs_.get(id)).progress, 0);
  jobs_.progressed(id, "transcribing", 26s, 35s, 2, "cpu");
  EXPECT_DOUBLE_EQ(must(jobs_.get(id)).progress, 0.4);
  EXPECT_EQ(must(jobs_.get(id)).eta, 4500ms);
  ASSERT_OK(jobs_.commit(id, window(0, 20s, 32s, "a")));
  const Job job = must(jobs_.get(id));
  EXPECT_EQ(job.processed, 12s);
  EXPECT_DOUBLE_EQ(job.progress, 0.8);
  EXPECT_EQ(must(jobs_.resume_point(job)).at, 32s);
  ASSERT_OK(jobs_.requeue(id));
  EXPECT_DOUBLE_EQ(must(jobs_.get(id)).progress, 0.8);
  EXPECT_EQ(must(store_->job(id)).span->end, 35s) << "an update keeps it";
}

TEST_F(Drafts, TakeOnlyWhatLiesInTheSpan) {
  finish_parent();
  const Job job = must(jobs_.create(request()));
  ASSERT_TRUE(must(jobs_.claim(milliseconds(0))));
  for (const auto& outside : {window(0, 0s, 20s, "a"), window(0, 19'999ms, 30s, "a"), window(0, 20s, 35'001ms, "a")}) {
    const auto stored = jobs_.commit(job.id, outside);
    ASSERT_FALSE(stored);
    EXPECT_EQ(stored.error().code, ErrorCode::kProtocol);
  }
  domain::Window loose = window(0, 20s, 35s, "word");
  loose.segments[0].start = 19s;
  loose.segments[0].end = loose.segments[0].words[0].end = 36s;
  ASSERT_OK(jobs_.commit(job.id, loose));
  const auto segment = must(jobs_.transcript(job.transcript_id, true)).segments.at(0);
  EXPECT_EQ(segment.start, 20s);
  EXPECT_EQ(segment.end, 35s);
  EXPECT_EQ(segment.words.at(0).end, 35s);
}

TEST_F(Drafts, AreLeftOutOfListsAndOfSearch) {
  finish_parent();
  SearchService search(*store_);
  const auto hits = [&](const std::string& text) {
    SearchService::Request wanted;
    wanted.text = text;
    return must(search.search(wanted)).total;
  };
  const auto before = hits("two");
  ASSERT_GT(before, 0U);
  const Job job = must(jobs_.create(request()));
  ASSERT_TRUE(must(jobs_.claim(milliseconds(0))));
  ASSERT_OK(jobs_.commit(job.id, window(0, 20s, 35s, "two wonders")));
  ASSERT_OK(jobs_.finish(job.id));
  EXPECT_EQ(hits("two"), before);
  EXPECT_EQ(hits("wonders"), 0U);

  const auto shown = must(jobs_.transcripts_of(media_.id));
  ASSERT_EQ(shown.size(), 1U);
  EXPECT_EQ(shown[0].id, parent_job_.transcript_id);
  EXPECT_EQ(must(jobs_.transcripts_of(media_.id, true)).size(), 2U);

  JobQuery query;
  query.media_id = media_.id;
  EXPECT_EQ(must(jobs_.list(query)).items.size(), 2U);
  query.whole_only = true;
  const auto whole = must(jobs_.list(query)).items;
  ASSERT_EQ(whole.size(), 1U);
  EXPECT_EQ(whole[0].id, parent_job_.id);
}

TEST_F(Drafts, LeaveTheParentAsItIs) {
  finish_parent();
  const auto before = must(jobs_.transcript(parent_job_.transcript_id, true));
  const Job job = must(jobs_.create(request()));
  ASSERT_TRUE(must(jobs_.claim(milliseconds(0))));
  ASSERT_OK(jobs_.language_found(job.id, "fr", 0.5F));
  ASSERT_OK(jobs_.commit(job.id, window(0, 20s, 35s, "bonjour")));
  ASSERT_OK(jobs_.finish(job.id));
  const auto after = must(jobs_.transcript(parent_job_.transcript_id, true));
  EXPECT_EQ(after.language, before.language);
  EXPECT_EQ(after.updated_at, before.updated_at);
  EXPECT_EQ(after.segments.size(), before.segments.size());
  EXPECT_EQ(must(jobs_.transcript(job.transcript_id, false)).language, "fr");
}

TEST_F(Drafts, GoWithTheRecording) {
  finish_parent();
  const Job job = must(jobs_.create(request()));
  ASSERT_OK(store_->delete_media(media_.id));
  EXPECT_EQ(store_->transcript(job.transcript_id, false).error().code, ErrorCode::kNotFound);
  EXPECT_EQ(store_->job(job.id).error().code, ErrorCode::kNotFound);
}

}  // namespace
}  // namespace zimu::app
