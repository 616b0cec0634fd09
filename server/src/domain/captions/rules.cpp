// Figures: Netflix Timed Text Style Guides (general, and by language), BBC Subtitle Guidelines (37 characters, 160 to 180
// words a minute, a gap only from 1 s), and what fits YouTube's default box.
#include "domain/captions/rules.hpp"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "base/utf8.hpp"

namespace zimu::domain {
namespace {

struct LanguageRow {
  std::string_view language;
  int line_chars;
  int cps;
  bool wide;
};

constexpr std::array<LanguageRow, 6> kNetflix{{
    {"en", 42, 20, false},
    {"zh", 16, 9, true},
    {"ja", 13, 4, true},
    {"ko", 16, 12, true},
    {"ar", 42, 20, false},
    {"hi", 42, 22, false},
}};
constexpr LanguageRow kNetflixElse{"", 42, 17, false};

CaptionRules netflix(std::string_view language) {
  const auto row = std::ranges::find(kNetflix, language, &LanguageRow::language);
  const LanguageRow& values = row == kNetflix.end() ? kNetflixElse : *row;
  CaptionRules rules;
  rules.line_chars = values.line_chars;
  rules.cps = values.cps;
  rules.wide = values.wide;
  if (language == "ja") rules.shortest = Milliseconds{500};
  return rules;
}

CaptionRules bbc() {
  CaptionRules rules;
  rules.line_chars = 37;
  rules.cps = 18;  // 180 words a minute of six characters
  rules.shortest = Milliseconds{1000};
  rules.gap = Milliseconds{0};
  rules.chain = Milliseconds{1000};
  rules.linger = Milliseconds{1500};
  return rules;
}

CaptionRules youtube() {
  CaptionRules rules;
  rules.cps = 25;
  rules.shortest = Milliseconds{700};
  rules.gap = Milliseconds{0};
  rules.chain = Milliseconds{300};
  rules.linger = Milliseconds{1000};
  return rules;
}

/// Chinese, whatever language was detected; a little faster than Netflix's 9, as its guide allows for the deaf.
CaptionRules chinese() {
  CaptionRules rules = netflix("zh");
  rules.cps = 11;
  return rules;
}

Result<> within(const std::optional<int>& value, std::string_view name, int least, int most) {
  if (!value || (*value >= least && *value <= most)) return {};
  return fail(ErrorCode::kInvalidArgument, fmt::format("'{}' must be a whole number from {} to {}", name, least, most));
}

std::string known_presets() {
  std::string out;
  for (const std::string_view name : caption_presets()) out += fmt::format("{}{}", out.empty() ? "" : ", ", name);
  return out;
}

}  // namespace

const std::vector<std::string_view>& caption_presets() {
  static const std::vector<std::string_view> names{"netflix", "bbc", "youtube", "zh", "custom"};
  return names;
}

Result<> check_caption_choice(const CaptionChoice& choice) {
  if (const auto rules = caption_rules(choice, ""); !rules) return std::unexpected(rules.error());
  return {};
}

Result<CaptionRules> caption_rules(const CaptionChoice& choice, std::string_view language) {
  const std::string preset = choice.preset.value_or("custom");
  if (std::ranges::find(caption_presets(), preset) == caption_presets().end()) {
    return fail(ErrorCode::kInvalidArgument, fmt::format("'{}' is not a preset for subtitles", to_utf8(preset)),
                fmt::format("use one of {}", known_presets()));
  }
  ZIMU_TRY_VOID(within(choice.line_chars, "line_chars", kLeastLineChars, kMostLineChars));
  ZIMU_TRY_VOID(within(choice.lines, "lines", kLeastLines, kMostLines));
  ZIMU_TRY_VOID(within(choice.cps, "cps", kLeastCps, kMostCps));
  ZIMU_TRY_VOID(within(choice.shortest_ms, "shortest_ms", kLeastCueMs, kMostCueMs));
  ZIMU_TRY_VOID(within(choice.longest_ms, "longest_ms", kLeastCueMs, kMostCueMs));
  ZIMU_TRY_VOID(within(choice.gap_ms, "gap_ms", kLeastGapMs, kMostGapMs));

  const std::string_view base = language.substr(0, language.find('-'));
  CaptionRules rules = preset == "bbc"       ? bbc()
                       : preset == "youtube" ? youtube()
                       : preset == "zh"      ? chinese()
                                             : netflix(base);
  rules.preset = preset;
  rules.line_chars = choice.line_chars.value_or(rules.line_chars);
  rules.lines = choice.lines.value_or(rules.lines);
  rules.cps = choice.cps.value_or(rules.cps);
  if (choice.shortest_ms) rules.shortest = Milliseconds{*choice.shortest_ms};
  if (choice.longest_ms) rules.longest = Milliseconds{*choice.longest_ms};
  if (choice.gap_ms) rules.gap = Milliseconds{*choice.gap_ms};
  rules.chain = std::max(rules.chain, rules.gap);
  if (rules.shortest > rules.longest) {
    return fail(ErrorCode::kInvalidArgument,
                fmt::format("'shortest_ms' ({}) is over 'longest_ms' ({})", rules.shortest.count(), rules.longest.count()),
                "give both, the shorter first");
  }
  return rules;
}

}  // namespace zimu::domain
