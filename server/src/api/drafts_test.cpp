// Spans done again, as clients see them. No worker runs: the test is the worker.
#include "api/site_fixture_test.hpp"

namespace zimu::api {
namespace {

using storage::testing::must;
using testing::Answer;

class DraftRoutes : public testing::Site {
 protected:
  DraftRoutes() {
    job_of(media);
    parent = parts.claim();
    parts.transcribe(parent);
    domain::MediaInfo info;
    info.duration = Milliseconds{60'000};
    EXPECT_TRUE(parts.media.inspected(media.id, info, "").has_value());
  }
  Answer create(const std::string& span, const std::string& more = "") {
    return send_json("POST", "/api/v1/jobs", fmt::format(R"({{"media_id":"{}","span":{}{}}})", media.id, span, more));
  }
  std::string span(int start = 30'000, int end = 60'000) const {
    return fmt::format(R"({{"transcript_id":"{}","start_ms":{},"end_ms":{}}})", parent.transcript_id, start, end);
  }
  domain::Media media = recording();
  domain::Job parent;
};

TEST_F(DraftRoutes, AJobSaysItsSpan) {
  EXPECT_TRUE(json_of(ask("GET", "/api/v1/jobs/" + parent.id)).at("span").is_null());
  const Answer answer = create(span(), R"(,"words":true)");
  ASSERT_EQ(answer.status, 201) << answer.body;
  const auto job = json_of(answer);
  EXPECT_EQ(job.at("span"), boost::json::parse(span()));
  EXPECT_EQ(job.at("options").at("language"), "en") << "the parent's, as it was heard";
  EXPECT_EQ(job.at("duration_ms"), 30'000);
  EXPECT_EQ(json_of(ask("GET", answer.header("location"))).at("span"), job.at("span"));
  const auto draft = json_of(ask("GET", "/api/v1/transcripts/" + std::string(job.at("transcript_id").as_string())));
  EXPECT_EQ(draft.at("origin"), "draft");
  EXPECT_EQ(draft.at("parent_id"), testing::json_text(parent.transcript_id));
  EXPECT_EQ(json_of(create(span(), R"(,"language":"zh","model":"tiny.en","prompt":"字幕")")).at("options").at("language"), "zh");
  EXPECT_EQ(json_of(create(span(), R"(,"language":"auto")")).at("options").at("language"), "auto");
  EXPECT_EQ(create("null").status, 201) << "null is no span";
}

TEST_F(DraftRoutes, WrongSpansAreNamed) {
  const auto before = parts.all_jobs().size();
  expect_problem(create("7"), 400, "'span'");
  expect_problem(create("{}"), 400, "'transcript_id'");
  expect_problem(create(R"({"transcript_id":"x","start_ms":0,"end_ms":1000})"), 400, "span.transcript_id");
  expect_problem(create(span(-1, 1000)), 400, "'start_ms'");
  expect_problem(create(span(0, 199)), 400, "200 ms");
  expect_problem(create(span(1000, 500)), 400, "end_ms");
  expect_problem(create(span(0, 60'001)), 400, "60000");
  expect_problem(create(span().replace(1, 15, R"("transcript")")), 400, "'transcript_id'");
  expect_problem(create(fmt::format(R"({{"transcript_id":"{}","start_ms":0,"end_ms":1000}})", new_uuid())), 404, "transcript");
  const auto other = recording("abc", "other.mp3");
  expect_problem(send_json("POST", "/api/v1/jobs", fmt::format(R"({{"media_id":"{}","span":{}}})", other.id, span())), 400,
                 "another recording");
  const auto running = job_of(media);
  expect_problem(create(fmt::format(R"({{"transcript_id":"{}","start_ms":0,"end_ms":1000}})", running.transcript_id)), 409,
                 "queued");
  EXPECT_EQ(parts.all_jobs().size(), before + 1);
}

TEST_F(DraftRoutes, AreShownOnlyToThoseWhoAsk) {
  const auto job = json_of(create(span()));
  const auto draft = std::string(job.at("transcript_id").as_string());
  const auto of = "/api/v1/transcripts?media_id=" + media.id;
  EXPECT_EQ(json_of(ask("GET", of)).at("items").as_array().size(), 1U);
  EXPECT_EQ(json_of(ask("GET", of + "&drafts=false")).at("items").as_array().size(), 1U);
  const auto all = json_of(ask("GET", of + "&drafts=true"));
  ASSERT_EQ(all.at("items").as_array().size(), 2U);
  EXPECT_EQ(all.at("items").at(0).at("id"), testing::json_text(draft)) << "newest first";
  expect_problem(ask("GET", of + "&drafts=maybe"), 400, "'drafts'");

  const auto shown = json_of(ask("GET", "/api/v1/media/" + media.id));
  EXPECT_EQ(shown.at("transcripts").as_array().size(), 1U);
  EXPECT_EQ(shown.at("job").at("id"), testing::json_text(parent.id)) << "the chip is that of the whole recording";
  EXPECT_EQ(json_of(ask("GET", "/api/v1/jobs?media_id=" + media.id)).at("items").as_array().size(), 2U);
}

TEST_F(DraftRoutes, ARunningDraftDoesNotLookLikeARunningRecording) {
  create(span());
  const auto draft = parts.claim();
  ASSERT_TRUE(draft.span);
  domain::Window window = storage::testing::sample_window(1);
  window.index = 0;
  window.segments[0].text = "unheard-of";
  ASSERT_OK(parts.jobs.commit(draft.id, window));
  ASSERT_OK(parts.jobs.finish(draft.id));
  EXPECT_EQ(json_of(ask("GET", "/api/v1/media/" + media.id)).at("job").at("state"), "done");
  EXPECT_EQ(json_of(ask("GET", "/api/v1/search?q=unheard-of")).at("total"), 0);
  EXPECT_EQ(json_of(ask("GET", "/api/v1/search?q=two")).at("total"), 4);
  const auto coverage = json_of(ask("GET", "/api/v1/transcripts/" + draft.transcript_id)).at("coverage");
  EXPECT_EQ(coverage.at("audible_ms"), 29'000);
  EXPECT_EQ(coverage.at("gaps").at(0).at("start_ms"), 44'000);
  EXPECT_EQ(coverage.at("left_out").at(0).at("text"), "谢谢 thanks");
  const auto srt = ask("GET", "/api/v1/transcripts/" + draft.transcript_id + "/export?format=srt").body;
  EXPECT_TRUE(srt.starts_with("1\n00:00:30,000 --> 00:00:44,000\nunheard-of")) << srt;
}

}  // namespace
}  // namespace zimu::api
