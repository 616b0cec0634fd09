// Jobs and transcripts. No worker runs: the test is the worker.
#include "api/site_fixture_test.hpp"

namespace zimu::api {
namespace {

using storage::testing::must;
using testing::Answer;

class JobRoutes : public testing::Site {
 protected:
  Answer create(const std::string& more = "") {
    return send_json("POST", "/api/v1/jobs", fmt::format(R"({{"media_id":"{}"{}}})", media.id, more));
  }
  /// A finished job and its transcript.
  domain::Job finished() {
    job_of(media);
    const auto job = parts.claim();
    parts.transcribe(job);
    return job;
  }
  domain::Media media = recording();
};

TEST_F(JobRoutes, CreatesWithDefaults) {
  const Answer answer = create();
  ASSERT_EQ(answer.status, 201) << answer.body;
  const auto job = json_of(answer);
  EXPECT_EQ(job.at("state"), "queued");
  EXPECT_EQ(job.at("options").at("model"), "base");
  EXPECT_EQ(job.at("options").at("language"), "auto");
  EXPECT_EQ(job.at("options").at("beam_size"), 5);
  EXPECT_EQ(job.at("media_id"), testing::json_text(media.id));
  EXPECT_TRUE(job.at("failure").is_null());
  EXPECT_EQ(json_of(ask("GET", answer.header("location"))).at("id"), job.at("id"));
}

TEST_F(JobRoutes, CreatesAsAsked) {
  const Answer answer = create(
      R"(,"model":"tiny.en","language":"zh","task":"translate","words":true,"prompt":"字幕","device":"cpu","threads":3,)"
      R"("audio_stream":1,"temperature":0.5,"beam_size":2,"priority":-7)");
  ASSERT_EQ(answer.status, 201) << answer.body;
  const auto options = json_of(answer).at("options");
  EXPECT_EQ(options, boost::json::parse(
                         R"({"model":"tiny.en","language":"zh","task":"translate","words":true,"prompt":"字幕",)"
                         R"("device":"cpu","threads":3,"audio_stream":1,"temperature":0.5,"beam_size":2,"languages":[]})"));
  EXPECT_EQ(json_of(answer).at("priority"), -7);
}

TEST_F(JobRoutes, ChoosesAmongLanguages) {
  const Answer answer = create(R"(,"languages":["en","yue"])");
  ASSERT_EQ(answer.status, 201) << answer.body;
  const auto id = json_of(answer).at("id").as_string();
  const auto options = json_of(ask("GET", "/api/v1/jobs/" + std::string(id))).at("options");
  EXPECT_EQ(options.at("languages"), boost::json::parse(R"(["en","yue"])"));
  EXPECT_EQ(options.at("language"), "auto");
  EXPECT_EQ(parts.claim().options.languages, (std::vector<std::string>{"en", "yue"}));
  expect_problem(create(R"(,"languages":["klingon"])"), 400, "languages");
  expect_problem(create(R"(,"languages":"en")"), 400, "'languages'");
  expect_problem(create(R"(,"languages":["en"],"language":"en")"), 400, "languages");
}

TEST_F(JobRoutes, PausesAndResumes) {
  const auto job = job_of(media);
  const std::string path = "/api/v1/jobs/" + job.id;
  expect_problem(ask("POST", path + "/resume"), 409, "only paused jobs");
  const auto paused = json_of(ask("POST", path + "/pause"));
  EXPECT_EQ(paused.at("state"), "paused");
  EXPECT_TRUE(paused.at("failure").is_null());
  EXPECT_EQ(json_of(send_json("POST", path + "/pause", "{}")).at("state"), "paused");
  EXPECT_EQ(json_of(ask("POST", path + "/resume")).at("state"), "queued");
  const auto running = parts.claim();
  EXPECT_EQ(json_of(ask("POST", path + "/pause")).at("stage"), "pausing");
  EXPECT_TRUE(parts.jobs.pause_requested(running.id));
  ASSERT_TRUE(parts.jobs.requeue(running.id));
  EXPECT_EQ(json_of(ask("GET", path)).at("state"), "paused");
  ask("POST", path + "/cancel");
  expect_problem(ask("POST", path + "/pause"), 409, "cancelled");
  expect_problem(ask("POST", "/api/v1/jobs/" + new_uuid() + "/pause"), 404, "job");
}

TEST_F(JobRoutes, NamesTheWrongField) {
  const std::vector<std::pair<std::string, std::string>> wrong{
      {R"("model":"../../etc")", "model"},  {R"("model":7)", "'model'"},          {R"("language":"klingon")", "language"},
      {R"("task":"sing")", "'task'"},       {R"("words":"yes")", "'words'"},      {R"("threads":-1)", "threads"},
      {R"("threads":1.5)", "'threads'"},    {R"("temperature":2)", "'temperature'"}, {R"("device":"tpu")", "device"},
      {R"("priority":101)", "'priority'"},  {R"("beam_size":0)", "beam_size"},    {R"("beam_size":6)", "beam_size"},
       {R"("prompt":"a\u0000b")", "'prompt'"}, {R"("modle":"base")", "'modle'"},
      {R"("audio_stream":99999999999999999999)", "'audio_stream'"}};
  for (const auto& [field, name] : wrong) expect_problem(create("," + field), 400, name);
  expect_problem(send_json("POST", "/api/v1/jobs", "{}"), 400, "'media_id'");
  expect_problem(send_json("POST", "/api/v1/jobs", R"({"media_id":"x"})"), 400, "'media_id'");
  expect_problem(send_json("POST", "/api/v1/jobs", "nonsense"), 400, "JSON");
  expect_problem(ask("POST", "/api/v1/jobs"), 400, "JSON");
  EXPECT_TRUE(parts.all_jobs().empty());
}

TEST_F(JobRoutes, NeedsAReadableRecording) {
  expect_problem(send_json("POST", "/api/v1/jobs", fmt::format(R"({{"media_id":"{}"}})", new_uuid())), 404, "not_found");
  ASSERT_OK(parts.media.unreadable(media.id, Error{ErrorCode::kBadMedia, "no audio"}));
  expect_problem(create(), 422, "bad_media");
}

TEST_F(JobRoutes, ListsByStateAndRecording) {
  const auto first = job_of(media);
  const auto other = job_of(recording());
  must(parts.jobs.cancel(first.id));
  const auto ids = [&](const std::string& query) {
    std::vector<std::string> out;
    const auto page = json_of(ask("GET", "/api/v1/jobs" + query));
    for (const auto& item : page.at("items").as_array()) out.emplace_back(item.at("id").as_string());
    return out;
  };
  EXPECT_EQ(ids(""), (std::vector{other.id, first.id}));
  EXPECT_EQ(ids("?state=cancelled"), std::vector{first.id});
  EXPECT_EQ(ids("?media_id=" + media.id), std::vector{first.id});
  EXPECT_EQ(ids("?limit=1"), std::vector{other.id});
  expect_problem(ask("GET", "/api/v1/jobs?state=lost"), 400, "'state'");
  expect_problem(ask("GET", "/api/v1/jobs?media_id=1"), 400, "'media_id'");
}

TEST_F(JobRoutes, CancelRetryPriorityDelete) {
  const auto job = job_of(media);
  const std::string path = "/api/v1/jobs/" + job.id;
  EXPECT_EQ(json_of(send_json("POST", path + "/priority", R"({"priority":9})")).at("priority"), 9);
  expect_problem(send_json("POST", path + "/priority", R"({"priority":"high"})"), 400, "'priority'");
  expect_problem(send_json("POST", path + "/priority", "{}"), 400, "'priority'");
  expect_problem(ask("DELETE", path), 409, "cancel");
  EXPECT_EQ(json_of(ask("POST", path + "/cancel")).at("state"), "cancelled");
  EXPECT_EQ(ask("POST", path + "/cancel").status, 409);
  EXPECT_EQ(json_of(send_json("POST", path + "/retry", "{}")).at("state"), "queued");
  EXPECT_EQ(ask("POST", path + "/retry").status, 409);
  EXPECT_EQ(ask("POST", path + "/cancel").status, 200);
  EXPECT_EQ(ask("DELETE", path).status, 204);
  EXPECT_EQ(ask("GET", path).status, 404);
  EXPECT_EQ(ask("GET", "/api/v1/jobs/x").status, 404);
}

TEST_F(JobRoutes, Transcript) {
  const auto job = finished();
  const std::string path = "/api/v1/transcripts/" + job.transcript_id;
  const auto transcript = json_of(ask("GET", path));
  EXPECT_EQ(transcript.at("complete"), true);
  EXPECT_EQ(transcript.at("segments").as_array().size(), 4U);
  EXPECT_EQ(transcript.at("segments").at(1).at("words").as_array().size(), 3U);
  const auto list = json_of(ask("GET", "/api/v1/transcripts?media_id=" + media.id));
  EXPECT_EQ(list.at("items").as_array().size(), 1U);
  EXPECT_FALSE(list.at("items").at(0).as_object().contains("segments"));
  EXPECT_TRUE(list.at("next").is_null());
  const auto windows = json_of(ask("GET", path + "/windows"));
  EXPECT_EQ(windows.at("items").at(1).at("retries").at(0).at("reason"), "compression_ratio");
  EXPECT_EQ(json_of(send_json("PATCH", path, R"({"title":"会议"})")).at("title"), "会议");
  EXPECT_EQ(ask("GET", "/api/v1/transcripts/" + new_uuid()).status, 404);
  EXPECT_EQ(ask("GET", "/api/v1/transcripts/" + new_uuid() + "/windows").status, 404);
  expect_problem(ask("GET", "/api/v1/transcripts"), 400, "'media_id'");
  EXPECT_EQ(ask("GET", "/api/v1/transcripts?media_id=" + new_uuid()).status, 404);
}

TEST_F(JobRoutes, Exports) {
  const auto job = finished();
  must(parts.jobs.rename_transcript(job.transcript_id, "会议/1"));
  const std::string path = "/api/v1/transcripts/" + job.transcript_id + "/export";
  const Answer srt = ask("GET", path + "?format=srt&download=1");
  EXPECT_EQ(srt.status, 200);
  EXPECT_TRUE(srt.body.starts_with("1\n00:00:00,000 --> 00:00:14,000\none two 三\n")) << srt.body;
  EXPECT_TRUE(srt.header("content-type").starts_with("application/x-subrip"));
  EXPECT_EQ(srt.header("content-disposition"), "attachment; filename=\"___1.srt\"; filename*=UTF-8''%E4%BC%9A%E8%AE%AE_1.srt");
  EXPECT_TRUE(ask("GET", path + "?format=vtt").header("content-disposition").starts_with("inline"));
  EXPECT_NE(ask("GET", path + "?format=vtt&words=1").body, ask("GET", path + "?format=vtt").body);
  expect_problem(ask("GET", path), 400, "'format'");
  expect_problem(ask("GET", path + "?format=docx"), 400, "docx");
  expect_problem(ask("GET", path + "?format=srt&words=x"), 400, "'words'");
  EXPECT_EQ(ask("GET", "/api/v1/transcripts/" + new_uuid() + "/export?format=srt").status, 404);
}

}  // namespace
}  // namespace zimu::api
