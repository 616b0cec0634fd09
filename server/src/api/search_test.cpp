// The search routes: what they say, and what they refuse.
#include "api/site_fixture_test.hpp"

namespace zimu::api {
namespace {

class SearchRoutes : public testing::Site {
 protected:
  SearchRoutes() {
    job_of(media);
    job = parts.claim();
    parts.transcribe(job);
  }
  domain::Media media = recording();
  domain::Job job;
};

TEST_F(SearchRoutes, Everywhere) {
  const auto page = json_of(ask("GET", "/api/v1/search?q=two%20%E4%B8%89&limit=3"));
  EXPECT_EQ(page.at("total"), 4);
  EXPECT_EQ(page.at("complete"), true);
  ASSERT_EQ(page.at("items").as_array().size(), 3U);
  const auto& hit = page.at("items").at(0);
  EXPECT_EQ(hit, boost::json::parse(fmt::format(
                     R"({{"media_id":"{}","media_title":"talk","transcript_id":"{}","segment_index":0,"start_ms":0,)"
                     R"("end_ms":14000,"language":"en","snippet":"one two 三","marks":[{{"start":4,"end":7}},{{"start":8,"end":9}}]}})",
                     media.id, job.transcript_id)));
  const auto next = std::string(page.at("next").as_string());
  const auto rest = json_of(ask("GET", "/api/v1/search?q=two%20%E4%B8%89&limit=3&cursor=" + next));
  ASSERT_EQ(rest.at("items").as_array().size(), 1U);
  EXPECT_EQ(rest.at("items").at(0).at("segment_index"), 3);
  EXPECT_TRUE(rest.at("next").is_null());
  EXPECT_EQ(ask("DELETE", "/api/v1/media/" + media.id).status, 204);
  EXPECT_EQ(json_of(ask("GET", "/api/v1/search?q=two")).at("total"), 0);
}

TEST_F(SearchRoutes, InATranscript) {
  const std::string path = "/api/v1/transcripts/" + job.transcript_id + "/search";
  EXPECT_EQ(json_of(ask("GET", path + "?q=ONE")).at("total"), 4);
  EXPECT_EQ(json_of(ask("GET", path + "?q=four")).at("total"), 0);
  expect_problem(ask("GET", path), 400, "'q'");
  expect_problem(ask("GET", "/api/v1/transcripts/" + new_uuid() + "/search?q=one"), 404, "not_found");
  expect_problem(ask("GET", "/api/v1/transcripts/1/search?q=one"), 404, "not_found");
}

TEST_F(SearchRoutes, RefusesWithAReason) {
  expect_problem(ask("GET", "/api/v1/search"), 400, "'q'");
  expect_problem(ask("GET", "/api/v1/search?q=" + std::string(10'000, 'x')), 400, "512");
  expect_problem(ask("GET", "/api/v1/search?q=one&limit=0"), 400, "'limit'");
  expect_problem(ask("GET", "/api/v1/search?q=one&limit=501"), 400, "'limit'");
  expect_problem(ask("GET", "/api/v1/search?q=one&cursor=1"), 400, "'cursor'");
  for (const char* text : {"", "%22", "%22%22%22", "NEAR(", "*", "a%20AND", "%25", "';"}) {
    EXPECT_EQ(ask("GET", std::string("/api/v1/search?q=") + text).status, 200) << text;
  }
  for (const char* text : {"a%00b", "%FF%FE"}) {
    EXPECT_EQ(ask("GET", std::string("/api/v1/search?q=") + text).status, 400) << "no URL may hold this: " << text;
  }
}

}  // namespace
}  // namespace zimu::api
