#include "api/dto.hpp"

#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>

#include <cmath>

#include "api/render_json.hpp"
#include "base/utf8.hpp"
#include "http/url.hpp"

namespace zimu::api {
namespace {

namespace json = boost::json;

json::value text(std::string_view value) { return json::value(to_utf8(value)); }
json::value number(double value) { return std::isfinite(value) ? json::value(std::round(value * 1e4) / 1e4) : json::value(0.0); }
json::value time(const std::optional<Timestamp>& value) {
  return value ? json::value(format_rfc3339(*value)) : json::value(nullptr);
}

json::value failure_json(const std::optional<domain::JobFailure>& failure) {
  if (!failure) return nullptr;
  return json::object{{"code", error_code_name(failure->code)},
                      {"message", text(failure->message)},
                      {"action", text(failure->action)},
                      {"retryable", failure->retryable}};
}

json::value span_json(const std::optional<domain::JobSpan>& span) {
  if (!span) return nullptr;
  return json::object{{"transcript_id", text(span->transcript_id)},
                      {"start_ms", span->start.count()},
                      {"end_ms", span->end.count()}};
}

json::object stream_json(const domain::Stream& s) {
  return {{"index", s.index},
          {"kind", text(s.kind)},
          {"codec", text(s.codec)},
          {"language", text(s.language)},
          {"channels", s.channels},
          {"sample_rate_hz", s.sample_rate_hz},
          {"width", s.width},
          {"height", s.height},
          {"is_default", s.is_default}};
}

std::string_view state_name(domain::MediaState state) {
  return state == domain::MediaState::kReady ? "ready" : state == domain::MediaState::kInspecting ? "inspecting" : "unreadable";
}

json::value coverage_json(const std::optional<domain::Coverage>& coverage) {
  if (!coverage) return nullptr;
  json::array gaps;
  for (const auto& gap : coverage->gaps) {
    gaps.push_back(json::object{{"start_ms", gap.start.count()}, {"end_ms", gap.end.count()}});
  }
  json::array left_out;
  for (const auto& one : coverage->left_out) {
    left_out.push_back(json::object{{"start_ms", one.start.count()},
                                    {"end_ms", one.end.count()},
                                    {"reason", text(one.reason)},
                                    {"text", text(one.text)}});
  }
  return json::object{{"audible_ms", coverage->audible.count()},
                      {"covered_ms", coverage->covered.count()},
                      {"share", number(domain::share_with_text(*coverage))},
                      {"gaps", std::move(gaps)},
                      {"left_out", std::move(left_out)}};
}

struct EventNamer {
  NamedEvent operator()(const domain::Job& job) const { return {"job", json::serialize(to_json(job)), job.id}; }
  NamedEvent operator()(const app::SegmentAdded& added) const {
    return {"segment",
            json::serialize(json::object{{"job_id", added.job_id},
                                         {"transcript_id", added.transcript_id},
                                         {"segment", to_json(added.segment)}}),
            added.job_id};
  }
  NamedEvent operator()(const domain::Media& media) const { return {"media", json::serialize(to_json(media)), ""}; }
  NamedEvent operator()(const app::MediaRemoved& gone) const {
    return {"media", json::serialize(json::object{{"id", gone.media_id}, {"removed", true}}), ""};
  }
  NamedEvent operator()(const app::JobRemoved& gone) const {
    return {"job", json::serialize(json::object{{"id", gone.job_id}, {"removed", true}}), gone.job_id};
  }
  NamedEvent operator()(const domain::Transcript& transcript) const {
    return {"transcript", json::serialize(header_json(transcript)), transcript.job_id};
  }
  NamedEvent operator()(const app::TranscriptRemoved& gone) const {
    const json::object data{{"id", gone.transcript_id}, {"media_id", gone.media_id}, {"removed", true}};
    return {"transcript", json::serialize(data), ""};
  }
  NamedEvent operator()(const app::ModelPull& pull) const { return {"model", json::serialize(to_json(pull)), ""}; }
  NamedEvent operator()(const app::SystemNotice& notice) const {
    return {"system", json::serialize(json::object{{"code", text(notice.code)}, {"message", text(notice.message)}}), ""};
  }
};

}  // namespace

json::object to_json(const app::ModelPull& pull) {
  json::object out{{"name", text(pull.name)},
                   {"state", pull.state},
                   {"progress", pull.progress},
                   {"done_bytes", pull.done_bytes},
                   {"total_bytes", nullptr},
                   {"failure", nullptr}};
  if (pull.total_bytes > 0) out["total_bytes"] = pull.total_bytes;
  if (pull.failure) {
    out["failure"] = json::object{{"code", error_code_name(pull.failure->code)},
                                  {"message", text(pull.failure->message)},
                                  {"action", text(pull.failure->action)}};
  }
  return out;
}

json::object to_json(const domain::Job& job) {
  const auto& o = job.options;
  return {{"id", text(job.id)},
          {"kind", domain::job_kind_name(job.kind)},
          {"media_id", text(job.media_id)},
          {"transcript_id", text(job.transcript_id)},
          {"state", domain::job_state_name(job.state)},
          {"options",
           json::object{{"model", text(o.model)},
                        {"language", text(o.language)},
                        {"task", domain::task_name(o.task)},
                        {"words", o.words},
                        {"prompt", text(o.prompt)},
                        {"device", text(o.device)},
                        {"threads", o.threads},
                        {"audio_stream", o.audio_stream},
                        {"temperature", number(static_cast<double>(o.temperature))},
                        {"beam_size", o.beam_size},
                        {"languages", json::array(o.languages.begin(), o.languages.end())}}},
          {"stage", text(job.stage)},
          {"progress", number(job.progress)},
          {"speed", number(job.speed)},
          {"eta_ms", job.eta ? json::value(job.eta->count()) : json::value(nullptr)},
          {"span", span_json(job.span)},
          {"processed_ms", job.processed.count()},
          {"duration_ms", job.duration.count()},
          {"device", text(job.device)},
          {"attempts", job.attempts},
          {"priority", job.priority},
          {"failure", failure_json(job.failure)},
          {"created_at", format_rfc3339(job.created_at)},
          {"updated_at", format_rfc3339(job.updated_at)},
          {"started_at", time(job.started_at)},
          {"finished_at", time(job.finished_at)},
          {"render", render_json(job.render)},
          {"result", result_json(job.result)}};
}

json::object to_json(const domain::Media& media) {
  json::array streams;
  for (const auto& stream : media.info.streams) streams.push_back(stream_json(stream));
  json::array tags;
  for (const auto& tag : media.tags) tags.push_back(text(tag));
  return {{"id", text(media.id)},
          {"title", text(media.title)},
          {"file_name", text(media.file_name)},
          {"content_type", text(media.content_type)},
          {"size_bytes", media.size_bytes},
          {"sha256", text(media.sha256)},
          {"state", state_name(media.state)},
          {"problem", text(media.problem)},
          {"duration_ms", media.info.duration.count()},
          {"start_offset_ms", media.info.start_offset.count()},
          {"has_video", media.info.has_video},
          {"format", text(media.info.format)},
          {"streams", std::move(streams)},
          {"source", text(media.source)},
          {"tags", std::move(tags)},
          {"duplicate_of", media.duplicate_of.empty() ? json::value(nullptr) : text(media.duplicate_of)},
          {"has_poster", media.has_poster},
          {"created_at", format_rfc3339(media.created_at)},
          {"updated_at", format_rfc3339(media.updated_at)}};
}

json::object to_json(const domain::Segment& segment) {
  json::array words;
  for (const auto& word : segment.words) {
    words.push_back(json::object{{"start_ms", word.start.count()},
                                 {"end_ms", word.end.count()},
                                 {"text", text(word.text)},
                                 {"probability", number(static_cast<double>(word.probability))}});
  }
  return {{"index", segment.index},
          {"start_ms", segment.start.count()},
          {"end_ms", segment.end.count()},
          {"text", text(segment.text)},
          {"speaker", text(segment.speaker)},
          {"words", std::move(words)},
          {"avg_logprob", number(static_cast<double>(segment.avg_logprob))},
          {"compression_ratio", number(static_cast<double>(segment.compression_ratio))},
          {"no_speech_prob", number(static_cast<double>(segment.no_speech_prob))},
          {"temperature", number(static_cast<double>(segment.temperature))}};
}

json::object to_json(const domain::Window& window) {
  json::array retries;
  for (const auto& retry : window.retries) {
    retries.push_back(json::object{{"temperature", number(static_cast<double>(retry.temperature))},
                                   {"reason", text(retry.reason)},
                                   {"value", number(static_cast<double>(retry.value))}});
  }
  return {{"index", window.index},
          {"start_ms", window.start.count()},
          {"end_ms", window.end.count()},
          {"silence", window.silence},
          {"retries", std::move(retries)},
          {"coverage", coverage_json(window.coverage)}};
}

json::object header_json(const domain::Transcript& t) {
  return {{"id", text(t.id)},
          {"media_id", text(t.media_id)},
          {"job_id", t.job_id.empty() ? json::value(nullptr) : text(t.job_id)},
          {"title", text(t.title)},
          {"model", text(t.model)},
          {"task", domain::task_name(t.task)},
          {"language", text(t.language)},
          {"language_probability", number(static_cast<double>(t.language_probability))},
          {"duration_ms", t.duration.count()},
          {"complete", t.complete},
          {"created_at", format_rfc3339(t.created_at)},
          {"updated_at", format_rfc3339(t.updated_at)},
          {"revision", t.revision},
          {"origin", domain::origin_name(t.origin)},
          {"parent_id", t.parent_id ? text(*t.parent_id) : json::value(nullptr)}};
}

json::object to_json(const domain::Transcript& transcript) {
  json::object out = header_json(transcript);
  json::array segments;
  segments.reserve(transcript.segments.size());
  for (const auto& segment : transcript.segments) segments.push_back(to_json(segment));
  out["segments"] = std::move(segments);
  out["coverage"] = coverage_json(transcript.coverage);
  return out;
}

json::object page_json(json::array items, const std::optional<std::string>& next) {
  return {{"items", std::move(items)}, {"next", next ? json::value(*next) : json::value(nullptr)}};
}

NamedEvent to_event(const app::Payload& payload) { return std::visit(EventNamer{}, payload); }

}  // namespace zimu::api
