// Subtitle rules in the query, and the check of a transcript.
#include "api/site_fixture_test.hpp"

namespace zimu::api {
namespace {

namespace json = boost::json;

class CaptionRoutes : public testing::Site {
 protected:
  /// A finished transcript: one sentence of 44 characters said in two seconds, without word times.
  std::string finished() {
    const auto job = job_of(recording());
    parts.claim();
    domain::Window window;
    window.end = Milliseconds{20'000};
    domain::Segment segment;
    segment.start = Milliseconds{1000};
    segment.end = Milliseconds{3000};
    segment.text = "They stayed at home, because it had rained.";
    window.segments = {segment};
    const auto done = parts.jobs.commit(job.id, window);
    EXPECT_TRUE(done) << done.error().message;
    return "/api/v1/transcripts/" + job.transcript_id;
  }
};

TEST_F(CaptionRoutes, AnExportKeepsTheRules) {
  const std::string path = finished() + "/export?format=srt";
  EXPECT_NE(ask("GET", path).body.find("\nThey stayed at home, because it had rained.\n"), std::string::npos);
  EXPECT_NE(ask("GET", path + "&preset=bbc").body.find("\nThey stayed at home,\nbecause it had rained.\n"), std::string::npos)
      << ask("GET", path + "&preset=bbc").body;
  EXPECT_NE(ask("GET", path + "&line_chars=30").body.find("home,\nbecause"), std::string::npos) << "values alone are rules too";
}

TEST_F(CaptionRoutes, TheCheckNamesWhatIsBroken) {
  const std::string path = finished() + "/check";
  const auto before = json_of(ask("GET", path + "?preset=netflix&cps=20&cues=segments"));
  EXPECT_EQ(before.at("preset"), "netflix");
  EXPECT_EQ(before.at("rules").at("line_chars"), 42);
  ASSERT_EQ(before.at("violations").as_array().size(), 2U) << json::serialize(before);
  const auto& first = before.at("violations").at(0);
  EXPECT_EQ(first.at("rule"), "line_length");
  EXPECT_EQ(first.at("value").to_number<double>(), 43);
  EXPECT_EQ(first.at("limit").to_number<double>(), 42);
  EXPECT_EQ(first.at("cue"), 0);
  EXPECT_EQ(first.at("start_ms"), 1000);
  EXPECT_EQ(before.at("violations").at(1).at("rule"), "reading_speed");
  EXPECT_EQ(json_of(ask("GET", path + "?preset=netflix&cps=20")).at("violations").as_array().size(), 0U);
}

TEST_F(CaptionRoutes, WrongValuesAreNamed) {
  const std::string path = finished();
  for (const std::string route : {"/export?format=srt&", "/check?"}) {
    expect_problem(ask("GET", path + route + "preset=vimeo"), 400, "netflix, bbc, youtube, zh, custom");
    expect_problem(ask("GET", path + route + "lines=x"), 400, "'lines'");
    expect_problem(ask("GET", path + route + "shortest_ms=9000"), 400, "'shortest_ms'");
  }
  expect_problem(ask("GET", path + "/check"), 400, "'preset'");
  expect_problem(ask("GET", path + "/check?preset=bbc&cues=x"), 400, "'cues'");
  EXPECT_EQ(ask("GET", "/api/v1/transcripts/" + new_uuid() + "/check?preset=bbc").status, 404);
}

/// The document's bounds are those of the server.
TEST_F(CaptionRoutes, BoundsAreTheDocumented) {
  const std::string path = finished() + "/check?";
  const auto document = json_of(ask("GET", "/api/v1/openapi.json"));
  int bounded = 0;
  for (const auto& [key, parameter] : document.at("components").at("parameters").as_object()) {
    const std::string name(parameter.at("name").as_string());
    const auto& schema = parameter.at("schema").as_object();
    if (name == "longest_ms" || !document.at("components").at("parameters").at(key).as_object().contains("description") ||
        !schema.contains("maximum") || parameter.at("in") != "query" || name == "limit") {
      continue;
    }
    ++bounded;
    // The longest a cue may be, so that every shortest fits.
    const auto status = [&](std::int64_t value) {
      return ask("GET", path + (name == "shortest_ms" ? "longest_ms=30000&" : "") + fmt::format("{}={}", name, value)).status;
    };
    EXPECT_EQ(status(schema.at("minimum").as_int64()), 200) << name;
    EXPECT_EQ(status(schema.at("maximum").as_int64()), 200) << name;
    EXPECT_EQ(status(schema.at("minimum").as_int64() - 1), 400) << name;
    EXPECT_EQ(status(schema.at("maximum").as_int64() + 1), 400) << name;
  }
  EXPECT_EQ(bounded, 5) << "line_chars, lines, cps, shortest_ms, gap_ms";
}

}  // namespace
}  // namespace zimu::api
