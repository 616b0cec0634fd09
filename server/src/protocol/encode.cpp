#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include <cmath>

#include "base/utf8.hpp"
#include "protocol/messages.hpp"

namespace zimu::protocol {
namespace {

namespace json = boost::json;

/// A sentence for people; what libraries say can be of any length, and a line cannot.
std::string sentence(std::string_view text) {
  constexpr std::size_t kMaxSentenceBytes = 8192;
  std::string out = to_utf8(text.substr(0, kMaxSentenceBytes));
  if (text.size() > kMaxSentenceBytes) out += "\xE2\x80\xA6";
  return out;
}

/// Four decimals are more than any reader needs, and keep a window's line short. Never NaN: JSON has none.
double real(float value) { return std::isfinite(value) ? std::round(static_cast<double>(value) * 1e4) / 1e4 : 0.0; }

template <class List>
json::array texts_json(const List& list) {
  json::array out;
  for (const auto& text : list) out.push_back(json::value(to_utf8(text)));
  return out;
}

json::object options_json(const domain::TranscribeOptions& options) {
  return {{"model", to_utf8(options.model)},       {"language", to_utf8(options.language)},
          {"task", domain::task_name(options.task)}, {"words", options.words},
          {"prompt", to_utf8(options.prompt)},     {"device", to_utf8(options.device)},
          {"threads", options.threads},          {"audio_stream", options.audio_stream},
          {"temperature", real(options.temperature)}, {"beam_size", options.beam_size},
          {"languages", texts_json(options.languages)}};
}

json::object info_json(const domain::MediaInfo& info) {
  json::array streams;
  for (const domain::Stream& s : info.streams) {
    streams.push_back(json::object{{"index", s.index},
                                   {"kind", to_utf8(s.kind)},
                                   {"codec", to_utf8(s.codec)},
                                   {"language", to_utf8(s.language)},
                                   {"channels", s.channels},
                                   {"sample_rate_hz", s.sample_rate_hz},
                                   {"width", s.width},
                                   {"height", s.height},
                                   {"default", s.is_default}});
  }
  return {{"format", to_utf8(info.format)},
          {"duration_ms", info.duration.count()},
          {"start_offset_ms", info.start_offset.count()},
          {"has_video", info.has_video},
          {"streams", std::move(streams)}};
}

json::object segment_json(const domain::Segment& segment) {
  json::array words;
  for (const domain::Word& word : segment.words) {
    words.push_back(json::object{{"start_ms", word.start.count()},
                                 {"end_ms", word.end.count()},
                                 {"text", to_utf8(word.text)},
                                 {"p", real(word.probability)}});
  }
  return {{"index", segment.index},
          {"start_ms", segment.start.count()},
          {"end_ms", segment.end.count()},
          {"text", to_utf8(segment.text)},
          {"speaker", to_utf8(segment.speaker)},
          {"words", std::move(words)},
          {"avg_logprob", real(segment.avg_logprob)},
          {"compression_ratio", real(segment.compression_ratio)},
          {"no_speech_prob", real(segment.no_speech_prob)},
          {"temperature", real(segment.temperature)},
          {"tokens", json::array(segment.tokens.begin(), segment.tokens.end())}};
}

json::value coverage_json(const std::optional<domain::Coverage>& coverage) {
  if (!coverage) return nullptr;
  json::array gaps;
  for (const auto& gap : coverage->gaps) {
    gaps.push_back(json::object{{"start_ms", gap.start.count()}, {"end_ms", gap.end.count()}});
  }
  json::array left_out;
  for (const domain::LeftOut& text : coverage->left_out) {
    left_out.push_back(json::object{{"start_ms", text.start.count()},
                                    {"end_ms", text.end.count()},
                                    {"reason", to_utf8(text.reason)},
                                    {"text", to_utf8(text.text)}});
  }
  return json::object{{"audible_ms", coverage->audible.count()},
                      {"covered_ms", coverage->covered.count()},
                      {"gaps", std::move(gaps)},
                      {"left_out", std::move(left_out)}};
}

json::object window_json(const domain::Window& window) {
  json::array segments;
  for (const domain::Segment& segment : window.segments) segments.push_back(segment_json(segment));
  json::array retries;
  for (const domain::Retry& retry : window.retries) {
    retries.push_back(json::object{
        {"temperature", real(retry.temperature)}, {"reason", to_utf8(retry.reason)}, {"value", real(retry.value)}});
  }
  return {{"index", window.index},
          {"start_ms", window.start.count()},
          {"end_ms", window.end.count()},
          {"silence", window.silence},
          {"retries", std::move(retries)},
          {"coverage", coverage_json(window.coverage)},
          {"segments", std::move(segments)}};
}

struct RequestEncoder {
  json::object operator()(const TranscribeRequest& r) const {
    return {{"v", kVersion},
            {"type", "transcribe"},
            {"job", to_utf8(r.job)},
            {"media", to_utf8(r.media_path)},
            {"model", to_utf8(r.model_path)},
            {"options", options_json(r.options)},
            {"resume",
             json::object{{"at_ms", r.resume_at.count()},
                          {"next_window", r.next_window},
                          {"next_segment", r.next_segment},
                          {"language", to_utf8(r.resume_language)},
                          {"language_probability", real(r.resume_language_probability)}}},
            {"span", json::object{{"start_ms", r.span_start.count()}, {"end_ms", r.span_end.count()}}}};
  }
  json::object operator()(const InspectRequest& r) const {
    return {{"v", kVersion}, {"type", "inspect"}, {"job", to_utf8(r.job)}, {"media", to_utf8(r.media_path)},
            {"peaks", to_utf8(r.peaks_path)}, {"poster", to_utf8(r.poster_path)}};
  }
  json::object operator()(const CancelRequest& r) const {
    return {{"v", kVersion}, {"type", "cancel"}, {"job", to_utf8(r.job)}};
  }
};

struct EventEncoder {
  json::object operator()(const HelloEvent& e) const {
    return {{"v", e.version},  {"type", "hello"},                  {"pid", e.pid},
            {"engine", to_utf8(e.engine)}, {"devices", texts_json(e.devices)}, {"features", texts_json(e.features)}};
  }
  json::object operator()(const MediaEvent& e) const {
    return {{"v", kVersion}, {"type", "media"}, {"job", to_utf8(e.job)}, {"info", info_json(e.info)},
            {"audio_stream", e.audio_stream}};
  }
  json::object operator()(const LanguageEvent& e) const {
    return {{"v", kVersion}, {"type", "language"}, {"job", to_utf8(e.job)}, {"language", to_utf8(e.language)},
            {"probability", real(e.probability)}};
  }
  json::object operator()(const ProgressEvent& e) const {
    return {{"v", kVersion},
            {"type", "progress"},
            {"job", to_utf8(e.job)},
            {"stage", to_utf8(e.stage)},
            {"done_ms", e.done.count()},
            {"total_ms", e.total.count()},
            {"speed", real(static_cast<float>(e.speed))},
            {"device", to_utf8(e.device)}};
  }
  json::object operator()(const WindowEvent& e) const {
    return {{"v", kVersion}, {"type", "window"}, {"job", to_utf8(e.job)}, {"window", window_json(e.window)}};
  }
  json::object operator()(const DoneEvent& e) const {
    json::array timings;
    for (const StageTime& t : e.timings) {
      timings.push_back(json::object{{"stage", to_utf8(t.stage)}, {"ms", t.time.count()}});
    }
    return {{"v", kVersion},
            {"type", "done"},
            {"job", to_utf8(e.job)},
            {"duration_ms", e.duration.count()},
            {"coverage", real(static_cast<float>(e.audible_share_with_text))},
            {"timings", std::move(timings)},
            {"device", to_utf8(e.device)},
            {"sha256", to_utf8(e.sha256)}};
  }
  json::object operator()(const FailedEvent& e) const {
    return {{"v", kVersion},          {"type", "failed"},
            {"job", to_utf8(e.job)},    {"code", error_code_name(e.code)},
            {"message", sentence(e.message)}, {"action", sentence(e.action)},
            {"retryable", e.retryable}};
  }
  json::object operator()(const UnknownEvent& e) const { return {{"v", kVersion}, {"type", to_utf8(e.type)}}; }
};

/// A window whose line would be too long loses first its token ids, then its word times, then what was left out; the text stays.
std::string encode_window(const WindowEvent& event) {
  std::string line = json::serialize(EventEncoder{}(event));
  if (line.size() <= kMaxLineBytes) return line;
  WindowEvent shorter = event;
  for (auto& segment : shorter.window.segments) segment.tokens.clear();
  line = json::serialize(EventEncoder{}(shorter));
  if (line.size() <= kMaxLineBytes) return line;
  for (auto& segment : shorter.window.segments) segment.words.clear();
  line = json::serialize(EventEncoder{}(shorter));
  if (line.size() > kMaxLineBytes && shorter.window.coverage) {
    shorter.window.coverage->left_out.clear();
    line = json::serialize(EventEncoder{}(shorter));
  }
  return line;
}

}  // namespace

std::string encode(const Request& request) { return json::serialize(std::visit(RequestEncoder{}, request)); }

std::string encode(const Event& event) {
  if (const auto* window = std::get_if<WindowEvent>(&event)) return encode_window(*window);
  return json::serialize(std::visit(EventEncoder{}, event));
}

}  // namespace zimu::protocol
