#pragma once
#include <boost/json/parse.hpp>
#include <memory>
#include <optional>
#include <string>

#include "api/form_fixture_test.hpp"
#include "api/openai.hpp"

namespace zimu::api::testing {

constexpr const char* kTranscriptions = "/v1/audio/transcriptions";
constexpr const char* kTranslations = "/v1/audio/translations";
/// sample_window has two segments of this text.
constexpr const char* kTwoWindows = "one two 三 one two 三 one two 三 one two 三";

/// A request with model and file, and these fields.
inline std::string speech(const Fields& fields, const std::string& path = kTranscriptions,
                          const std::string& headers = "", const std::optional<std::string>& sound = "sound") {
  std::string body = field("model", "whisper-1");
  if (sound) body += file(*sound);
  for (const auto& [name, value] : fields) body += field(name, value);
  return post(path, body + closing(), headers);
}

inline boost::json::object object_of(const http::testing::Answer& answer) {
  boost::system::error_code ec;
  auto value = boost::json::parse(answer.body, ec);
  if (ec || !value.is_object()) {
    ADD_FAILURE() << answer.status << " " << answer.body;
    return {};
  }
  return value.as_object();
}

/// Serves the OpenAI routes until the end of the test.
class OpenAiServer : public ::testing::Test {
 protected:
  OpenAiServer() { start(OpenAiLimits{}); }
  void start(OpenAiLimits limits, http::Limits http_limits = {}) {
    server_.reset();
    http::Router router;
    add_openai_routes(router, parts_.context, limits);
    server_ = std::make_unique<http::testing::LiveServer>(std::move(router), http_limits);
  }
  std::unique_ptr<http::testing::RawClient> sent(const std::string& request) {
    auto client = std::make_unique<http::testing::RawClient>(server_->port());
    EXPECT_TRUE(client->send(request));
    return client;
  }
  http::testing::Answer ask(const std::string& request) { return sent(request)->read_answer(); }
  /// Sends, does the worker's part, reads.
  http::testing::Answer transcribed(const std::string& request) {
    const auto client = sent(request);
    parts_.transcribe(parts_.claim());
    return client->read_answer();
  }
  void expect_error(const http::testing::Answer& answer, int status, const std::string& type,
                    const std::string& param, const std::string& code) {
    EXPECT_EQ(answer.status, status) << answer.body;
    const auto body = object_of(answer);
    ASSERT_TRUE(body.contains("error")) << answer.body;
    const auto& error = body.at("error").as_object();
    EXPECT_EQ(error.at("type").as_string(), type);
    EXPECT_FALSE(error.at("message").as_string().empty());
    const auto text_or_null = [](const std::string& text) {
      return text.empty() ? boost::json::value(nullptr) : boost::json::value(text);
    };
    EXPECT_EQ(error.at("param"), text_or_null(param)) << answer.body;
    EXPECT_EQ(error.at("code"), text_or_null(code)) << answer.body;
  }
  void expect_nothing_kept() {
    EXPECT_TRUE(parts_.recordings().empty());
    EXPECT_TRUE(parts_.all_jobs().empty());
    EXPECT_TRUE(parts_.incoming().empty());
  }

  storage::testing::TempDir dir_;
  Parts parts_{dir_.path()};
  std::unique_ptr<http::testing::LiveServer> server_;
};

}  // namespace zimu::api::testing
