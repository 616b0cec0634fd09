#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "api/openai_error.hpp"
#include "api/receive_form.hpp"

/// Reading the forms of OpenAI's audio API. Pure.
namespace zimu::api {

enum class SpeechFormat : std::uint8_t { kJson, kText, kSrt, kVerboseJson, kVtt };

/// A transcription or translation as it was asked for.
struct SpeechRequest {
  domain::TranscribeOptions options;
  SpeechFormat format = SpeechFormat::kJson;
  bool segments = true;  ///< in verbose_json
  bool words = false;    ///< in verbose_json
  bool stream = false;
};

/// The installed model that an OpenAI client means: an installed model's own name; `default_model` for "whisper-1" and
/// every "gpt-…" (their default configuration names one of these). Else 404 model_not_found.
ApiResult<std::string> resolve_model(const std::string& name, const std::vector<ModelInfo>& installed,
                                     const std::string& default_model);

/// The first wrong field is the error. Fields that the API does not know, and known ones that say nothing to Whisper
/// (include[], chunking_strategy, keywords[], languages[], known_speaker_…), are ignored: clients send what their own
/// model has. For translations, language, stream and timestamp_granularities[] are among those.
ApiResult<SpeechRequest> read_speech_request(const Form& form, domain::Task task, const std::vector<ModelInfo>& installed,
                                             const std::string& default_model);

/// The Idempotency-Key header: 1 to kMaxIdempotencyKeyBytes bytes.
constexpr std::size_t kMaxIdempotencyKeyBytes = 255;
ApiResult<std::optional<std::string>> read_idempotency_key(const http::Request& request);

}  // namespace zimu::api
