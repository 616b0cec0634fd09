#include "api/caption_query.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include "api/fields.hpp"
#include "base/utf8.hpp"

namespace zimu::api {

namespace json = boost::json;

namespace {

Result<std::optional<int>> small_integer(const http::Request& request, std::string_view name, int least, int most) {
  ZIMU_TRY(const auto value, query_integer(request, name, least, most));
  return value ? std::optional<int>(static_cast<int>(*value)) : std::nullopt;
}

json::object rules_json(const domain::CaptionRules& rules) {
  return {{"line_chars", rules.line_chars},
          {"lines", rules.lines},
          {"cps", rules.cps},
          {"shortest_ms", rules.shortest.count()},
          {"longest_ms", rules.longest.count()},
          {"gap_ms", rules.gap.count()},
          {"wide", rules.wide}};
}

}  // namespace

Result<domain::CaptionChoice> caption_choice(const http::Request& request) {
  using namespace domain;
  CaptionChoice choice;
  if (const auto preset = request.query_value("preset")) choice.preset = std::string(*preset);
  ZIMU_TRY(choice.line_chars, small_integer(request, "line_chars", kLeastLineChars, kMostLineChars));
  ZIMU_TRY(choice.lines, small_integer(request, "lines", kLeastLines, kMostLines));
  ZIMU_TRY(choice.cps, small_integer(request, "cps", kLeastCps, kMostCps));
  ZIMU_TRY(choice.shortest_ms, small_integer(request, "shortest_ms", kLeastCueMs, kMostCueMs));
  ZIMU_TRY(choice.longest_ms, small_integer(request, "longest_ms", kLeastCueMs, kMostCueMs));
  ZIMU_TRY(choice.gap_ms, small_integer(request, "gap_ms", kLeastGapMs, kMostGapMs));
  ZIMU_TRY_VOID(check_caption_choice(choice));
  return choice;
}

json::value check_json(const domain::Transcript& cues, const domain::CaptionRules& rules) {
  json::array violations;
  for (const auto& violation : domain::check_captions(cues, rules)) {
    const domain::Segment& cue = cues.segments[violation.cue];
    violations.push_back(json::object{{"cue", violation.cue},
                                      {"rule", violation.rule},
                                      {"value", violation.value},
                                      {"limit", violation.limit},
                                      {"start_ms", cue.start.count()},
                                      {"end_ms", cue.end.count()},
                                      {"text", to_utf8(cue.text)}});
  }
  return json::object{{"preset", rules.preset},
                      {"rules", rules_json(rules)},
                      {"cues", cues.segments.size()},
                      {"violations", std::move(violations)}};
}

}  // namespace zimu::api
