#pragma once
#include <boost/json/parse.hpp>
#include <gtest/gtest.h>

#include <fstream>

#include "api/form_fixture_test.hpp"
#include "api/routes.hpp"

/// For the tests of the routes: all of them, on a real server and a real database.
namespace zimu::api::testing {

using http::testing::Answer;
using http::testing::RawClient;

inline std::string request(const std::string& method, const std::string& target, const std::string& fields = "",
                           const std::string& body = "") {
  const std::string length = body.empty() ? "" : fmt::format("Content-Length: {}\r\n", body.size());
  return fmt::format("{} {} HTTP/1.1\r\nHost: localhost\r\n{}{}\r\n{}", method, target, fields, length, body);
}

/// For comparing with a JSON value.
inline boost::json::value json_text(const std::string& text) { return boost::json::value(boost::json::string_view(text)); }

inline void write_text(const std::filesystem::path& path, const std::string& text) {
  std::filesystem::create_directories(path.parent_path());
  std::ofstream(path, std::ios::binary) << text;
}

class Site : public ::testing::Test {
 protected:
  Site() {
    auto& context = parts.context;
    context.version = "1.2.3";
    context.max_upload_bytes = kMaxUpload;
    context.web_root = web_root();
    context.system_checks = [this] {
      ++checks_run;
      return std::vector<SystemCheck>{{"data", "good", "fine", ""},
                                      {"gpu",
                                       "degraded",
                                       "none; driver 1",
                                       "buy one",
                                       "driver 1",
                                       {{"gpu.none_shown", "degraded", "none", "buy one"}}}};
    };
    context.workers = [] { return std::vector<WorkerInfo>{{"transcribe", 7, "", "ggml", 1024}}; };
    context.metrics_text = [] { return std::string("zimu_up 1\n"); };
    context.ping = [this]() -> Result<> { return parts.store->ping(); };
    http::Router router;
    add_routes(router, context);
    server = std::make_unique<http::testing::LiveServer>(std::move(router));
  }

  std::filesystem::path web_root() const { return dir.path() / "web"; }
  Answer ask(const std::string& method, const std::string& target, const std::string& fields = "",
             const std::string& body = "") const {
    return RawClient(server->port()).ask(request(method, target, fields, body));
  }
  Answer send_json(const std::string& method, const std::string& target, const std::string& body) const {
    return ask(method, target, "Content-Type: application/json\r\n", body);
  }
  /// A recording with these bytes, put in by the service itself.
  domain::Media recording(const std::string& content = "0123456789", const std::string& name = "talk.mp3") {
    auto staged = storage::testing::must(parts.uploads.stage());
    EXPECT_TRUE(staged->append(std::as_bytes(std::span(content))).has_value());
    return storage::testing::must(staged->adopt(parts.media, name, "upload"));
  }
  domain::Job job_of(const domain::Media& media) {
    app::CreateJob wanted;
    wanted.media_id = media.id;
    return storage::testing::must(parts.jobs.create(wanted));
  }
  static boost::json::value json_of(const Answer& answer) {
    boost::system::error_code ec;
    auto value = boost::json::parse(answer.body, ec);
    EXPECT_FALSE(ec) << answer.body;
    return value;
  }
  /// The answer is a problem with this status whose text names `what`.
  static void expect_problem(const Answer& answer, int status, const std::string& what) {
    EXPECT_EQ(answer.status, status) << answer.body;
    EXPECT_EQ(answer.header("content-type"), "application/problem+json");
    EXPECT_NE(answer.body.find(what), std::string::npos) << answer.body;
  }

  storage::testing::TempDir dir;
  Parts parts{dir.path()};
  std::atomic<int> checks_run{0};
  std::unique_ptr<http::testing::LiveServer> server;  ///< last: it uses all the others
};

}  // namespace zimu::api::testing
