// OpenAI's audio API over real sockets and a real database: shapes of answers and errors.
#include <gtest/gtest.h>

#include "api/openai_fixture_test.hpp"

namespace zimu::api {
namespace {

namespace json = boost::json;
using http::testing::Answer;
using storage::testing::sample_window;
using testing::closing;
using testing::field;
using testing::kTranscriptions;
using testing::kTranslations;
using testing::kTwoWindows;
using testing::object_of;
using testing::post;
using testing::speech;

class OpenAi : public testing::OpenAiServer {};

TEST_F(OpenAi, JsonHasTextAndUsage) {
  const Answer answer = transcribed(speech({}));
  ASSERT_EQ(answer.status, 200) << answer.body;
  EXPECT_EQ(answer.header("content-type"), "application/json");
  const auto body = object_of(answer);
  EXPECT_EQ(body.at("text").as_string(), kTwoWindows);
  EXPECT_EQ(body.at("usage"), (json::value{{"type", "duration"}, {"seconds", 60}}));
  EXPECT_EQ(body.size(), 2U);
}

TEST_F(OpenAi, KeepsTheRecordingAndItsJob) {
  const Answer answer = transcribed(speech({{"prompt", "names"}, {"temperature", "0.5"}, {"language", "en"}}));
  const auto recordings = parts_.recordings();
  ASSERT_EQ(recordings.size(), 1U);
  EXPECT_EQ(recordings[0].source, "openai");
  EXPECT_EQ(recordings[0].file_name, "talk.mp3");
  const auto jobs = parts_.all_jobs();
  ASSERT_EQ(jobs.size(), 1U);
  EXPECT_EQ(answer.header("x-zimu-job-id"), jobs[0].id);
  EXPECT_GT(jobs[0].priority, 0);
  EXPECT_EQ(jobs[0].options.prompt, "names");
  EXPECT_EQ(jobs[0].options.language, "en");
  EXPECT_FLOAT_EQ(jobs[0].options.temperature, 0.5F);
}

TEST_F(OpenAi, TextSrtAndVttAreRawBodies) {
  const Answer text = transcribed(speech({{"response_format", "text"}}));
  EXPECT_EQ(text.header("content-type"), "text/plain; charset=utf-8");
  EXPECT_EQ(text.body, std::string(kTwoWindows) + "\n");
  const Answer srt = transcribed(speech({{"response_format", "srt"}}));
  EXPECT_TRUE(srt.body.starts_with("1\n00:00:00,000 --> 00:00:14,000\none two 三\n\n2\n00:00:15,000 --> ")) << srt.body;
  const Answer vtt = transcribed(speech({{"response_format", "vtt"}}));
  EXPECT_TRUE(vtt.body.starts_with("WEBVTT\n\n")) << vtt.body;
  EXPECT_TRUE(vtt.header("content-type").starts_with("text/vtt"));
}

TEST_F(OpenAi, VerboseJsonHasSegmentsByDefault) {
  const auto body = object_of(transcribed(speech({{"response_format", "verbose_json"}})));
  EXPECT_EQ(body.at("task").as_string(), "transcribe");
  EXPECT_EQ(body.at("language").as_string(), "english");
  EXPECT_EQ(body.at("duration").to_number<double>(), 60.0);
  EXPECT_EQ(body.at("text").as_string(), kTwoWindows);
  EXPECT_FALSE(body.contains("words"));
  const auto& segments = body.at("segments").as_array();
  ASSERT_EQ(segments.size(), 4U);
  EXPECT_EQ(segments[3], (json::value{{"id", 3},
                                      {"seek", 3000},
                                      {"start", 45.0},
                                      {"end", 59.0},
                                      {"text", " one two 三"},
                                      {"tokens", {50364, 220, 7, 50864}},
                                      {"temperature", 0.0},
                                      {"avg_logprob", -0.25},
                                      {"compression_ratio", 1.5},
                                      {"no_speech_prob", 0.0625}}));
  EXPECT_EQ(segments[1].at("seek").to_number<int>(), 0);
}

TEST_F(OpenAi, WordGranularityHasWordsAndNoSegments) {
  const auto client = sent(speech({{"response_format", "verbose_json"}, {"timestamp_granularities[]", "word"}}));
  const auto job = parts_.claim();
  EXPECT_TRUE(job.options.words);
  parts_.transcribe(job, 1);
  const auto body = object_of(client->read_answer());
  EXPECT_FALSE(body.contains("segments"));
  const auto& words = body.at("words").as_array();
  ASSERT_EQ(words.size(), 6U);
  EXPECT_EQ(words[1], (json::value{{"word", "one"}, {"start", 1.0}, {"end", 1.9}}));
  EXPECT_EQ(words[2].at("word").as_string(), "三");
}

TEST_F(OpenAi, BothGranularitiesHaveBoth) {
  const auto body = object_of(transcribed(speech({{"response_format", "verbose_json"},
                                                  {"timestamp_granularities[]", "word"},
                                                  {"timestamp_granularities[]", "segment"}})));
  EXPECT_EQ(body.at("words").as_array().size(), 12U);
  EXPECT_EQ(body.at("segments").as_array().size(), 4U);
}

TEST_F(OpenAi, TranslationsAreEnglish) {
  const auto client = sent(speech({{"response_format", "verbose_json"}}, kTranslations));
  const auto job = parts_.claim();
  EXPECT_EQ(job.options.task, domain::Task::kTranslate);
  ASSERT_OK(parts_.jobs.language_found(job.id, "fr", 0.9F));
  ASSERT_OK(parts_.jobs.commit(job.id, sample_window(0)));
  ASSERT_OK(parts_.jobs.finish(job.id));
  const auto body = object_of(client->read_answer());
  EXPECT_EQ(body.at("task").as_string(), "translate");
  EXPECT_EQ(body.at("language").as_string(), "english");
}

TEST_F(OpenAi, SilenceIsAnEmptyText) {
  const auto client = sent(speech({}));
  ASSERT_OK(parts_.jobs.finish(parts_.claim().id));
  EXPECT_EQ(object_of(client->read_answer()).at("text").as_string(), "");
}

TEST_F(OpenAi, RefusesWrongForms) {
  expect_error(ask("POST /v1/audio/transcriptions HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n"
                   "Content-Length: 2\r\n\r\n{}"),
               415, "invalid_request_error", "", "unsupported");
  expect_error(ask(speech({}, kTranscriptions, "", std::nullopt)), 400, "invalid_request_error", "file",
               "missing_required_parameter");
  expect_error(ask(speech({}, kTranscriptions, "", "")), 400, "invalid_request_error", "file", "bad_media");
  expect_error(ask(post(kTranscriptions, testing::file("sound") + closing())), 400, "invalid_request_error", "model",
               "missing_required_parameter");
  expect_error(ask(post(kTranscriptions, field("model", "large-v3") + testing::file("sound") + closing())), 404,
               "invalid_request_error", "model", "model_not_found");
  expect_error(ask(speech({{"response_format", "diarized_json"}})), 400, "invalid_request_error", "response_format",
               "unsupported_value");
  expect_error(ask(speech({}, kTranscriptions, "Idempotency-Key: " + std::string(256, 'k') + "\r\n")), 400,
               "invalid_request_error", "Idempotency-Key", "invalid_value");
  expect_nothing_kept();
}

TEST_F(OpenAi, UndecodableFilesAre400AndNotToBeRetried) {
  const auto client = sent(speech({}));
  ASSERT_OK(parts_.jobs.fail(parts_.claim().id, {ErrorCode::kBadMedia, "talk.mp3 has no sound", "send another", false}));
  const Answer answer = client->read_answer();
  expect_error(answer, 400, "invalid_request_error", "file", "bad_media");
  EXPECT_NE(answer.body.find("talk.mp3 has no sound; send another"), std::string::npos);
  EXPECT_EQ(answer.header("x-should-retry"), "false");
}

TEST_F(OpenAi, CrashesAre500AndMayBeRetried) {
  const auto client = sent(speech({}));
  ASSERT_OK(parts_.jobs.fail(parts_.claim().id, {ErrorCode::kWorkerCrashed, "the worker died", "", true}));
  const Answer answer = client->read_answer();
  expect_error(answer, 500, "server_error", "", "worker_crashed");
  EXPECT_EQ(answer.header("x-should-retry"), "true");
}

TEST_F(OpenAi, CancelledJobsAre409AndNotToBeRetried) {
  const auto client = sent(speech({}));
  const auto job = parts_.claim();
  ASSERT_OK(parts_.jobs.cancel(job.id));
  ASSERT_OK(parts_.jobs.cancelled(job.id));
  const Answer answer = client->read_answer();
  expect_error(answer, 409, "invalid_request_error", "", "cancelled");
  EXPECT_EQ(answer.header("x-should-retry"), "false");
}

TEST_F(OpenAi, ADeletedRecordingEndsItsRequest) {
  const auto client = sent(speech({}));
  const auto job = parts_.claim();
  ASSERT_OK(parts_.media.remove(job.media_id));
  expect_error(client->read_answer(), 404, "invalid_request_error", "", "not_found");
}

TEST_F(OpenAi, ListsModels) {
  const auto get = [&](const std::string& path) { return ask("GET " + path + " HTTP/1.1\r\nHost: a\r\n\r\n"); };
  const auto list = object_of(get("/v1/models"));
  EXPECT_EQ(list.at("object").as_string(), "list");
  std::vector<std::string> ids;
  for (const auto& model : list.at("data").as_array()) {
    EXPECT_EQ(model.at("object").as_string(), "model");
    EXPECT_TRUE(model.at("created").is_int64() && model.at("owned_by").is_string());
    ids.emplace_back(model.at("id").as_string().c_str());
  }
  EXPECT_EQ(ids, (std::vector<std::string>{"base", "tiny.en", "whisper-1"}));
  EXPECT_EQ(object_of(get("/v1/models/tiny.en")).at("id").as_string(), "tiny.en");
  EXPECT_EQ(object_of(get("/v1/models/whisper-1")).at("id").as_string(), "whisper-1");
  expect_error(get("/v1/models/org/large"), 404, "invalid_request_error", "model", "model_not_found");
}

TEST_F(OpenAi, OtherSitesPagesAreRefused) {
  EXPECT_EQ(ask(speech({}, kTranscriptions, "Origin: https://evil.example\r\n")).status, 403);
  expect_nothing_kept();
}

}  // namespace
}  // namespace zimu::api
