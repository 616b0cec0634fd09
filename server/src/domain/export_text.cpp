// Plain formats: TXT, TSV, CSV (RFC 4180), JSON (RFC 8259).
#include <cmath>
#include <utility>

#include <fmt/format.h>

#include "base/time.hpp"
#include "base/utf8.hpp"
#include "domain/export_parts.hpp"
#include "domain/job.hpp"

namespace zimu::domain::detail {
namespace {

std::string csv_field(std::string_view text) {
  // A leading =, +, - or @ would be run as a formula by spreadsheets (OWASP CSV injection).
  const bool formula = !text.empty() && std::string_view("=+-@").find(text.front()) != std::string_view::npos;
  std::string out = formula ? "\"'" : "\"";
  for (const char c : text) {
    if (c == '"') out += '"';
    out += c;
  }
  return out + '"';
}

std::string json_string(std::string_view text) {
  std::string out = "\"";
  for (const char c : to_utf8(text)) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (byte < 0x20) {
      out += fmt::format("\\u{:04x}", byte);
    } else {
      out += c;
    }
  }
  return out + '"';
}

std::string json_number(float value) { return std::isfinite(value) ? fmt::format("{:.4g}", value) : "0"; }

std::string json_words(const std::vector<Word>& words) {
  std::string out = "[";
  for (const Word& word : words) {
    out += fmt::format("{}\n        {{\"start_ms\": {}, \"end_ms\": {}, \"text\": {}, \"probability\": {}}}",
                       out.size() > 1 ? "," : "", word.start.count(), word.end.count(), json_string(word.text),
                       json_number(word.probability));
  }
  return out + (words.empty() ? "]" : "\n      ]");
}

std::string json_coverage(const Coverage& coverage) {
  std::string out = fmt::format("{{\n    \"audible_ms\": {}, \"covered_ms\": {}, \"share\": {},\n    \"gaps\": [",
                                coverage.audible.count(), coverage.covered.count(),
                                json_number(static_cast<float>(share_with_text(coverage))));
  const char* before = "";
  for (const Coverage::Gap& gap : coverage.gaps) {
    out += fmt::format("{}\n      {{\"start_ms\": {}, \"end_ms\": {}}}", std::exchange(before, ","), gap.start.count(),
                       gap.end.count());
  }
  out += coverage.gaps.empty() ? "],\n    \"left_out\": [" : "\n    ],\n    \"left_out\": [";
  before = "";
  for (const LeftOut& one : coverage.left_out) {
    out += fmt::format("{}\n      {{\"start_ms\": {}, \"end_ms\": {}, \"reason\": {}, \"text\": {}}}",
                       std::exchange(before, ","), one.start.count(), one.end.count(), json_string(one.reason),
                       json_string(one.text));
  }
  return out + (coverage.left_out.empty() ? "]\n  }" : "\n    ]\n  }");
}

std::string json_segment(const Cue& cue, const ExportOptions& options) {
  const Segment& segment = *cue.segment;
  std::string out = fmt::format(
      "    {{\n      \"index\": {}, \"start_ms\": {}, \"end_ms\": {},\n      \"text\": {},\n      \"speaker\": {},\n"
      "      \"avg_logprob\": {}, \"compression_ratio\": {}, \"no_speech_prob\": {}, \"temperature\": {}",
      segment.index, cue.start.count(), cue.end.count(), json_string(joined(cue.lines, "\n")), json_string(cue.speaker),
      json_number(segment.avg_logprob), json_number(segment.compression_ratio), json_number(segment.no_speech_prob),
      json_number(segment.temperature));
  if (options.word_times || !segment.words.empty()) out += ",\n      \"words\": " + json_words(segment.words);
  return out + "\n    }";
}

}  // namespace

std::string write_txt(const Transcript& transcript) {
  std::string out;
  for (const Cue& cue : make_cues(transcript)) {
    if (!cue.speaker.empty()) out += cue.speaker + ": ";
    out += on_one_line(cue.lines) + '\n';
  }
  return out;
}

// The shape of openai/whisper's own TSV: integer milliseconds, no tabs in the text.
std::string write_tsv(const Transcript& transcript) {
  std::string out = "start\tend\ttext\n";
  for (const Cue& cue : make_cues(transcript)) {
    out += fmt::format("{}\t{}\t{}\n", cue.start.count(), cue.end.count(), on_one_line(cue.lines));
  }
  return out;
}

std::string write_csv(const Transcript& transcript) {
  std::string out = "start_ms,end_ms,speaker,text\r\n";
  for (const Cue& cue : make_cues(transcript)) {
    out += fmt::format("{},{},{},{}\r\n", cue.start.count(), cue.end.count(), csv_field(cue.speaker),
                       csv_field(on_one_line(cue.lines)));
  }
  return out;
}

std::string write_json(const Transcript& transcript, const ExportOptions& options) {
  std::string out = fmt::format(
      "{{\n  \"title\": {},\n  \"model\": {},\n  \"task\": \"{}\",\n  \"language\": {},\n"
      "  \"language_probability\": {},\n  \"duration_ms\": {},\n  \"complete\": {},\n",
      json_string(transcript.title), json_string(transcript.model), task_name(transcript.task),
      json_string(transcript.language), json_number(transcript.language_probability), transcript.duration.count(),
      transcript.complete);
  if (transcript.coverage) out += "  \"coverage\": " + json_coverage(*transcript.coverage) + ",\n";
  out += "  \"segments\": [";
  bool first = true;
  for (const Cue& cue : make_cues(transcript)) {
    out += first ? "\n" : ",\n";
    out += json_segment(cue, options);
    first = false;
  }
  return out + (first ? "]\n}\n" : "\n  ]\n}\n");
}

}  // namespace zimu::domain::detail
