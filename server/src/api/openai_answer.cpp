#include "api/openai_answer.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include "api/plain_json.hpp"
#include "base/utf8.hpp"
#include "domain/export.hpp"

namespace zimu::api {
namespace {

namespace json = boost::json;

constexpr std::int64_t kSeekFrameMs = 10;  ///< `seek` counts the model's input frames

struct Range {
  char32_t first;
  char32_t last;
};
/// Scripts written without blanks between words, and the punctuation of Chinese and Japanese (Unicode 15 blocks).
constexpr std::array kSpaceless{
    Range{0x0E00, 0x0EFF},    // Thai, Lao
    Range{0x1000, 0x109F},    // Myanmar
    Range{0x1780, 0x17FF},    // Khmer
    Range{0x2E80, 0x312F},    // CJK radicals, CJK punctuation, kana, Bopomofo
    Range{0x3190, 0x9FFF},    // CJK ideographs (without Hangul, which has blanks)
    Range{0xF900, 0xFAFF},    // CJK compatibility ideographs
    Range{0xFE30, 0xFE4F},    // CJK compatibility forms
    Range{0xFF00, 0xFF9F},    // full-width forms, half-width kana
    Range{0x20000, 0x3FFFF},  // CJK extensions
};

char32_t last_of(std::string_view text) {
  std::size_t at = text.size();
  while (at > 0) {
    --at;
    if ((static_cast<unsigned char>(text[at]) & 0xC0U) != 0x80U) break;
  }
  return next_codepoint(text.substr(at)).codepoint;
}

bool is_spaceless(char32_t point) {
  return std::any_of(kSpaceless.begin(), kSpaceless.end(),
                     [point](const Range& range) { return point >= range.first && point <= range.last; });
}

double seconds(Milliseconds time) { return static_cast<double>(time.count()) / 1000.0; }

/// Rounded up to whole seconds, as OpenAI counts.
json::object usage_json(const domain::Transcript& transcript) {
  return {{"type", "duration"}, {"seconds", (transcript.duration.count() + 999) / 1000}};
}

/// As Whisper's tokens have it: a leading blank in languages with blanks, so that joining the texts gives the whole.
std::string segment_text(const domain::Segment& segment) {
  if (segment.text.empty() || is_spaceless(next_codepoint(segment.text).codepoint)) return segment.text;
  return " " + segment.text;
}

std::int64_t seek_of(const domain::Segment& segment, const std::vector<domain::Window>& windows) {
  const auto after = std::upper_bound(windows.begin(), windows.end(), segment.start,
                                      [](Milliseconds start, const domain::Window& one) { return start < one.start; });
  return after == windows.begin() ? 0 : std::prev(after)->start.count() / kSeekFrameMs;
}

json::object segment_json(const domain::Segment& segment, std::int64_t seek) {
  return {{"id", segment.index},
          {"seek", seek},
          {"start", seconds(segment.start)},
          {"end", seconds(segment.end)},
          {"text", segment_text(segment)},
          {"tokens", json::array(segment.tokens.begin(), segment.tokens.end())},
          {"temperature", segment.temperature},
          {"avg_logprob", segment.avg_logprob},
          {"compression_ratio", segment.compression_ratio},
          {"no_speech_prob", segment.no_speech_prob}};
}

json::array words_json(const domain::Transcript& transcript) {
  json::array words;
  for (const domain::Segment& segment : transcript.segments) {
    for (const domain::Word& word : segment.words) {
      const std::size_t from = std::min(word.text.find_first_not_of(' '), word.text.size());
      words.push_back(json::object{
          {"word", word.text.substr(from)}, {"start", seconds(word.start)}, {"end", seconds(word.end)}});
    }
  }
  return words;
}

std::string verbose_json(const SpeechRequest& request, const domain::Transcript& transcript,
                         const std::vector<domain::Window>& windows) {
  const bool is_translation = transcript.task == domain::Task::kTranslate;
  json::object body{
      {"task", domain::task_name(transcript.task)},
      {"language", is_translation ? "english" : domain::language_name(transcript.language).value_or("")},
      {"duration", seconds(transcript.duration)},
      {"text", whole_text(transcript)}};
  if (request.words) body["words"] = words_json(transcript);
  if (request.segments) {
    json::array segments;
    for (const domain::Segment& segment : transcript.segments) {
      segments.push_back(segment_json(segment, seek_of(segment, windows)));
    }
    body["segments"] = std::move(segments);
  }
  body["usage"] = usage_json(transcript);
  return plain_json(std::move(body));
}

http::Response exported(const domain::Transcript& transcript, std::string_view format) {
  const auto found = domain::find_export_format(format);
  if (!found) return error_response(found.error());
  auto text = domain::export_transcript(transcript, format);
  if (!text) return error_response(text.error());
  return http::Response::text(200, std::move(*text), std::string(found->content_type));
}

json::object model_object(const std::string& id) {
  // When a model was made is not known here.
  return {{"id", id}, {"object", "model"}, {"created", 0}, {"owned_by", "zimu"}};
}

}  // namespace

std::string_view separator_between(std::string_view before, std::string_view after) {
  if (before.empty() || after.empty()) return "";
  return is_spaceless(last_of(before)) && is_spaceless(next_codepoint(after).codepoint) ? "" : " ";
}

std::string append_text(std::string& whole, std::string_view segment_text) {
  std::string added(separator_between(whole, segment_text));
  added += segment_text;
  whole += added;
  return added;
}

std::string whole_text(const domain::Transcript& transcript) {
  std::string whole;
  for (const domain::Segment& segment : transcript.segments) append_text(whole, segment.text);
  return whole;
}

http::Response speech_response(const SpeechRequest& request, const domain::Transcript& transcript,
                               const std::vector<domain::Window>& windows) {
  switch (request.format) {
    case SpeechFormat::kJson: {
      const json::object body{{"text", whole_text(transcript)}, {"usage", usage_json(transcript)}};
      return http::Response::json(200, plain_json(body));
    }
    case SpeechFormat::kText:
      return http::Response::text(200, whole_text(transcript) + "\n");
    case SpeechFormat::kSrt:
      return exported(transcript, "srt");
    case SpeechFormat::kVtt:
      return exported(transcript, "vtt");
    case SpeechFormat::kVerboseJson:
      break;
  }
  return http::Response::json(200, verbose_json(request, transcript, windows));
}

std::string delta_json(std::string_view delta) {
  return plain_json(json::object{{"type", "transcript.text.delta"}, {"delta", delta}});
}

std::string done_json(const domain::Transcript& transcript) {
  return plain_json(json::object{{"type", "transcript.text.done"},
                                      {"text", whole_text(transcript)},
                                      {"usage", usage_json(transcript)}});
}

std::string model_json(const std::string& id) { return plain_json(model_object(id)); }

std::string model_list_json(const std::vector<ModelInfo>& installed, const std::string& default_model) {
  constexpr const char* kAlias = "whisper-1";
  json::array models;
  for (const ModelInfo& one : installed) models.push_back(model_object(one.name));
  const auto alias = resolve_model(kAlias, installed, default_model);
  if (alias && *alias != kAlias) models.push_back(model_object(kAlias));
  return plain_json(json::object{{"object", "list"}, {"data", std::move(models)}});
}

}  // namespace zimu::api
