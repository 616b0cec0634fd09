#include "api/openai_request.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

namespace zimu::api {
namespace {

struct FormatName {
  std::string_view name;
  SpeechFormat format;
};
constexpr std::array kFormats{
    FormatName{"json", SpeechFormat::kJson},   FormatName{"text", SpeechFormat::kText},
    FormatName{"srt", SpeechFormat::kSrt},     FormatName{"verbose_json", SpeechFormat::kVerboseJson},
    FormatName{"vtt", SpeechFormat::kVtt},
};
constexpr std::string_view kDefaultAlias = "whisper-1";
constexpr std::string_view kGptPrefix = "gpt-";

ApiResult<SpeechFormat> read_format(const Form& form) {
  const auto name = form.value("response_format");
  if (!name || name->empty()) return SpeechFormat::kJson;
  const auto found = std::find_if(kFormats.begin(), kFormats.end(), [&](const auto& one) { return one.name == *name; });
  if (found != kFormats.end()) return found->format;
  if (*name == "diarized_json") {
    return std::unexpected(invalid_field(
        "response_format", "response_format 'diarized_json' is not supported: this server does not tell speakers apart; "
        "use verbose_json", "unsupported_value"));
  }
  return std::unexpected(invalid_field(
      "response_format",
      fmt::format("response_format '{}' is not known; use json, text, srt, verbose_json or vtt", *name)));
}

ApiResult<std::string> read_language(const Form& form) {
  const auto language = form.value("language");
  if (!language || language->empty() || *language == "auto") return "auto";
  if (const auto code = domain::language_code(*language)) return std::string(*code);
  return std::unexpected(invalid_field(
      "language", fmt::format("language '{}' is not supported; send an ISO 639-1 code such as 'en', or leave it out",
                              *language),
      "unsupported_language"));
}

/// Like OpenAI's, a prompt that is too long counts with its end only.
std::string read_prompt(const Form& form) {
  std::string prompt = form.value("prompt").value_or("");
  if (prompt.size() <= domain::kMaxPromptBytes) return prompt;
  std::size_t from = prompt.size() - domain::kMaxPromptBytes;
  while (from < prompt.size() && (static_cast<unsigned char>(prompt[from]) & 0xC0U) == 0x80U) ++from;
  return prompt.substr(from);
}

ApiResult<float> read_temperature(const Form& form) {
  const auto text = form.value("temperature");
  if (!text || text->empty()) return 0.0F;
  float value = 0;
  const char* const end = text->data() + text->size();
  const auto [stop, ec] = std::from_chars(text->data(), end, value);
  if (ec == std::errc() && stop == end && std::isfinite(value) && value >= 0 && value <= 1) return value;
  return std::unexpected(
      invalid_field("temperature", fmt::format("temperature '{}' is not a number from 0 to 1", *text)));
}

ApiResult<bool> read_flag(const Form& form, const std::string& name) {
  const auto text = form.value(name);
  if (!text || text->empty() || *text == "false" || *text == "False" || *text == "0") return false;
  if (*text == "true" || *text == "True" || *text == "1") return true;
  return std::unexpected(invalid_field(name, fmt::format("{} '{}' is not true or false", name, *text)));
}

ApiResult<> read_granularities(const Form& form, SpeechRequest& request) {
  constexpr const char* kField = "timestamp_granularities[]";
  auto wanted = form.values(kField);
  if (wanted.empty()) wanted = form.values("timestamp_granularities");
  if (wanted.empty()) return {};
  request.segments = false;
  for (const std::string& one : wanted) {
    if (one != "segment" && one != "word") {
      return std::unexpected(
          invalid_field(kField, fmt::format("timestamp granularity '{}' is not known; use word or segment", one)));
    }
    request.segments = request.segments || one == "segment";
    request.words = request.words || one == "word";
  }
  if (request.format == SpeechFormat::kVerboseJson) return {};
  return std::unexpected(invalid_field(kField, "timestamp_granularities need response_format verbose_json"));
}

bool has_model(const std::vector<ModelInfo>& installed, std::string_view name) {
  return std::any_of(installed.begin(), installed.end(), [name](const ModelInfo& one) { return one.name == name; });
}

}  // namespace

ApiResult<std::string> resolve_model(const std::string& name, const std::vector<ModelInfo>& installed,
                                     const std::string& default_model) {
  if (has_model(installed, name)) return name;
  const bool is_alias = name == kDefaultAlias || name.starts_with(kGptPrefix);
  if (is_alias && has_model(installed, default_model)) return default_model;
  const std::string missing = is_alias ? default_model : name;
  return std::unexpected(ApiError(404, "invalid_request_error",
                                  fmt::format("The model '{}' does not exist here; GET /v1/models lists those that do, "
                                              "'zimu models pull {}' may fetch it",
                                              missing, missing),
                                  "model", "model_not_found"));
}

ApiResult<SpeechRequest> read_speech_request(const Form& form, domain::Task task, const std::vector<ModelInfo>& installed,
                                             const std::string& default_model) {
  SpeechRequest request;
  request.options.task = task;
  const auto model = form.value("model");
  if (!model || model->empty()) {
    return std::unexpected(invalid_field("model", "you must provide a model parameter", "missing_required_parameter"));
  }
  ZIMU_TRY(request.options.model, resolve_model(*model, installed, default_model));
  ZIMU_TRY(request.format, read_format(form));
  request.options.prompt = read_prompt(form);
  ZIMU_TRY(request.options.temperature, read_temperature(form));
  if (task == domain::Task::kTranslate) return request;
  ZIMU_TRY(request.options.language, read_language(form));
  ZIMU_TRY(request.stream, read_flag(form, "stream"));
  ZIMU_TRY_VOID(read_granularities(form, request));
  request.options.words = request.words;
  return request;
}

ApiResult<std::optional<std::string>> read_idempotency_key(const http::Request& request) {
  const auto key = request.headers.find("Idempotency-Key");
  if (!key) return std::nullopt;
  if (!key->empty() && key->size() <= kMaxIdempotencyKeyBytes) return std::string(*key);
  return std::unexpected(invalid_field(
      "Idempotency-Key", fmt::format("the header Idempotency-Key must have 1 to {} bytes", kMaxIdempotencyKeyBytes)));
}

}  // namespace zimu::api
