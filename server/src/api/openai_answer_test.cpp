// The pure parts: reading forms, writing answers.
#include "api/openai_answer.hpp"

#include <gtest/gtest.h>

#include <boost/json/parse.hpp>
#include <cmath>

#include "api/openai_job.hpp"
#include "api/plain_json.hpp"
#include "base/uuid.hpp"

namespace zimu::api {
namespace {

namespace json = boost::json;

const std::vector<ModelInfo> kInstalled{{"base", 1, true}, {"tiny.en", 1, false}};

Form form_of(std::vector<std::pair<std::string, std::string>> fields) {
  Form form;
  form.fields = std::move(fields);
  return form;
}

ApiResult<SpeechRequest> read(std::vector<std::pair<std::string, std::string>> fields,
                              domain::Task task = domain::Task::kTranscribe) {
  fields.emplace_back("model", "whisper-1");
  return read_speech_request(form_of(std::move(fields)), task, kInstalled, "base");
}

void expect_wrong(std::vector<std::pair<std::string, std::string>> fields, const std::string& param) {
  const auto request = read(std::move(fields));
  ASSERT_FALSE(request) << param;
  EXPECT_EQ(request.error().status, 400);
  EXPECT_EQ(request.error().type, "invalid_request_error");
  EXPECT_EQ(request.error().param, param);
}

TEST(OpenAiRequest, HasOpenAisDefaults) {
  const auto request = read({});
  ASSERT_TRUE(request);
  EXPECT_EQ(request->options.model, "base");
  EXPECT_EQ(request->options.language, "auto");
  EXPECT_EQ(request->options.temperature, 0);
  EXPECT_FALSE(request->options.words);
  EXPECT_EQ(request->format, SpeechFormat::kJson);
  EXPECT_TRUE(request->segments);
  EXPECT_FALSE(request->words || request->stream);
}

TEST(OpenAiRequest, ReadsEveryField) {
  const auto request = read({{"language", "German"},
                             {"prompt", "Zimu, ggml"},
                             {"response_format", "verbose_json"},
                             {"temperature", "0.4"},
                             {"timestamp_granularities[]", "word"},
                             {"stream", "true"},
                             {"include[]", "logprobs"},
                             {"chunking_strategy", "auto"},
                             {"something_new", "1"}});
  ASSERT_TRUE(request);
  EXPECT_EQ(request->options.language, "de");
  EXPECT_EQ(request->options.prompt, "Zimu, ggml");
  EXPECT_FLOAT_EQ(request->options.temperature, 0.4F);
  EXPECT_TRUE(request->options.words && request->words && request->stream);
  EXPECT_FALSE(request->segments);
}

TEST(OpenAiRequest, ResolvesModels) {
  const auto name = [](const std::string& model) { return resolve_model(model, kInstalled, "base").value_or("404"); };
  EXPECT_EQ(name("whisper-1"), "base");
  EXPECT_EQ(name("gpt-4o-mini-transcribe-2025-12-15"), "base");
  EXPECT_EQ(name("tiny.en"), "tiny.en");
  EXPECT_EQ(name("large-v3"), "404");
  EXPECT_EQ(resolve_model("whisper-1", {}, "base").error().code, "model_not_found");
}

TEST(OpenAiRequest, NamesTheWrongField) {
  expect_wrong({{"language", "klingon"}}, "language");
  expect_wrong({{"temperature", "1.5"}}, "temperature");
  expect_wrong({{"temperature", "0.5x"}}, "temperature");
  expect_wrong({{"temperature", "nan"}}, "temperature");
  expect_wrong({{"response_format", "xml"}}, "response_format");
  expect_wrong({{"response_format", "diarized_json"}}, "response_format");
  expect_wrong({{"stream", "perhaps"}}, "stream");
  expect_wrong({{"timestamp_granularities[]", "word"}}, "timestamp_granularities[]");
  expect_wrong({{"timestamp_granularities[]", "line"}, {"response_format", "verbose_json"}}, "timestamp_granularities[]");
  EXPECT_EQ(read_speech_request(form_of({}), domain::Task::kTranscribe, kInstalled, "base").error().param, "model");
}

TEST(OpenAiRequest, TranslationsHaveFewerFields) {
  const auto request = read({{"language", "klingon"}, {"stream", "true"}}, domain::Task::kTranslate);
  ASSERT_TRUE(request);
  EXPECT_EQ(request->options.task, domain::Task::kTranslate);
  EXPECT_EQ(request->options.language, "auto");
  EXPECT_FALSE(request->stream);
}

TEST(OpenAiRequest, KeepsTheEndOfALongPrompt) {
  std::string prompt = "dropped";
  while (prompt.size() < 2 * domain::kMaxPromptBytes) prompt += "词";
  const auto request = read({{"prompt", prompt}});
  ASSERT_TRUE(request);
  EXPECT_LE(request->options.prompt.size(), domain::kMaxPromptBytes);
  EXPECT_GT(request->options.prompt.size(), domain::kMaxPromptBytes - 4);
  EXPECT_TRUE(request->options.prompt.starts_with("词"));
  EXPECT_TRUE(domain::validate(request->options));
}

TEST(OpenAiAnswer, JoinsSegmentsAsTheirLanguageDoes) {
  EXPECT_EQ(separator_between("one", "two"), " ");
  EXPECT_EQ(separator_between("", "two"), "");
  EXPECT_EQ(separator_between("天气很好。", "我们"), "");
  EXPECT_EQ(separator_between("ありがとう", "ございます"), "");
  EXPECT_EQ(separator_between("สวัสดี", "ครับ"), "");
  EXPECT_EQ(separator_between("안녕", "하세요"), " ");
  EXPECT_EQ(separator_between("你好", "Hello"), " ");
  EXPECT_EQ(separator_between("été", "Σ"), " ");
}

domain::Transcript chinese() {
  domain::Transcript transcript;
  transcript.language = "zh";
  transcript.duration = Milliseconds(2001);
  for (const char* text : {"你好，", "世界", "Hello"}) {
    domain::Segment segment;
    segment.index = static_cast<std::int64_t>(transcript.segments.size());
    segment.text = text;
    transcript.segments.push_back(segment);
  }
  return transcript;
}

TEST(OpenAiAnswer, DeltasJoinedAreTheWhole) {
  const auto transcript = chinese();
  std::string whole;
  std::string deltas;
  for (const auto& segment : transcript.segments) deltas += append_text(whole, segment.text);
  EXPECT_EQ(deltas, "你好，世界 Hello");
  EXPECT_EQ(whole, deltas);
  const auto done = json::parse(done_json(transcript)).as_object();
  EXPECT_EQ(done.at("text").as_string(), deltas);
  EXPECT_EQ(done.at("usage").at("seconds").to_number<int>(), 3);
}

TEST(OpenAiAnswer, SegmentTextsJoinedAreTheWholeToo) {
  SpeechRequest request;
  request.format = SpeechFormat::kVerboseJson;
  const auto response = speech_response(request, chinese(), {});
  const auto body = json::parse(std::get<std::string>(response.body)).as_object();
  std::string joined;
  for (const auto& segment : body.at("segments").as_array()) joined += segment.at("text").as_string().c_str();
  EXPECT_EQ(joined, body.at("text").as_string());
  EXPECT_EQ(body.at("language").as_string(), "chinese");
}

TEST(OpenAiAnswer, NumbersAreWrittenPlainly) {
  const json::value value{{"a", 60.0}, {"b", -0.25}, {"c", 1e-7}, {"d", {0.0, 3, "x\"y"}}, {"e", json::array()},
                          {"f", std::nan("")}, {"g", true}, {"h", nullptr}};
  EXPECT_EQ(plain_json(value), R"({"a":60.0,"b":-0.25,"c":1e-07,"d":[0.0,3,"x\"y"],"e":[],"f":null,"g":true,"h":null})");
}

