#include "storage/sqlite_store.hpp"

#include <sqlite3.h>

#include <atomic>
#include <limits>
#include <thread>

#include "storage/test_support.hpp"

namespace zimu::storage {
namespace {

using namespace testing;

struct Library {
  TempDir dir;
  std::unique_ptr<SqliteStore> store = open_store(dir.path());
  domain::Media media = sample_media();
  domain::Transcript transcript = sample_transcript(media);
  domain::Job job = sample_job(media, transcript);

  void fill() {
    ASSERT_OK(store->insert_media(media));
    ASSERT_OK(store->insert_job(job, transcript));
  }
};

TEST(SqliteStore, KeepsEveryFieldOfARecording) {
  Library lib;
  lib.media.sha256 = std::string(64, 'a');
  lib.media.state = domain::MediaState::kUnreadable;
  lib.media.problem = "damaged 'quote'; --";
  lib.media.info = {"mov,mp4", Milliseconds(61'234), Milliseconds(-23), true, {}};
  lib.media.info.streams = {{0, "video", "h264", "", 0, 0, 1920, 1080, true},
                            {1, "audio", "aac", "zho", 2, 48'000, 0, 0, false}};
  ASSERT_OK(lib.store->insert_media(lib.media));
  lib.media.title = std::string("with a NUL \0 inside", 19);
  lib.media.info.streams.pop_back();
  ASSERT_OK(lib.store->update_media(lib.media));
  lib.store.reset();
  lib.store = open_store(lib.dir.path());

  const auto got = must(lib.store->media(lib.media.id));
  EXPECT_EQ(got.title, lib.media.title);
  EXPECT_EQ(got.file_name, lib.media.file_name);
  EXPECT_EQ(got.content_type, lib.media.content_type);
  EXPECT_EQ(got.size_bytes, lib.media.size_bytes);
  EXPECT_EQ(got.sha256, lib.media.sha256);
  EXPECT_EQ(got.state, lib.media.state);
  EXPECT_EQ(got.problem, lib.media.problem);
  EXPECT_EQ(got.source, lib.media.source);
  EXPECT_EQ(got.created_at, lib.media.created_at);
  EXPECT_EQ(got.updated_at, lib.media.updated_at);
  EXPECT_EQ(got.info.format, "mov,mp4");
  EXPECT_EQ(got.info.duration, Milliseconds(61'234));
  EXPECT_EQ(got.info.start_offset, Milliseconds(-23));
  EXPECT_TRUE(got.info.has_video);
  ASSERT_EQ(got.info.streams.size(), 1U);
  EXPECT_EQ(got.info.streams[0].kind, "video");
  EXPECT_EQ(got.info.streams[0].codec, "h264");
  EXPECT_EQ(got.info.streams[0].width, 1920);
  EXPECT_EQ(got.info.streams[0].height, 1080);
  EXPECT_TRUE(got.info.streams[0].is_default);
}

TEST(SqliteStore, KeepsEveryFieldOfAJob) {
  Library lib;
  lib.fill();
  lib.job.options = {"large-v3", "zh", domain::Task::kTranslate, true, "Ünïcode prompt", "cuda", 7, 2, 0.5F, 3, {"zh", "yue", "haw"}};
  lib.job.state = domain::JobState::kFailed;
  lib.job.stage = "failed";
  lib.job.progress = 0.375;
  lib.job.speed = 12.5;
  lib.job.processed = Milliseconds(90'000);
  lib.job.duration = Milliseconds(240'000);
  lib.job.device = "cpu";
  lib.job.attempts = 3;
  lib.job.priority = -5;
  lib.job.failure = domain::JobFailure{ErrorCode::kWorkerCrashed, "SIGSEGV at 00:01:30", "retry", true};
  lib.job.started_at = now_utc();
  lib.job.finished_at = now_utc();
  ASSERT_OK(lib.store->update_job(lib.job));

  const auto got = must(lib.store->job(lib.job.id));
  EXPECT_EQ(got.media_id, lib.media.id);
  EXPECT_EQ(got.transcript_id, lib.transcript.id);
  EXPECT_EQ(got.state, lib.job.state);
  EXPECT_EQ(got.options.model, "large-v3");
  EXPECT_EQ(got.options.language, "zh");
  EXPECT_EQ(got.options.task, domain::Task::kTranslate);
  EXPECT_TRUE(got.options.words);
  EXPECT_EQ(got.options.prompt, "Ünïcode prompt");
  EXPECT_EQ(got.options.device, "cuda");
  EXPECT_EQ(got.options.threads, 7);
  EXPECT_EQ(got.options.audio_stream, 2);
  EXPECT_FLOAT_EQ(got.options.temperature, 0.5F);
  EXPECT_EQ(got.options.beam_size, 3);
  EXPECT_EQ(got.options.languages, (std::vector<std::string>{"zh", "yue", "haw"}));
  EXPECT_EQ(got.stage, "failed");
  EXPECT_DOUBLE_EQ(got.progress, 0.375);
  EXPECT_DOUBLE_EQ(got.speed, 12.5);
  EXPECT_EQ(got.processed, Milliseconds(90'000));
  EXPECT_EQ(got.duration, Milliseconds(240'000));
  EXPECT_EQ(got.device, "cpu");
  EXPECT_EQ(got.attempts, 3);
  EXPECT_EQ(got.priority, -5);
  ASSERT_TRUE(got.failure);
  EXPECT_EQ(got.failure->code, ErrorCode::kWorkerCrashed);
  EXPECT_EQ(got.failure->message, "SIGSEGV at 00:01:30");
  EXPECT_EQ(got.failure->action, "retry");
  EXPECT_TRUE(got.failure->retryable);
  EXPECT_EQ(got.started_at, lib.job.started_at);
  EXPECT_EQ(got.finished_at, lib.job.finished_at);
}

TEST(SqliteStore, KeepsWindowsSegmentsWordsAndRetries) {
  Library lib;
  lib.fill();
  for (int i = 0; i < 3; ++i) {
    lib.job.processed = Milliseconds((i + 1) * 30'000);
    ASSERT_OK(lib.store->commit_window(lib.job, sample_window(i)));
  }
  domain::Window silence;
  silence.index = 3;
  silence.start = Milliseconds(90'000);
  silence.end = Milliseconds(100'000);
  silence.silence = true;
  ASSERT_OK(lib.store->commit_window(lib.job, silence));

  const auto transcript = must(lib.store->transcript(lib.transcript.id, true));
  ASSERT_EQ(transcript.segments.size(), 6U);
  const auto wanted = sample_window(1).segments[1];
  const auto& got = transcript.segments[3];
  EXPECT_EQ(got.index, wanted.index);
  EXPECT_EQ(got.start, wanted.start);
  EXPECT_EQ(got.end, wanted.end);
  EXPECT_EQ(got.text, wanted.text);
  EXPECT_EQ(got.tokens, wanted.tokens);
  EXPECT_FLOAT_EQ(got.avg_logprob, wanted.avg_logprob);
  EXPECT_FLOAT_EQ(got.compression_ratio, wanted.compression_ratio);
  EXPECT_FLOAT_EQ(got.no_speech_prob, wanted.no_speech_prob);
  ASSERT_EQ(got.words.size(), 3U);
  EXPECT_EQ(got.words[2].text, " 三");
  EXPECT_EQ(got.words[2].start, wanted.words[2].start);
  EXPECT_EQ(got.words[2].end, wanted.words[2].end);

  const auto windows = must(lib.store->windows(lib.transcript.id));
  ASSERT_EQ(windows.size(), 4U);
  ASSERT_EQ(windows[1].retries.size(), 1U);
  EXPECT_EQ(windows[1].retries[0].reason, "compression_ratio");
  EXPECT_FLOAT_EQ(windows[1].retries[0].value, 2.5F);
  EXPECT_TRUE(windows[3].silence);
  EXPECT_TRUE(windows[3].retries.empty());
  ASSERT_TRUE(windows[1].coverage);
  EXPECT_EQ(windows[1].coverage->audible, Milliseconds(29'000));
  EXPECT_EQ(windows[1].coverage->covered, Milliseconds(28'000));
  ASSERT_EQ(windows[1].coverage->gaps.size(), 1U);
  EXPECT_EQ(windows[1].coverage->gaps[0].start, Milliseconds(44'000));
  EXPECT_EQ(windows[1].coverage->gaps[0].end, Milliseconds(45'000));
  ASSERT_EQ(windows[1].coverage->left_out.size(), 1U);
  EXPECT_EQ(windows[1].coverage->left_out[0].start, Milliseconds(44'000));
  EXPECT_EQ(windows[1].coverage->left_out[0].end, Milliseconds(45'000));
  EXPECT_EQ(windows[1].coverage->left_out[0].reason, "no_speech");
  EXPECT_EQ(windows[1].coverage->left_out[0].text, "谢谢 thanks");
  EXPECT_FALSE(windows[3].coverage) << "nobody measured it";
  EXPECT_FALSE(transcript.coverage) << "of a part it would be a lie";

  const auto point = must(lib.store->resume_point(lib.transcript.id));
  EXPECT_EQ(point.at, Milliseconds(100'000));
  EXPECT_EQ(point.next_window, 4);
  EXPECT_EQ(point.next_segment, 6);
  EXPECT_EQ(must(lib.store->job(lib.job.id)).processed, Milliseconds(90'000));
}

TEST(SqliteStore, CoverageIsThatOfAllWindowsTogether) {
  Library lib;
  lib.fill();
  EXPECT_FALSE(must(lib.store->transcript(lib.transcript.id, true)).coverage) << "before the first window";
  for (int i = 0; i < 3; ++i) ASSERT_OK(lib.store->commit_window(lib.job, sample_window(i)));
  ASSERT_OK(lib.store->commit_window(lib.job, sample_window(2)));
  const auto coverage = must(lib.store->transcript(lib.transcript.id, true)).coverage;
  ASSERT_TRUE(coverage);
  EXPECT_EQ(coverage->audible, Milliseconds(87'000)) << "a window that comes twice counts once";
  EXPECT_EQ(coverage->covered, Milliseconds(84'000));
  ASSERT_EQ(coverage->gaps.size(), 3U);
  EXPECT_EQ(coverage->gaps[2].start, Milliseconds(74'000));
  ASSERT_EQ(coverage->left_out.size(), 3U);
  EXPECT_EQ(coverage->left_out[0].text, "谢谢 thanks");
  EXPECT_FALSE(must(lib.store->transcript(lib.transcript.id, false)).coverage) << "it comes with the text";
}

TEST(SqliteStore, ResumePointOfAFreshTranscriptIsTheStart) {
  Library lib;
  lib.transcript.language = "de";
  lib.transcript.language_probability = 0.5F;
  lib.fill();
  const auto point = must(lib.store->resume_point(lib.transcript.id));
  EXPECT_EQ(point.at, Milliseconds(0));
  EXPECT_EQ(point.next_window, 0);
  EXPECT_EQ(point.next_segment, 0);
  EXPECT_EQ(point.language, "de");
  EXPECT_FLOAT_EQ(point.language_probability, 0.5F);
}

TEST(SqliteStore, SecondCommitOfAWindowIsIgnored) {
  Library lib;
  lib.fill();
  ASSERT_OK(lib.store->commit_window(lib.job, sample_window(0)));
  auto other = sample_window(0);
  other.segments[0].text = "another text";
  ASSERT_OK(lib.store->commit_window(lib.job, other));
  const auto transcript = must(lib.store->transcript(lib.transcript.id, true));
  ASSERT_EQ(transcript.segments.size(), 2U);
  EXPECT_EQ(transcript.segments[0].text, "one two 三");
}

TEST(SqliteStore, WindowWithASegmentOfAnotherIsRefusedWhole) {
  Library lib;
  lib.fill();
  ASSERT_OK(lib.store->commit_window(lib.job, sample_window(0)));
  auto clash = sample_window(1);
  clash.segments[1].index = 0;
  const auto refused = lib.store->commit_window(lib.job, clash);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::kProtocol);
  EXPECT_EQ(must(lib.store->windows(lib.transcript.id)).size(), 1U);
  EXPECT_EQ(must(lib.store->transcript(lib.transcript.id, true)).segments.size(), 2U);
}

TEST(SqliteStore, NumbersThatAreNoneAreStoredAsZero) {
  Library lib;
  lib.fill();
  auto window = sample_window(0);
  window.segments[0].avg_logprob = std::numeric_limits<float>::quiet_NaN();
  window.segments[0].compression_ratio = std::numeric_limits<float>::infinity();
  ASSERT_OK(lib.store->commit_window(lib.job, window));
  const auto segment = must(lib.store->transcript(lib.transcript.id, true)).segments[0];
  EXPECT_EQ(segment.avg_logprob, 0);
  EXPECT_EQ(segment.compression_ratio, 0);
}

TEST(SqliteStore, DeletedRecordingTakesItsRowsAlong) {
  Library lib;
  lib.fill();
  ASSERT_OK(lib.store->commit_window(lib.job, sample_window(0)));
  ASSERT_OK(lib.store->delete_media(lib.media.id));
  EXPECT_EQ(lib.store->job(lib.job.id).error().code, ErrorCode::kNotFound);
  EXPECT_EQ(lib.store->transcript(lib.transcript.id, true).error().code, ErrorCode::kNotFound);
  EXPECT_TRUE(must(lib.store->windows(lib.transcript.id)).empty());
  EXPECT_EQ(lib.store->delete_media(lib.media.id).error().code, ErrorCode::kNotFound);
  // A worker that is still busy with it.
  const auto late = lib.store->commit_window(lib.job, sample_window(1));
  ASSERT_FALSE(late);
  EXPECT_EQ(late.error().code, ErrorCode::kNotFound);
  EXPECT_EQ(lib.store->update_job(lib.job).error().code, ErrorCode::kNotFound);
  EXPECT_EQ(lib.store->update_transcript(lib.transcript).error().code, ErrorCode::kNotFound);
}

TEST(SqliteStore, DeletedJobLeavesItsTranscript) {
  Library lib;
  lib.fill();
  ASSERT_OK(lib.store->commit_window(lib.job, sample_window(0)));
  ASSERT_OK(lib.store->delete_job(lib.job.id));
  EXPECT_EQ(must(lib.store->transcript(lib.transcript.id, true)).segments.size(), 2U);
  EXPECT_EQ(lib.store->commit_window(lib.job, sample_window(1)).error().code, ErrorCode::kNotFound);
  EXPECT_EQ(must(lib.store->transcripts_of(lib.media.id)).size(), 1U);
}

TEST(SqliteStore, JobForAMissingRecordingIsNotFound) {
  Library lib;
  const auto refused = lib.store->insert_job(lib.job, lib.transcript);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::kNotFound);
}

TEST(SqliteStore, PagesAreNewestFirstAndComplete) {
  Library lib;
  std::vector<std::string> ids;
  for (int i = 0; i < 7; ++i) {
    auto media = sample_media();
    ids.push_back(media.id);
    ASSERT_OK(lib.store->insert_media(media));
  }
  std::vector<std::string> seen;
  app::MediaQuery query{.limit = 3};
  int pages = 0;
  do {
    const auto page = must(lib.store->list_media(query));
    for (const auto& media : page.items) seen.push_back(media.id);
    query.after = page.next;
    ++pages;
  } while (query.after);
  EXPECT_EQ(pages, 3);
  EXPECT_EQ(seen, std::vector<std::string>(ids.rbegin(), ids.rend()));
  EXPECT_EQ(must(lib.store->list_media({.limit = -5, .after = std::nullopt})).items.size(), 1U);
}

TEST(SqliteStore, QueueIsByPriorityThenAge) {
  Library lib;
  lib.fill();
  auto add = [&](int priority) {
    auto transcript = sample_transcript(lib.media);
    auto job = sample_job(lib.media, transcript);
    job.priority = priority;
    EXPECT_TRUE(lib.store->insert_job(job, transcript));
    return job;
  };
  const auto second = add(0);
  const auto urgent = add(9);
  EXPECT_EQ(must(lib.store->next_queued_job(domain::JobKind::kTranscribe))->id, urgent.id);
  app::JobQuery query;
  query.state = domain::JobState::kQueued;
  query.media_id = lib.media.id;
  EXPECT_EQ(must(lib.store->list_jobs(query)).items.size(), 3U);
  query.state = domain::JobState::kDone;
  EXPECT_TRUE(must(lib.store->list_jobs(query)).items.empty());
  auto done = urgent;
  done.state = domain::JobState::kDone;
  ASSERT_OK(lib.store->update_job(done));
  EXPECT_EQ(must(lib.store->next_queued_job(domain::JobKind::kTranscribe))->id, lib.job.id);
  EXPECT_EQ(must(lib.store->jobs_in_state(domain::JobState::kDone)).size(), 1U);
  static_cast<void>(second);
}

TEST(SqliteStore, IdsThatAreNoneNeverReachTheDatabase) {
  Library lib;
  for (const std::string id : {"", "../../etc/passwd", "' OR 1=1 --", "019375B2-8E1C-7D3A-B2F4-0A1B2C3D4E5F"}) {
    EXPECT_EQ(lib.store->media(id).error().code, ErrorCode::kInvalidArgument);
    EXPECT_EQ(lib.store->job(id).error().code, ErrorCode::kInvalidArgument);
    EXPECT_EQ(lib.store->transcript(id, true).error().code, ErrorCode::kInvalidArgument);
    EXPECT_EQ(lib.store->upload(id).error().code, ErrorCode::kInvalidArgument);
    EXPECT_EQ(lib.store->list_media({.limit = 1, .after = id}).error().code, ErrorCode::kInvalidArgument);
  }
}

TEST(SqliteStore, UploadsAndSettings) {
  Library lib;
  app::Upload upload{new_uuid(), std::nullopt, "a.wav", "audio/wav", "filename YS53YXY=", "", now_utc(), now_utc()};
  ASSERT_OK(lib.store->insert_upload(upload));
  EXPECT_FALSE(must(lib.store->upload(upload.id)).size);
  upload.size = 53'687'091'200;
  upload.media_id = new_uuid();
  ASSERT_OK(lib.store->update_upload(upload));
  const auto got = must(lib.store->upload(upload.id));
  EXPECT_EQ(got.size, 53'687'091'200U);
  EXPECT_EQ(got.media_id, upload.media_id);
  EXPECT_EQ(got.metadata, upload.metadata);
  EXPECT_EQ(must(lib.store->uploads_expired_at(now_utc())).size(), 1U);
  EXPECT_TRUE(must(lib.store->uploads_expired_at(upload.expires_at - std::chrono::hours(1))).empty());
  ASSERT_OK(lib.store->delete_upload(upload.id));
  EXPECT_EQ(lib.store->upload(upload.id).error().code, ErrorCode::kNotFound);

  EXPECT_EQ(must(lib.store->setting("theme")), std::nullopt);
  ASSERT_OK(lib.store->set_setting("theme", "dark"));
  ASSERT_OK(lib.store->set_setting("theme", "light"));
  EXPECT_EQ(must(lib.store->setting("theme")), "light");
  ASSERT_OK(lib.store->ping());
  ASSERT_OK(lib.store->checkpoint());
}

TEST(SqliteStore, EightThreadsLoseNothing) {
  Library lib;
  ASSERT_OK(lib.store->insert_media(lib.media));
  constexpr int kThreads = 8;
  constexpr int kWindows = 25;
  std::atomic<int> failures = 0;
  std::vector<std::string> transcripts;
  std::vector<std::jthread> threads;
  for (int t = 0; t < kThreads; ++t) {
    auto transcript = sample_transcript(lib.media);
    auto job = sample_job(lib.media, transcript);
    ASSERT_OK(lib.store->insert_job(job, transcript));
    transcripts.push_back(transcript.id);
    threads.emplace_back([&store = *lib.store, &failures, job] {
      for (int i = 0; i < kWindows; ++i) {
        if (!store.commit_window(job, sample_window(i))) ++failures;
        const auto seen = store.transcript(job.transcript_id, true);
        // What this thread committed is visible at once, whole windows only.
        if (!seen || seen->segments.size() != static_cast<std::size_t>(2 * (i + 1))) ++failures;
      }
    });
  }
  threads.clear();
  EXPECT_EQ(failures, 0);
  for (const auto& id : transcripts) {
    EXPECT_EQ(must(lib.store->windows(id)).size(), static_cast<std::size_t>(kWindows));
  }
}

}  // namespace
}  // namespace zimu::storage
