#include "domain/captions/captions.hpp"

#include <algorithm>
#include <string>
#include <utility>

#include "base/check.hpp"
#include "base/utf8.hpp"
#include "domain/captions/cutter.hpp"
#include "domain/captions/tokens.hpp"
#include "domain/captions/width.hpp"
#include "domain/export_parts.hpp"

namespace zimu::domain {
namespace {

using captions::TimedCue;
using captions::Token;

void append_solid(std::string& out, std::string_view text) {
  while (!text.empty()) {
    const Utf8Step step = next_codepoint(text);
    if (!captions::is_blank(step.codepoint)) out += text.substr(0, step.length);
    text.remove_prefix(step.length);
  }
}

std::string solid(const std::vector<Segment>& segments) {
  std::string out;
  for (const Segment& segment : segments) append_solid(out, detail::one_line(segment.text));
  return out;
}

Segment segment_of(const TimedCue& cue, const std::vector<Token>& tokens) {
  Segment out;
  const Segment& source = *tokens[cue.begin].segment;
  out.start = cue.start;
  out.end = cue.stop;
  out.speaker = source.speaker;
  out.avg_logprob = source.avg_logprob;
  out.compression_ratio = source.compression_ratio;
  out.no_speech_prob = source.no_speech_prob;
  out.temperature = source.temperature;
  bool timed = true;
  for (std::size_t i = cue.begin; i < cue.end; ++i) {
    const Token& token = tokens[i];
    const bool new_line = std::ranges::find(cue.layout.breaks, i) != cue.layout.breaks.end();
    const std::string text = (i == cue.begin ? "" : new_line ? "\n" : token.lead) + token.text;
    out.text += text;
    timed = timed && !token.segment->words.empty();
    out.words.push_back({token.start, std::min(token.end, cue.stop), text, token.probability});
  }
  if (!timed) out.words.clear();
  return out;
}

}  // namespace

std::string_view shown_language(const Transcript& transcript) noexcept {
  return transcript.task == Task::kTranslate ? std::string_view("en") : std::string_view(transcript.language);
}

Transcript make_captions(const Transcript& transcript, const CaptionRules& rules) {
  const std::vector<Token> tokens = captions::tokens_of(transcript, rules);
  std::vector<Segment> cues;
  for (const TimedCue& cue : captions::cut(tokens, rules, shown_language(transcript), transcript.duration)) {
    cues.push_back(segment_of(cue, tokens));
    cues.back().index = static_cast<std::int64_t>(cues.size()) - 1;
  }
  std::vector<Segment> ordered = transcript.segments;
  std::ranges::stable_sort(ordered, {}, [](const Segment& s) { return std::max(s.start, Milliseconds{0}); });
  ZIMU_CHECK(solid(cues) == solid(ordered));
  Transcript out = transcript;
  out.segments = std::move(cues);
  return out;
}

}  // namespace zimu::domain
