// docs/openapi.json against the routes there are, and the system routes.
#include "api/openapi.hpp"

#include "api/site_fixture_test.hpp"

namespace zimu::api {
namespace {

namespace json = boost::json;

std::string text_of(json::string_view text) { return {text.data(), text.size()}; }

class OpenApi : public testing::Site {
 protected:
  json::value document = json::parse(json::string_view(openapi_document().data(), openapi_document().size()));

  /// A path with an id for each {name}.
  static std::string example(std::string path) {
    for (auto open = path.find('{'); open != std::string::npos; open = path.find('{')) {
      path.replace(open, path.find('}') - open + 1, new_uuid());
    }
    return path;
  }
  void expect_resolves(const json::value& node) {
    if (node.is_array()) {
      for (const auto& item : node.as_array()) expect_resolves(item);
    }
    if (!node.is_object()) return;
    for (const auto& [key, value] : node.as_object()) {
      if (key != "$ref") {
        expect_resolves(value);
        continue;
      }
      const std::string pointer = text_of(value.as_string()).substr(1);
      boost::system::error_code ec;
      EXPECT_NE(document.find_pointer(pointer, ec), nullptr) << pointer;
    }
  }
};

TEST_F(OpenApi, EveryOperationIsRouted) {
  http::Router router;
  add_routes(router, parts.context);
  EXPECT_EQ(document.at("openapi"), "3.1.0");
  for (const auto& [key, item] : document.at("paths").as_object()) {
    const std::string path = example(text_of(key));
    std::string documented;
    for (const char* method : {"get", "head", "post", "put", "patch", "delete", "options"}) {
      if (!item.as_object().contains(method)) continue;
      std::string name = method;
      for (char& c : name) c = static_cast<char>(c - 'a' + 'A');
      documented += name + " ";
      const auto match = router.match(name, path);
      ASSERT_NE(match.handler, nullptr) << name << " " << key;
      EXPECT_EQ(match.pattern.find("rest*"), std::string::npos) << key;
      EXPECT_EQ(match.pattern.find("path*"), std::string::npos) << key;
    }
    const std::string allow = router.match("TRACE", path).allow;
    for (const char* method : {"GET", "POST", "PUT", "PATCH", "DELETE"}) {
      EXPECT_EQ(allow.find(method) != std::string::npos, documented.find(method) != std::string::npos) << method << " " << key;
    }
  }
}

TEST_F(OpenApi, EveryReferenceResolves) { expect_resolves(document); }

TEST_F(OpenApi, IsServed) {
  const auto answer = ask("GET", "/api/v1/openapi.json");
  EXPECT_EQ(answer.header("content-type"), "application/json");
  EXPECT_EQ(json_of(answer), document);
}

/// Every name that a schema requires is there: the shapes do not drift apart.
void expect_required(const json::value& document, const char* schema, const json::value& value) {
  for (const auto& name : document.at("components").at("schemas").at(schema).at("required").as_array()) {
    EXPECT_TRUE(value.as_object().contains(name.as_string())) << schema << " lacks " << name;
  }
  for (const auto& member : value.as_object()) {
    const auto& properties = document.at("components").at("schemas").at(schema).at("properties").as_object();
    EXPECT_TRUE(properties.contains(member.key())) << schema << " does not know " << member.key();
  }
}

TEST_F(OpenApi, ShapesAreTheDocumented) {
  const auto media = recording();
  const auto job = job_of(media);
  expect_required(document, "Media", json_of(ask("GET", "/api/v1/media/" + media.id)));
  expect_required(document, "Job", json_of(ask("GET", "/api/v1/jobs/" + job.id)));
  expect_required(document, "JobOptions", json_of(ask("GET", "/api/v1/jobs/" + job.id)).at("options"));
  expect_required(document, "TranscriptHeader",
                  json_of(ask("GET", "/api/v1/transcripts?media_id=" + media.id)).at("items").at(0));
  ASSERT_OK(parts.jobs.commit(parts.claim().id, storage::testing::sample_window(0)));
  const auto transcript = json_of(ask("GET", "/api/v1/transcripts/" + job.transcript_id));
  expect_required(document, "Coverage", transcript.at("coverage"));
  expect_required(document, "Window",
                  json_of(ask("GET", "/api/v1/transcripts/" + job.transcript_id + "/windows")).at("items").at(0));
  expect_required(document, "Tags", json_of(ask("GET", "/api/v1/tags")));
  expect_required(document, "System", json_of(ask("GET", "/api/v1/system")));
  expect_required(document, "Models", json_of(ask("GET", "/api/v1/models")));
  expect_required(document, "Problem", json_of(ask("GET", "/api/v1/export")));
}

TEST_F(OpenApi, NumbersHaveTheDocumentedBounds) {
  const auto media = recording();
  const auto status = [&](const std::string& field, std::int64_t value) {
    return send_json("POST", "/api/v1/jobs", fmt::format(R"({{"media_id":"{}","{}":{}}})", media.id, field, value)).status;
  };
  int bounded = 0;
  for (const auto& [key, schema] : document.at("components").at("schemas").at("NewJob").at("properties").as_object()) {
    if (!schema.as_object().contains("maximum")) continue;
    ++bounded;
    const std::string field = text_of(key);
    const auto least = schema.at("minimum").as_int64();
    const auto most = schema.at("maximum").as_int64();
    EXPECT_EQ(status(field, least), 201) << field;
    EXPECT_EQ(status(field, most), 201) << field;
    EXPECT_EQ(status(field, least - 1), 400) << field;
    EXPECT_EQ(status(field, most + 1), 400) << field;
  }
  EXPECT_EQ(bounded, 5) << "threads, audio_stream, temperature, beam_size, priority";
}

TEST_F(OpenApi, System) {
  const auto system = json_of(ask("GET", "/api/v1/system"));
  EXPECT_EQ(system.at("version"), "1.2.3");
  EXPECT_EQ(system.at("status"), "degraded");
  EXPECT_EQ(system.at("max_upload_bytes"), testing::kMaxUpload);
  EXPECT_EQ(system.at("formats").as_array().size(), 11U);
  EXPECT_EQ(system.at("languages").at(0).at("code"), "en");
  EXPECT_EQ(system.at("workers").at(0).at("pid"), 7);
  const auto& gpu = system.at("checks").at(1);
  EXPECT_EQ(gpu.at("seen"), "driver 1");
  EXPECT_EQ(gpu.at("findings").at(0).at("code"), "gpu.none_shown");
  EXPECT_EQ(gpu.at("findings").at(0).at("fix"), "buy one");
  EXPECT_EQ(system.at("checks").at(0).at("findings").as_array().size(), 0U);
  ask("GET", "/api/v1/system");
  EXPECT_EQ(checks_run, 1) << "a page that opens does not start every check again";
  const auto models = json_of(ask("GET", "/api/v1/models"));
  EXPECT_EQ(models.at("default"), "base");
  EXPECT_EQ(models.at("items").at(1).at("name"), "tiny.en");
}

TEST_F(OpenApi, Health) {
  EXPECT_EQ(ask("GET", "/livez").status, 200);
  EXPECT_EQ(ask("GET", "/readyz").status, 200);
  EXPECT_EQ(ask("GET", "/metrics").body, "zimu_up 1\n");
  parts.context.ping = []() -> Result<> { return fail(ErrorCode::kIo, "the disk is gone"); };
  expect_problem(ask("GET", "/readyz"), 503, "the disk is gone");
  EXPECT_EQ(ask("GET", "/livez").status, 200);
}

}  // namespace
}  // namespace zimu::api
