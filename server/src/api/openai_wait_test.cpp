// OpenAI's audio API over time: streams, waiting, clients and servers that go away, Idempotency-Key.
#include <gtest/gtest.h>

#include "api/openai_fixture_test.hpp"

namespace zimu::api {
namespace {

using namespace std::chrono_literals;
namespace json = boost::json;
using http::testing::Answer;
using http::testing::RawClient;
using storage::testing::sample_window;
using testing::kTranscriptions;
using testing::kTranslations;
using testing::kTwoWindows;
using testing::object_of;
using testing::speech;

constexpr const char* kKey = "Idempotency-Key: my key 1\r\n";

class OpenAiWaiting : public testing::OpenAiServer {};

/// One event of a chunked SSE body: "data: {…}\n\n".
json::object next_event(RawClient& client, std::string& pending) {
  std::size_t end = 0;
  while ((end = pending.find("\n\n")) == std::string::npos) {
    const std::string size = client.read_line();
    if (size.empty() || size == "0") {
      ADD_FAILURE() << "the stream ended after: " << pending;
      return {};
    }
    pending += client.read_exactly(std::stoul(size, nullptr, 16));
    client.read_line();
  }
  const std::string event = pending.substr(0, end);
  pending.erase(0, end + 2);
  EXPECT_TRUE(event.starts_with("data: {")) << event;
  return json::parse(event.substr(6)).as_object();
}

void skip_head(RawClient& client) {
  while (!client.read_line().empty()) {
  }
}

TEST_F(OpenAiWaiting, StreamsSegmentsAsTheyAreCommitted) {
  const auto client = sent(speech({{"stream", "true"}}));
  const auto job = parts_.claim();
  EXPECT_EQ(client->read_line(), "HTTP/1.1 200 OK");
  skip_head(*client);
  std::string pending;
  std::string text;
  for (std::int64_t index = 0; index < 2; ++index) {
    ASSERT_OK(parts_.jobs.commit(job.id, sample_window(index)));
    for (int half = 0; half < 2; ++half) {
      const auto delta = next_event(*client, pending);
      ASSERT_EQ(delta.at("type").as_string(), "transcript.text.delta");
      text += delta.at("delta").as_string().c_str();
    }
  }
  ASSERT_OK(parts_.jobs.finish(job.id));
  const auto done = next_event(*client, pending);
  EXPECT_EQ(done.at("type").as_string(), "transcript.text.done");
  EXPECT_EQ(done.at("text").as_string(), text);
  EXPECT_EQ(text, kTwoWindows);
  EXPECT_EQ(done.at("usage").at("type").as_string(), "duration");
  EXPECT_EQ(client->read_line(), "0");
}

TEST_F(OpenAiWaiting, AStreamedFailureIsAnErrorEvent) {
  const auto client = sent(speech({{"stream", "true"}}));
  ASSERT_OK(parts_.jobs.fail(parts_.claim().id, {ErrorCode::kBadMedia, "talk.mp3 has no sound", "send another", false}));
  skip_head(*client);
  std::string pending;
  const auto event = next_event(*client, pending);
  EXPECT_EQ(event.at("error").at("code").as_string(), "bad_media");
  EXPECT_EQ(client->read_line(), "0");
}

TEST_F(OpenAiWaiting, IsBusyPastItsLimit) {
  start(OpenAiLimits{.requests = 1});
  const auto first = sent(speech({}));
  const auto job = parts_.claim();
  const Answer busy = ask(speech({}));
  expect_error(busy, 429, "rate_limit_error", "", "rate_limit_exceeded");
  EXPECT_FALSE(busy.header("retry-after").empty());
  parts_.transcribe(job);
  EXPECT_EQ(first->read_answer().status, 200);
  EXPECT_EQ(transcribed(speech({})).status, 200);
}

TEST_F(OpenAiWaiting, AClientThatLeavesGivesItsPlaceBackAndItsJobGoesOn) {
  start(OpenAiLimits{.requests = 1});
  auto first = sent(speech({}));
  const auto job = parts_.claim();
  first->close();
  first.reset();
  // Its place is free once the server has noticed, while its job still runs. A stream's head comes at once.
  std::unique_ptr<RawClient> second;
  std::string status;
  do {
    second = sent(speech({{"stream", "true"}}));
    status = second->read_line();
  } while (status == "HTTP/1.1 429 Too Many Requests");
  EXPECT_EQ(status, "HTTP/1.1 200 OK");
  EXPECT_EQ(parts_.all_jobs().size(), 2U);
  parts_.transcribe(job);
  EXPECT_EQ(storage::testing::must(parts_.jobs.get(job.id)).state, domain::JobState::kDone);
  EXPECT_EQ(storage::testing::must(parts_.jobs.transcript(job.transcript_id, true)).segments.size(), 4U);
}

TEST_F(OpenAiWaiting, WaitsLongerThanTheIdleTimeout) {
  http::Limits limits;
  limits.idle_timeout = 100ms;
  start(OpenAiLimits{}, limits);
  const auto client = sent(speech({}));
  const auto job = parts_.claim();
  std::this_thread::sleep_for(400ms);
  parts_.transcribe(job);
  EXPECT_EQ(client->read_answer().status, 200);
}

TEST_F(OpenAiWaiting, AStoppingServerLetsTheJobBe) {
  const auto waiting = sent(speech({}));
  const auto streaming = sent(speech({{"stream", "true"}}));
  const auto job = parts_.claim();
  static_cast<void>(parts_.claim());
  skip_head(*streaming);
  server_->stop();
  const Answer answer = waiting->read_answer();
  expect_error(answer, 503, "server_error", "", "unavailable");
  EXPECT_FALSE(answer.header("retry-after").empty());
  std::string pending;
  EXPECT_EQ(next_event(*streaming, pending).at("error").at("code").as_string(), "unavailable");
  server_->join();
  EXPECT_EQ(storage::testing::must(parts_.jobs.get(job.id)).state, domain::JobState::kRunning);
}

TEST_F(OpenAiWaiting, AKeyFindsTheRunningJob) {
  const auto first = sent(speech({}, kTranscriptions, kKey));
  const auto job = parts_.claim();
  const auto second = sent(speech({{"response_format", "text"}}, kTranscriptions, kKey));
  const auto streaming = sent(speech({{"stream", "true"}}, kTranscriptions, kKey, std::nullopt));
  skip_head(*streaming);
  parts_.transcribe(job);
  EXPECT_EQ(object_of(first->read_answer()).at("text").as_string(), kTwoWindows);
  EXPECT_EQ(second->read_answer().body, std::string(kTwoWindows) + "\n");
  std::string pending;
  std::string text;
  for (auto event = next_event(*streaming, pending); event.contains("delta"); event = next_event(*streaming, pending)) {
    text += event.at("delta").as_string().c_str();
  }
  EXPECT_EQ(text, kTwoWindows);
  EXPECT_EQ(parts_.all_jobs().size(), 1U);
  EXPECT_EQ(parts_.recordings().size(), 1U);
  EXPECT_TRUE(parts_.incoming().empty());
}

TEST_F(OpenAiWaiting, AKeyFetchesTheAnswerLaterAlsoAfterARestart) {
  const Answer first = transcribed(speech({}, kTranscriptions, kKey));
  start(OpenAiLimits{});
  const Answer again = ask(speech({}, kTranscriptions, kKey));
  EXPECT_EQ(again.body, first.body);
  EXPECT_EQ(again.header("x-zimu-job-id"), first.header("x-zimu-job-id"));
  EXPECT_EQ(ask(speech({}, kTranscriptions, kKey, std::nullopt)).body, first.body);
  EXPECT_EQ(parts_.all_jobs().size(), 1U);
}

TEST_F(OpenAiWaiting, AKeyIsForOneRequest) {
  transcribed(speech({}, kTranscriptions, kKey));
  expect_error(ask(speech({}, kTranscriptions, kKey, "other sound")), 422, "invalid_request_error", "Idempotency-Key",
               "idempotency_key_reused");
  expect_error(ask(speech({{"language", "de"}}, kTranscriptions, kKey)), 422, "invalid_request_error", "Idempotency-Key",
               "idempotency_key_reused");
  expect_error(ask(speech({}, kTranslations, kKey)), 422, "invalid_request_error", "Idempotency-Key",
               "idempotency_key_reused");
  EXPECT_EQ(transcribed(speech({}, kTranscriptions, "Idempotency-Key: my key 2\r\n")).status, 200);
  EXPECT_EQ(parts_.all_jobs().size(), 2U);
}

TEST_F(OpenAiWaiting, AKeyTriesARetryableFailureAgain) {
  const auto first = sent(speech({}, kTranscriptions, kKey));
  const auto job = parts_.claim();
  ASSERT_OK(parts_.jobs.commit(job.id, sample_window(0)));
  ASSERT_OK(parts_.jobs.fail(job.id, {ErrorCode::kWorkerCrashed, "the worker died", "", true}));
  EXPECT_EQ(first->read_answer().status, 500);
  const auto second = sent(speech({}, kTranscriptions, kKey));
  const auto again = parts_.claim();
  EXPECT_EQ(again.id, job.id);
  ASSERT_OK(parts_.jobs.commit(again.id, sample_window(1)));
  ASSERT_OK(parts_.jobs.finish(again.id));
  EXPECT_EQ(object_of(second->read_answer()).at("text").as_string(), kTwoWindows);
}

TEST_F(OpenAiWaiting, AKeyRepeatsAFinalFailure) {
  const auto first = sent(speech({}, kTranscriptions, kKey));
  ASSERT_OK(parts_.jobs.fail(parts_.claim().id, {ErrorCode::kBadMedia, "no sound", "", false}));
  EXPECT_EQ(first->read_answer().status, 400);
  EXPECT_EQ(ask(speech({}, kTranscriptions, kKey)).status, 400);
  EXPECT_EQ(parts_.all_jobs().size(), 1U);
}

TEST_F(OpenAiWaiting, ManyAtOnceWithOneKeyMakeOneJob) {
  std::vector<std::unique_ptr<RawClient>> clients;
  for (int i = 0; i < 8; ++i) clients.push_back(sent(speech({}, kTranscriptions, kKey)));
  parts_.transcribe(parts_.claim());
  for (const auto& client : clients) EXPECT_EQ(client->read_answer().status, 200);
  EXPECT_EQ(parts_.all_jobs().size(), 1U);
}

}  // namespace
}  // namespace zimu::api
