#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include <cmath>

#include "protocol/messages.hpp"

namespace zimu::protocol {
namespace {

namespace json = boost::json;

/// Valid UTF-8 for the wire: each bad byte becomes U+FFFD (RFC 3629 ranges).
std::string clean(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size();) {
    const auto byte = [&](std::size_t k) { return i + k < text.size() ? static_cast<unsigned char>(text[i + k]) : 0U; };
    const unsigned lead = byte(0);
    std::size_t length = lead < 0x80 ? 1 : lead >= 0xC2 && lead <= 0xDF ? 2 : lead >= 0xE0 && lead <= 0xEF ? 3
                         : lead >= 0xF0 && lead <= 0xF4 ? 4 : 0;
    for (std::size_t k = 1; k < length; ++k) {
      if ((byte(k) & 0xC0U) != 0x80U) length = 0;
    }
    const bool bad = length == 0 || (lead == 0xE0 && byte(1) < 0xA0) || (lead == 0xED && byte(1) > 0x9F) ||
                     (lead == 0xF0 && byte(1) < 0x90) || (lead == 0xF4 && byte(1) > 0x8F);
    if (bad) {
      out += "\xEF\xBF\xBD";
      ++i;
    } else {
      out += text.substr(i, length);
      i += length;
    }
  }
  return out;
}

/// A sentence for people; what libraries say can be of any length, and a line cannot.
std::string sentence(std::string_view text) {
  constexpr std::size_t kMaxSentenceBytes = 8192;
  std::string out = clean(text.substr(0, kMaxSentenceBytes));
  if (text.size() > kMaxSentenceBytes) out += "\xE2\x80\xA6";
  return out;
}

/// Four decimals are more than any reader needs, and keep a window's line short. Never NaN: JSON has none.
double real(float value) { return std::isfinite(value) ? std::round(static_cast<double>(value) * 1e4) / 1e4 : 0.0; }

json::object options_json(const domain::TranscribeOptions& options) {
  return {{"model", clean(options.model)},       {"language", clean(options.language)},
          {"task", domain::task_name(options.task)}, {"words", options.words},
          {"prompt", clean(options.prompt)},     {"device", clean(options.device)},
          {"threads", options.threads},          {"audio_stream", options.audio_stream},
          {"temperature", real(options.temperature)}};
}

json::object info_json(const domain::MediaInfo& info) {
  json::array streams;
  for (const domain::Stream& s : info.streams) {
    streams.push_back(json::object{{"index", s.index},
                                   {"kind", clean(s.kind)},
                                   {"codec", clean(s.codec)},
                                   {"language", clean(s.language)},
                                   {"channels", s.channels},
                                   {"sample_rate_hz", s.sample_rate_hz},
                                   {"width", s.width},
                                   {"height", s.height},
                                   {"default", s.is_default}});
  }
  return {{"format", clean(info.format)},
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
                                 {"text", clean(word.text)},
                                 {"p", real(word.probability)}});
  }
  return {{"index", segment.index},
          {"start_ms", segment.start.count()},
          {"end_ms", segment.end.count()},
          {"text", clean(segment.text)},
          {"speaker", clean(segment.speaker)},
          {"words", std::move(words)},
          {"avg_logprob", real(segment.avg_logprob)},
          {"compression_ratio", real(segment.compression_ratio)},
          {"no_speech_prob", real(segment.no_speech_prob)},
          {"temperature", real(segment.temperature)},
          {"tokens", json::array(segment.tokens.begin(), segment.tokens.end())}};
}

json::object window_json(const domain::Window& window) {
  json::array segments;
  for (const domain::Segment& segment : window.segments) segments.push_back(segment_json(segment));
  json::array retries;
  for (const domain::Retry& retry : window.retries) {
    retries.push_back(json::object{
        {"temperature", real(retry.temperature)}, {"reason", clean(retry.reason)}, {"value", real(retry.value)}});
  }
  return {{"index", window.index},
          {"start_ms", window.start.count()},
          {"end_ms", window.end.count()},
          {"silence", window.silence},
          {"retries", std::move(retries)},
          {"segments", std::move(segments)}};
}

template <class List>
json::array texts_json(const List& list) {
  json::array out;
  for (const auto& text : list) out.push_back(json::value(clean(text)));
  return out;
}

