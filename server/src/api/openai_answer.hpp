#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "api/openai_request.hpp"
#include "domain/transcript.hpp"

/// A finished transcript in the shapes of OpenAI's audio API: times in seconds, languages by their English names. Pure.
namespace zimu::api {

/// " " where the languages around it separate words by blanks, else "" (Chinese, Japanese, Thai …).
std::string_view separator_between(std::string_view before, std::string_view after);
/// The whole text on one line. `append_text` adds one segment's text to it and returns what it added: the stream's delta.
std::string whole_text(const domain::Transcript& transcript);
std::string append_text(std::string& whole, std::string_view segment_text);

/// The body of a 200 answer. `windows` (may be empty) give each segment's `seek`.
http::Response speech_response(const SpeechRequest& request, const domain::Transcript& transcript,
                               const std::vector<domain::Window>& windows);

/// {"type":"transcript.text.delta","delta":…}
std::string delta_json(std::string_view delta);
/// {"type":"transcript.text.done","text":…,"usage":…}
std::string done_json(const domain::Transcript& transcript);

/// OpenAI's Model object, and the list of all of them with the alias whisper-1.
std::string model_json(const std::string& id);
std::string model_list_json(const std::vector<ModelInfo>& installed, const std::string& default_model);

}  // namespace zimu::api
