#include <algorithm>

#include "domain/captions/captions.hpp"
#include "domain/captions/width.hpp"
#include "domain/export_parts.hpp"

namespace zimu::domain {
namespace {

/// Collects what one cue breaks.
struct Report {
  std::vector<CaptionViolation>& out;
  std::size_t cue;
  void over(std::string_view rule, double value, double limit) const {
    if (value > limit) out.push_back({cue, rule, value, limit});
  }
  void under(std::string_view rule, double value, double limit) const {
    if (value < limit) out.push_back({cue, rule, value, limit});
  }
};

void check_text(const Segment& cue, const CaptionRules& rules, const Report& report) {
  const auto lines = detail::clean_lines(cue.text);
  const double unit = rules.wide ? 2 : 1;
  int longest = 0;
  int label = label_columns(cue.speaker, rules);
  for (const std::string& line : lines) {
    longest = std::max(longest, captions::columns_of(line, rules.wide) + label);
    label = 0;
  }
  report.over("line_length", longest / unit, rules.line_chars);
  report.over("line_count", static_cast<double>(lines.size()), rules.lines);
  const std::int64_t length_ms = std::max((cue.end - cue.start).count(), std::int64_t{1});
  const std::int64_t columns = captions::reading_columns(cue.text, rules.wide);
  // In whole numbers: 21 characters in 1.4 s are 15 a second, and 15.000000000000002 as a quotient.
  if (columns * 1000 > rules.columns_per_second() * length_ms) {
    report.over("reading_speed", static_cast<double>(columns) * 1000 / unit / static_cast<double>(length_ms), rules.cps);
  }
}

double ms(Milliseconds time) { return static_cast<double>(time.count()); }

}  // namespace

const std::vector<std::string_view>& caption_rule_names() {
  static const std::vector<std::string_view> names{"line_length", "line_count", "reading_speed", "shortest",
                                                   "longest",     "gap",        "overlap"};
  return names;
}

int label_columns(std::string_view speaker, const CaptionRules& rules) {
  const std::string name = detail::one_line(speaker);
  return name.empty() ? 0 : captions::columns_of(name, rules.wide) + 2;
}

std::vector<CaptionViolation> check_captions(const Transcript& cues, const CaptionRules& rules) {
  std::vector<CaptionViolation> out;
  const auto& segments = cues.segments;
  for (std::size_t i = 0; i < segments.size(); ++i) {
    const Segment& cue = segments[i];
    const Report report{out, i};
    check_text(cue, rules, report);
    report.under("shortest", ms(cue.end - cue.start), ms(rules.shortest));
    report.over("longest", ms(cue.end - cue.start), ms(rules.longest));
    if (i + 1 == segments.size()) continue;
    const Milliseconds gap = segments[i + 1].start - cue.end;
    if (gap < Milliseconds{0}) {
      report.over("overlap", ms(-gap), 0);
    } else {
      report.under("gap", ms(gap), ms(rules.gap));
    }
  }
  return out;
}

}  // namespace zimu::domain
