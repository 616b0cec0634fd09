// What holds for any transcript, on random ones (rapidcheck; RC_PARAMS="seed=… max_success=…" overrides).
#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <cstdlib>

#include "domain/captions/captions_fixture_test.hpp"
#include "domain/export.hpp"

namespace zimu::domain {
namespace {

// RC_ASSERT takes an expression apart: without brackets of its own, || and && would not stop early.

// Read by rapidcheck at its first property.
const int kMore = ::setenv("RC_PARAMS", "max_success=500", 0);

const std::vector<std::string> kLatin{"the", "a",    "house", "of",   "and", "Peter", "Smith", "walked,", "home.", "I",
                                      "12",  "men!", "is",    "into", "x",   "(so",   "it)",   "extraordinarily", "ok"};
const std::vector<std::string> kHan{"今天", "，", "天气", "。", "「", "很好", "」", "コンピューター", "ー", "年", "2024", "abc",
                                    "！", "？", "看", "…", "“", "”", "한국", "𠀀", " "};
const std::vector<std::string> kDirt{"\n", "\t", "\xff", "\xe4\xb8", "\u200d", "👩‍👧", "e\u0301", "-->", "<b>", "&", "\u00a0", "\u3000",
                                     " ?", "-", "'", "\"", "ที่นี่", "สวัสดี"};

Segment any_segment(std::int64_t start, bool clean) {
  Segment out;
  const int kind = *rc::gen::inRange(0, clean ? 2 : 4);
  const int count = *rc::gen::inRange(1, 25);
  std::int64_t at = start;
  for (int i = 0; i < count; ++i) {
    const auto& list = kind == 1 ? kHan : kind == 2 && *rc::gen::inRange(0, 3) == 0 ? kDirt : kLatin;
    const std::string text = *rc::gen::elementOf(list);
    const bool space = kind != 1 || *rc::gen::inRange(0, 8) == 0;
    const std::int64_t length = *rc::gen::inRange(0, 900);
    out.words.push_back({ms(at), ms(at + length), (space ? " " : "") + text, 0.5F});
    out.text += (space && i > 0 ? " " : "") + text;
    at += length + (*rc::gen::inRange(0, 6) == 0 ? *rc::gen::inRange(0, 3000) : 0);
    // Workers may send times that go back.
    if (!clean && *rc::gen::inRange(0, 20) == 0) at -= 500;
  }
  out.start = ms(start);
  out.end = ms(at);
  if (*rc::gen::inRange(0, 4) == 0) out.words.clear();
  if (*rc::gen::inRange(0, 6) == 0) out.text += " and more";
  if (*rc::gen::inRange(0, 5) == 0) out.speaker = *rc::gen::elementOf(std::vector<std::string>{"Anna", "王", std::string(50, 'n')});
  return out;
}

Transcript any_transcript(bool clean = false) {
  std::vector<Segment> segments;
  std::int64_t at = clean ? 0 : -200;
  const int count = *rc::gen::inRange(0, 6);
  for (int i = 0; i < count; ++i) {
    segments.push_back(any_segment(at, clean));
    at = segments.back().end.count() + *rc::gen::inRange(clean ? 0 : -300, 2500);
  }
  return recording(std::move(segments), *rc::gen::elementOf(std::vector<std::string>{"en", "de", "fr", "es", "zh", "ja", "ko", ""}));
}

CaptionRules any_rules(const Transcript& transcript) {
  CaptionChoice choice;
  choice.preset = std::string(*rc::gen::elementOf(caption_presets()));
  if (*choice.preset == "custom") {
    choice.line_chars = *rc::gen::inRange(kLeastLineChars, kMostLineChars + 1);
    choice.lines = *rc::gen::inRange(kLeastLines, kMostLines + 1);
    choice.cps = *rc::gen::inRange(kLeastCps, kMostCps + 1);
    choice.shortest_ms = *rc::gen::inRange(kLeastCueMs, 3000);
    choice.longest_ms = *rc::gen::inRange(3000, kMostCueMs + 1);
    choice.gap_ms = *rc::gen::inRange(kLeastGapMs, kMostGapMs + 1);
  }
  return caption_rules(choice, transcript.language).value();
}

std::string cleaned(const Transcript& transcript) {
  // What the exports show of a segment: valid UTF-8 without control characters.
  Transcript copy = transcript;
  for (Segment& segment : copy.segments) segment.text = to_utf8(segment.text);
  std::ranges::stable_sort(copy.segments, {}, [](const Segment& s) { return std::max(s.start, ms(0)); });
  return solid(copy);
}

RC_GTEST_PROP(CaptionsProperty, TextIsKeptAndTimesGrow, ()) {
  const Transcript transcript = any_transcript();
  const CaptionRules rules = any_rules(transcript);
  const Transcript cues = make_captions(transcript, rules);
  RC_ASSERT(solid(cues) == cleaned(transcript));
  for (std::size_t i = 0; i < cues.segments.size(); ++i) {
    const Segment& cue = cues.segments[i];
    RC_ASSERT((cue.start >= ms(0) && cue.end > cue.start));
    RC_ASSERT((i == 0 || cue.start >= cues.segments[i - 1].end));
    RC_ASSERT(cue.index == static_cast<std::int64_t>(i));
    RC_ASSERT((is_utf8(cue.text) && !cue.text.empty()));
    std::string words;
    for (const Word& word : cue.words) {
      words += word.text;
      RC_ASSERT((word.start >= cue.start && word.end <= cue.end));
    }
    RC_ASSERT((cue.words.empty() || words == cue.text));
  }
}

/// The checks again, by other means than those of check_captions.
RC_GTEST_PROP(CaptionsProperty, EveryLimitHoldsOrIsReported, ()) {
  const Transcript transcript = any_transcript();
  const CaptionRules rules = any_rules(transcript);
  const Transcript cues = make_captions(transcript, rules);
  const auto violations = check_captions(cues, rules);
  const auto reported = [&violations](std::size_t cue, std::string_view rule) {
    return std::ranges::any_of(violations, [&](const auto& v) { return v.cue == cue && v.rule == rule; });
  };
  for (std::size_t i = 0; i < cues.segments.size(); ++i) {
    const Segment& cue = cues.segments[i];
    const auto lines = lines_of(recording({cue}));
    RC_ASSERT((static_cast<int>(lines.size()) <= rules.lines || reported(i, "line_count")));
    for (const std::string& line : lines) {
      RC_ASSERT((captions::columns_of(line, rules.wide) <= rules.line_columns() || reported(i, "line_length")));
    }
    const auto length = (cue.end - cue.start).count();
    RC_ASSERT((length >= rules.shortest.count() || reported(i, "shortest")));
    RC_ASSERT(length <= rules.longest.count());
    const std::int64_t columns = captions::reading_columns(cue.text, rules.wide);
    RC_ASSERT((columns * 1000 <= rules.columns_per_second() * length || reported(i, "reading_speed")));
    if (i + 1 < cues.segments.size()) {
      RC_ASSERT((cues.segments[i + 1].start - cue.end >= rules.gap || reported(i, "gap")));
    }
  }
}

/// Lines are over the limit only where one piece that may not be cut is.
RC_GTEST_PROP(CaptionsProperty, LinesAlwaysFitInCleanText, ()) {
  Transcript transcript = any_transcript(true);
  for (Segment& segment : transcript.segments) segment.speaker.clear();
  CaptionChoice choice;
  choice.preset = std::string(*rc::gen::elementOf(std::vector<std::string_view>{"netflix", "bbc", "youtube", "zh"}));
  const CaptionRules rules = caption_rules(choice, transcript.language).value();
  for (const auto& violation : check_captions(make_captions(transcript, rules), rules)) {
    if (violation.rule != "line_length") RC_ASSERT((violation.rule != "line_count" && violation.rule != "longest" && violation.rule != "overlap"));
  }
}

RC_GTEST_PROP(CaptionsProperty, NoLineBreaksKinsoku, ()) {
  const Transcript transcript = any_transcript(true);
  for (const std::string& line : lines_of(make_captions(transcript, any_rules(transcript)))) {
    const char32_t first = next_codepoint(line).codepoint;
    // Blanks in the transcript part before opening quotes only; ” and … may stand at the very start of a segment.
    constexpr std::u32string_view kNever = U"。，！？」ー";
    const bool begins_segment = std::ranges::any_of(transcript.segments, [&line](const Segment& s) {
      const auto text = std::string_view(s.text).substr(std::min(s.text.find_first_not_of(' '), s.text.size()));
      return text.starts_with(line.substr(0, 3));
    });
    RC_ASSERT((begins_segment || kNever.find(first) == std::u32string_view::npos));
  }
}

RC_GTEST_PROP(CaptionsProperty, EveryFormatTakesThem, ()) {
  const Transcript transcript = any_transcript();
  const ExportOptions options{.word_times = *rc::gen::arbitrary<bool>(), .rules = any_rules(transcript)};
  const auto blocks = make_captions(transcript, *options.rules).segments.size();
  for (const auto& format : export_formats()) {
    const auto text = export_transcript(transcript, format.name, options);
    RC_ASSERT((text.has_value() && is_utf8(*text)));
    if (format.name != "srt" && format.name != "vtt") continue;
    std::size_t arrows = 0;
    for (auto at = text->find("-->"); at != std::string::npos; at = text->find("-->", at + 3)) ++arrows;
    std::size_t ends = 0;
    for (auto at = text->find("\n\n"); at != std::string::npos; at = text->find("\n\n", at + 2)) ++ends;
    RC_ASSERT(arrows == blocks);
    RC_ASSERT(ends == blocks + (format.name == "vtt" ? 1 : 0));
  }
}

/// All ways to cut a few words into cues and lines, tried one by one.
class Oracle {
 public:
  Oracle(const std::vector<Word>& words, const CaptionRules& rules) : words_(words), rules_(rules) {}
  bool legal_cut_exists() const {
    const std::size_t n = words_.size();
    for (unsigned cuts = 0; cuts < (1U << (n - 1)); ++cuts) {
      bool good = true;
      for (std::size_t begin = 0; begin < n && good;) {
        std::size_t end = begin + 1;
        while (end < n && ((cuts >> (end - 1)) & 1U) == 0) ++end;
        good = good_cue(begin, end);
        begin = end;
      }
      if (good) return true;
    }
    return false;
  }

