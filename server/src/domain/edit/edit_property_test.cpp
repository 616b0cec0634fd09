// Whatever is done to a transcript, it stays one, and can be undone.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "base/utf8.hpp"
#include "domain/edit/operations.hpp"
#include "domain/edit/retime.hpp"

namespace zimu::domain {
namespace {

std::string text() {
  static const std::vector<std::string> pieces{"so", "天气", "字", "e\u0301te", "fellow,", "。", "a", "今天很好", "[x]", "«oui»"};
  std::string out;
  for (const auto i : *rc::gen::nonEmpty(rc::gen::container<std::vector<std::size_t>>(rc::gen::inRange<std::size_t>(0, pieces.size())))) {
    out += (out.empty() || i % 3 == 0 ? "" : " ") + pieces[i];
  }
  return out;
}

std::vector<Segment> transcript() {
  std::vector<Segment> out;
  Milliseconds at{0};
  const auto count = *rc::gen::inRange(0, 8);
  for (int i = 0; i < count; ++i) {
    Segment segment;
    at += Milliseconds(*rc::gen::inRange(0, 3000));
    segment.start = at;
    segment.end = at + Milliseconds(*rc::gen::inRange(1, 5000));
    segment.text = text();
    segment.index = i;
    if (*rc::gen::arbitrary<bool>()) segment.words = spread_words(segment.start, segment.end, segment.text);
    out.push_back(std::move(segment));
  }
  return out;
}

Operation operation(std::size_t size) {
  const auto at = [&] { return *rc::gen::inRange<std::size_t>(0, size + 2); };
  const auto time = [](int most) { return Milliseconds(*rc::gen::inRange(-500, most)); };
  switch (*rc::gen::inRange(0, 11)) {
    case 0: return SetText{at(), text()};
    case 1: { const auto start = time(20'000); return SetTimes{at(), start, start + time(4000)}; }
    case 2: return SetSpeaker{at(), *rc::gen::element<std::string>("A", "B", "")};
    case 3: return RenameSpeaker{*rc::gen::element<std::string>("A", "B", ""), "C"};
    case 4: return SplitSegment{at(), *rc::gen::inRange<std::size_t>(0, 20)};
    case 5: return MergeSegments{at()};
    case 6: { const auto start = time(20'000); return InsertSegment{at(), start, start + time(4000), text(), ""}; }
    case 7: return DeleteSegment{at()};
    case 8: return ShiftTimes{time(3000), at(), at()};
    case 9: return StretchTimes{time(0), time(1000), time(9000), time(9000)};
    default: { CaptionChoice rules; rules.preset = *rc::gen::element<std::string>("netflix", "zh", "bbc"); const auto first = at(); return FitSegments{first, first + *rc::gen::inRange<std::size_t>(0, 3), rules}; }
  }
}

std::string letters(std::string_view text) {
  std::string out;
  for (const char c : text) if (c != ' ' && c != '\n') out += c;
  return out;
}

void check_sound(const std::vector<Segment>& segments) {
  for (std::size_t i = 0; i < segments.size(); ++i) {
    const Segment& s = segments[i];
    RC_ASSERT(s.index == static_cast<std::int64_t>(i));
    RC_ASSERT(s.start >= Milliseconds(0));
    RC_ASSERT(s.start < s.end);
    RC_ASSERT(!s.text.empty());
    RC_ASSERT(is_utf8(s.text));
    if (i > 0) RC_ASSERT(segments[i - 1].start <= s.start);
    std::string spoken;
    Milliseconds at = s.start;
    for (const Word& word : s.words) {
      RC_ASSERT(word.start >= at);
      RC_ASSERT(word.end >= word.start);
      RC_ASSERT(word.end <= s.end);
      at = word.start;
      spoken += word.text;
    }
    if (!s.words.empty()) RC_ASSERT(letters(spoken) == letters(s.text));
  }
}

RC_GTEST_PROP(EditProperty, TranscriptStaysOneAndCanBeUndone, ()) {
  auto segments = transcript();
  check_sound(segments);
  const auto before = segments;
  std::vector<std::vector<Hunk>> done;
  const int count = *rc::gen::inRange(1, 12);
  for (int i = 0; i < count; ++i) {
    const auto here = segments;
    const auto language = *rc::gen::element<std::string>("en", "zh");
    const auto hunks = edit(segments, std::vector{operation(segments.size())}, language);
    if (!hunks) {
      RC_ASSERT(std::equal(here.begin(), here.end(), segments.begin(), segments.end(), alike));
      continue;
    }
    check_sound(segments);
    done.push_back(*hunks);
  }
  auto way_back = segments;
  const auto direct = difference(segments, before);
  for (auto hunks = done.rbegin(); hunks != done.rend(); ++hunks) apply_hunks(way_back, inverse(*hunks));
  RC_ASSERT(std::equal(before.begin(), before.end(), way_back.begin(), way_back.end(), alike));
  apply_hunks(segments, direct);
  RC_ASSERT(std::equal(before.begin(), before.end(), segments.begin(), segments.end(), alike));
}

}  // namespace
}  // namespace zimu::domain