struct RequestEncoder {
  json::object operator()(const TranscribeRequest& r) const {
    return {{"v", kVersion},
            {"type", "transcribe"},
            {"job", clean(r.job)},
            {"media", clean(r.media_path)},
            {"model", clean(r.model_path)},
            {"options", options_json(r.options)},
            {"resume",
             json::object{{"at_ms", r.resume_at.count()},
                          {"next_window", r.next_window},
                          {"next_segment", r.next_segment},
                          {"language", clean(r.resume_language)},
                          {"language_probability", real(r.resume_language_probability)}}}};
  }
  json::object operator()(const InspectRequest& r) const {
    return {{"v", kVersion}, {"type", "inspect"}, {"job", clean(r.job)}, {"media", clean(r.media_path)},
            {"peaks", clean(r.peaks_path)}};
  }
  json::object operator()(const CancelRequest& r) const {
    return {{"v", kVersion}, {"type", "cancel"}, {"job", clean(r.job)}};
  }
};

struct EventEncoder {
  json::object operator()(const HelloEvent& e) const {
    return {{"v", e.version},  {"type", "hello"},                  {"pid", e.pid},
            {"engine", clean(e.engine)}, {"devices", texts_json(e.devices)}, {"features", texts_json(e.features)}};
  }
  json::object operator()(const MediaEvent& e) const {
    return {{"v", kVersion}, {"type", "media"}, {"job", clean(e.job)}, {"info", info_json(e.info)},
            {"audio_stream", e.audio_stream}};
  }
  json::object operator()(const LanguageEvent& e) const {
    return {{"v", kVersion}, {"type", "language"}, {"job", clean(e.job)}, {"language", clean(e.language)},
            {"probability", real(e.probability)}};
  }
  json::object operator()(const ProgressEvent& e) const {
    return {{"v", kVersion},
            {"type", "progress"},
            {"job", clean(e.job)},
            {"stage", clean(e.stage)},
            {"done_ms", e.done.count()},
            {"total_ms", e.total.count()},
            {"speed", real(static_cast<float>(e.speed))},
            {"device", clean(e.device)}};
  }
  json::object operator()(const WindowEvent& e) const {
    return {{"v", kVersion}, {"type", "window"}, {"job", clean(e.job)}, {"window", window_json(e.window)}};
  }
  json::object operator()(const DoneEvent& e) const {
    json::array timings;
    for (const StageTime& t : e.timings) {
      timings.push_back(json::object{{"stage", clean(t.stage)}, {"ms", t.time.count()}});
    }
    return {{"v", kVersion},
            {"type", "done"},
            {"job", clean(e.job)},
            {"duration_ms", e.duration.count()},
            {"coverage", real(static_cast<float>(e.audible_share_with_text))},
            {"timings", std::move(timings)},
            {"device", clean(e.device)},
            {"sha256", clean(e.sha256)}};
  }
  json::object operator()(const FailedEvent& e) const {
    return {{"v", kVersion},          {"type", "failed"},
            {"job", clean(e.job)},    {"code", error_code_name(e.code)},
            {"message", sentence(e.message)}, {"action", sentence(e.action)},
            {"retryable", e.retryable}};
  }
  json::object operator()(const UnknownEvent& e) const { return {{"v", kVersion}, {"type", clean(e.type)}}; }
};

/// A window whose line would be too long loses first its token ids, then its word times; the text stays.
std::string encode_window(const WindowEvent& event) {
  std::string line = json::serialize(EventEncoder{}(event));
  if (line.size() <= kMaxLineBytes) return line;
  WindowEvent shorter = event;
  for (auto& segment : shorter.window.segments) segment.tokens.clear();
  line = json::serialize(EventEncoder{}(shorter));
  if (line.size() <= kMaxLineBytes) return line;
  for (auto& segment : shorter.window.segments) segment.words.clear();
  return json::serialize(EventEncoder{}(shorter));
}

}  // namespace

std::string encode(const Request& request) { return json::serialize(std::visit(RequestEncoder{}, request)); }

std::string encode(const Event& event) {
  if (const auto* window = std::get_if<WindowEvent>(&event)) return encode_window(*window);
  return json::serialize(std::visit(EventEncoder{}, event));
}

}  // namespace zimu::protocol