 private:
  bool glued(std::size_t word) const { return words_[word].text == " the" || words_[word].text == " a"; }
  int width(std::size_t begin, std::size_t end) const {
    int sum = -1;
    for (std::size_t i = begin; i < end; ++i) sum += static_cast<int>(words_[i].text.size());
    return sum;
  }
  bool lines_fit(std::size_t begin, std::size_t end, int left) const {
    if (width(begin, end) <= rules_.line_chars) return true;
    for (std::size_t cut = begin + 1; cut < end && left > 1; ++cut) {
      if (!glued(cut - 1) && width(begin, cut) <= rules_.line_chars && lines_fit(cut, end, left - 1)) return true;
    }
    return false;
  }
  bool good_cue(std::size_t begin, std::size_t end) const {
    const bool last = end == words_.size();
    if (!last && glued(end - 1)) return false;
    if (!lines_fit(begin, end, rules_.lines)) return false;
    for (std::size_t i = begin + 1; i < end; ++i) {
      if (words_[i].start - words_[i - 1].end >= ms(2000)) return false;
    }
    const Milliseconds start = words_[begin].start, spoken = words_[end - 1].end;
    const int columns = width(begin, end);
    const Milliseconds reading{(columns * 1000 + rules_.cps - 1) / rules_.cps};
    Milliseconds stop = std::max({spoken, std::min(start + reading, spoken + rules_.linger), start + rules_.shortest});
    if (!last) stop = std::min(stop, words_[end].start - rules_.gap);
    if (stop - start > rules_.longest) {
      if (spoken - start > rules_.longest) return false;
      stop = start + rules_.longest;
    }
    return stop - start >= rules_.shortest && columns * 1000 <= rules_.cps * (stop - start).count();
  }
  const std::vector<Word>& words_;
  const CaptionRules& rules_;
};

RC_GTEST_PROP(CaptionsProperty, NoRuleIsBrokenWhereALegalCutExists, ()) {
  const int count = *rc::gen::inRange(1, 10);
  Segment segment;
  std::int64_t at = 0;
  for (int i = 0; i < count; ++i) {
    const std::string text = *rc::gen::elementOf(std::vector<std::string>{"the", "a", "of", "house", "walked", "home.", "and", "extraordinary"});
    const std::int64_t length = *rc::gen::inRange(50, 900);
    segment.words.push_back({ms(at), ms(at + length), " " + text, 1});
    segment.text += (i > 0 ? " " : "") + text;
    at += length + (*rc::gen::inRange(0, 3) == 0 ? *rc::gen::inRange(0, 2500) : 0);
  }
  segment.end = ms(at);
  CaptionChoice choice;
  choice.line_chars = *rc::gen::inRange(14, 30);
  choice.lines = *rc::gen::inRange(1, 4);
  choice.cps = *rc::gen::inRange(8, 26);
  choice.shortest_ms = *rc::gen::inRange(300, 1500);
  choice.longest_ms = *rc::gen::inRange(2000, 7000);
  choice.gap_ms = *rc::gen::inRange(0, 200);
  const CaptionRules rules = caption_rules(choice, "en").value();
  const bool exists = Oracle(segment.words, rules).legal_cut_exists();
  RC_CLASSIFY(exists, "a legal cut exists");
  const Transcript cues = make_captions(recording({segment}), rules);
  if (!exists) return;
  RC_ASSERT(check_captions(cues, rules).empty());
  const auto lines = lines_of(cues);
  for (std::size_t i = 0; i + 1 < lines.size(); ++i) {
    RC_ASSERT((!lines[i].ends_with(" the") && lines[i] != "the" && !lines[i].ends_with(" a") && lines[i] != "a"));
  }
}

TEST(CaptionCheck, SpeedAtTheLimitIsNoViolation) {
  CaptionChoice choice;
  choice.cps = 15;
  choice.line_chars = 30;
  const CaptionRules rules = caption_rules(choice, "en").value();
  Segment cue;
  cue.start = ms(359);
  cue.end = ms(1759);
  cue.text = "and and extraordinary";
  EXPECT_TRUE(check_captions(recording({cue}), rules).empty());
  cue.end = ms(1758);
  EXPECT_EQ(check_captions(recording({cue}), rules).size(), 1U);
}

}  // namespace
}  // namespace zimu::domain