TEST(OpenAiError, AlwaysHasOpenAisFourFields) {
  const ApiError error(Error{ErrorCode::kNoSpace, "the disk is full", "make room"});
  EXPECT_EQ(error_json(error), R"({"error":{"message":"the disk is full; make room","type":"server_error","param":null,)"
                               R"("code":"no_space"}})");
  EXPECT_EQ(ApiError(Error{ErrorCode::kBadMedia, "x", ""}).status, 400);
  EXPECT_EQ(ApiError(Error{ErrorCode::kModelMissing, "x", ""}).code, "model_not_found");
  const ApiError bug(Error{ErrorCode::kInternal, "secret path", ""});
  EXPECT_EQ(error_json(bug).find("secret"), std::string::npos);
  EXPECT_EQ(bug.log_note, "secret path");
}

TEST(OpenAiJob, KeysMakeIdsOfTheirHour) {
  const auto time = *parse_rfc3339("2026-11-24T15:50:13Z");
  const std::string id = keyed_media_id("key", time);
  EXPECT_TRUE(is_uuid(id));
  EXPECT_EQ(id[14], '7');
  EXPECT_EQ(id, keyed_media_id("key", time + std::chrono::minutes(9)));
  EXPECT_NE(id, keyed_media_id("key", time + std::chrono::minutes(10)));
  EXPECT_NE(id, keyed_media_id("other", time));
  EXPECT_LT(id, keyed_media_id("a", time + std::chrono::hours(1)));
  EXPECT_EQ(id.substr(0, 13), keyed_media_id("a", time).substr(0, 13));
}

}  // namespace
}  // namespace zimu::api
