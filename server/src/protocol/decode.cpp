#include <boost/json/array.hpp>
#include <boost/json/parse.hpp>

#include "protocol/json_fields.hpp"
#include "protocol/messages.hpp"

namespace zimu::protocol {
namespace {

namespace json = boost::json;
using detail::Fields;

Result<json::object> parse_object(std::string_view line) {
  if (line.size() > kMaxLineBytes) return fail(ErrorCode::kProtocol, "a message is longer than 1 MiB");
  boost::system::error_code ec;
  json::parse_options options;
  options.max_depth = 16;
  json::value value = json::parse(json::string_view(line.data(), line.size()), ec, {}, options);
  if (ec) return fail(ErrorCode::kProtocol, fmt::format("a message is not JSON: {}", ec.message()));
  if (!value.is_object()) return fail(ErrorCode::kProtocol, "a message is not a JSON object");
  return std::move(value.get_object());
}

domain::TranscribeOptions read_options(const json::object& object, Fields& outer) {
  Fields in(object, "options");
  domain::TranscribeOptions options;
  options.model = in.text("model");
  options.language = in.text("language");
  if (options.language.empty()) options.language = "auto";
  if (const auto task = in.text("task"); task == "translate") {
    options.task = domain::Task::kTranslate;
  } else if (!task.empty() && task != "transcribe") {
    in.wrong("task", "transcribe or translate");
  }
  options.words = in.flag("words");
  options.prompt = in.text("prompt");
  options.device = in.text("device");
  if (options.device.empty()) options.device = "auto";
  options.threads = in.small("threads");
  options.audio_stream = in.small("audio_stream", -1);
  options.temperature = in.real("temperature");
  options.beam_size = in.small("beam_size", 5);
  options.languages = in.texts("languages");
  outer.absorb(in);
  return options;
}

domain::MediaInfo read_info(const json::object& object, Fields& outer) {
  Fields in(object, "media");
  domain::MediaInfo info;
  info.format = in.text("format");
  info.duration = in.millis("duration_ms");
  info.start_offset = in.offset("start_offset_ms");
  info.has_video = in.flag("has_video");
  if (const auto* streams = in.array("streams")) {
    for (const json::value& value : *streams) {
      if (!value.is_object()) {
        in.wrong("streams", "a list of objects");
        break;
      }
      Fields s(value.get_object(), "stream");
      info.streams.push_back({s.small("index"), s.text("kind"), s.text("codec"), s.text("language"), s.small("channels"),
                              s.small("sample_rate_hz"), s.small("width"), s.small("height"), s.flag("default")});
      in.absorb(s);
    }
  }
  outer.absorb(in);
  return info;
}

domain::Word read_word(const json::object& object, Fields& outer) {
  Fields in(object, "word");
  domain::Word word{in.millis("start_ms", true), in.millis("end_ms", true), in.text("text", true), in.real("p")};
  outer.absorb(in);
  return word;
}

domain::Segment read_segment(const json::object& object, Fields& outer) {
  Fields in(object, "segment");
  domain::Segment segment;
  segment.index = in.index("index", true);
  segment.start = in.millis("start_ms", true);
  segment.end = in.millis("end_ms", true);
  segment.text = in.text("text", true);
  segment.speaker = in.text("speaker");
  segment.avg_logprob = in.real("avg_logprob");
  segment.compression_ratio = in.real("compression_ratio");
  segment.no_speech_prob = in.real("no_speech_prob");
  segment.temperature = in.real("temperature");
  if (const auto* words = in.array("words")) {
    for (const json::value& value : *words) {
      if (value.is_object()) {
        segment.words.push_back(read_word(value.get_object(), in));
      } else {
        in.wrong("words", "a list of objects");
      }
    }
  }
  if (const auto* tokens = in.array("tokens")) {
    for (const json::value& value : *tokens) {
      if (value.is_int64() && value.get_int64() >= 0 && value.get_int64() < (1 << 24)) {
        segment.tokens.push_back(static_cast<int>(value.get_int64()));
      } else {
        in.wrong("tokens", "a list of token ids");
      }
    }
  }
  if (segment.end < segment.start) in.wrong("end_ms", "at or after start_ms");
  outer.absorb(in);
  return segment;
}

/// Calls `read` with the fields of each object of a list; they are called `what` in a complaint.
template <class Read>
void each_object(Fields& in, std::string_view name, std::string_view what, const Read& read) {
  const auto* list = in.array(name);
  if (list == nullptr) return;
  for (const json::value& value : *list) {
    if (!value.is_object()) return in.wrong(name, "a list of objects");
    Fields one(value.get_object(), what);
    read(one);
    in.absorb(one);
  }
}

domain::Coverage read_coverage(const json::object& object, Fields& outer) {
  Fields in(object, "coverage");
  domain::Coverage coverage;
  coverage.audible = in.millis("audible_ms");
  coverage.covered = in.millis("covered_ms");
  each_object(in, "gaps", "gap", [&](Fields& gap) {
    coverage.gaps.push_back({gap.millis("start_ms", true), gap.millis("end_ms", true)});
    if (coverage.gaps.back().end < coverage.gaps.back().start) gap.wrong("end_ms", "at or after start_ms");
  });
  each_object(in, "left_out", "left_out", [&](Fields& text) {
    coverage.left_out.push_back(
        {text.millis("start_ms", true), text.millis("end_ms", true), text.text("reason"), text.text("text", true)});
    if (coverage.left_out.back().end < coverage.left_out.back().start) text.wrong("end_ms", "at or after start_ms");
  });
  if (coverage.covered > coverage.audible) in.wrong("covered_ms", "at most audible_ms");
  outer.absorb(in);
  return coverage;
}

domain::Window read_window(const json::object& object, Fields& outer) {
  Fields in(object, "window");
  domain::Window window;
  window.index = in.index("index", true);
  window.start = in.millis("start_ms", true);
  window.end = in.millis("end_ms", true);
  window.silence = in.flag("silence");
  if (window.end <= window.start) in.wrong("end_ms", "after start_ms");
  each_object(in, "retries", "retry", [&](Fields& retry) {
    window.retries.push_back({retry.real("temperature"), retry.text("reason"), retry.real("value")});
  });
  if (const auto* coverage = in.object("coverage")) window.coverage = read_coverage(*coverage, in);
  if (const auto* segments = in.array("segments")) {
    for (const json::value& value : *segments) {
      if (value.is_object()) {
        window.segments.push_back(read_segment(value.get_object(), in));
      } else {
        in.wrong("segments", "a list of objects");
      }
    }
  }
  outer.absorb(in);
  return window;
}

Request read_transcribe(Fields& in) {
  TranscribeRequest r;
  r.job = in.text("job", true);
  r.media_path = in.text("media", true);
  r.model_path = in.text("model", true);
  static const json::object kNone;
  const auto* options = in.object("options");
  r.options = read_options(options != nullptr ? *options : kNone, in);
  if (const auto* resume = in.object("resume")) {
    Fields at(*resume, "resume");
    r.resume_at = at.millis("at_ms");
    r.next_window = at.index("next_window");
    r.next_segment = at.index("next_segment");
    r.resume_language = at.text("language");
    r.resume_language_probability = at.real("language_probability");
    in.absorb(at);
  }
  if (const auto* span = in.object("span")) {
    Fields part(*span, "span");
    r.span_start = part.millis("start_ms");
    r.span_end = part.millis("end_ms");
    if (r.span_end.count() != 0 && r.span_end <= r.span_start) part.wrong("end_ms", "after start_ms, or 0");
    in.absorb(part);
  }
  return r;
}

Event read_done(Fields& in) {
  DoneEvent e;
  e.job = in.text("job", true);
  e.duration = in.millis("duration_ms");
  e.audible_share_with_text = in.number("coverage", 1);
  e.device = in.text("device");
  e.sha256 = in.text("sha256");
  if (const auto* timings = in.array("timings")) {
    for (const json::value& value : *timings) {
      if (!value.is_object()) {
        in.wrong("timings", "a list of objects");
        break;
      }
      Fields t(value.get_object(), "timing");
      e.timings.push_back({t.text("stage"), t.millis("ms")});
      in.absorb(t);
    }
  }
  return e;
}

Event read_event(const std::string& type, Fields& in) {
  if (type == "hello") {
    return HelloEvent{in.small("v"), in.small("pid"), in.text("engine"), in.texts("devices"), in.texts("features")};
  }
  if (type == "media") {
    MediaEvent e{in.text("job", true), {}, in.small("audio_stream")};
    if (const auto* info = in.object("info", true)) e.info = read_info(*info, in);
    return e;
  }
  if (type == "language") return LanguageEvent{in.text("job", true), in.text("language", true), in.real("probability")};
  if (type == "progress") {
    return ProgressEvent{in.text("job", true), in.text("stage"),    in.millis("done_ms"),
                         in.millis("total_ms"), in.number("speed"), in.text("device")};
  }
  if (type == "window") {
    WindowEvent e{in.text("job", true), {}};
    if (const auto* window = in.object("window", true)) e.window = read_window(*window, in);
    return e;
  }
  if (type == "done") return read_done(in);
  if (type == "failed") {
    return FailedEvent{in.text("job", true), error_code_from_name(in.text("code", true)), in.text("message"),
                       in.text("action"), in.flag("retryable")};
  }
  return UnknownEvent{type};
}

}  // namespace

Result<Request> decode_request(std::string_view line) {
  ZIMU_TRY(const auto object, parse_object(line));
  Fields in(object, "request");
  const std::string type = in.text("type", true);
  Request request;
  if (type == "transcribe") {
    request = read_transcribe(in);
  } else if (type == "inspect") {
    request = InspectRequest{in.text("job", true), in.text("media", true), in.text("peaks"), in.text("poster")};
  } else if (type == "cancel") {
    request = CancelRequest{in.text("job", true)};
  } else {
    in.wrong("type", "transcribe, inspect or cancel");
  }
  ZIMU_TRY_VOID(in.verdict());
  return request;
}

Result<Event> decode_event(std::string_view line) {
  ZIMU_TRY(const auto object, parse_object(line));
  Fields in(object, "event");
  const std::string type = in.text("type", true);
  Event event = read_event(type, in);
  ZIMU_TRY_VOID(in.verdict());
  return event;
}

}  // namespace zimu::protocol
