// Spans: which are taken, and that clipping keeps text and order whatever the times were.
#include "domain/span.hpp"

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

namespace zimu::domain {
namespace {

using namespace std::chrono_literals;

std::string problem(Milliseconds start, Milliseconds end, Milliseconds duration) {
  const auto checked = validate(JobSpan{"t", start, end}, duration);
  if (checked) return "";
  EXPECT_EQ(checked.error().code, ErrorCode::kInvalidArgument);
  return checked.error().message;
}

TEST(Span, IsAPartOfTheRecording) {
  EXPECT_EQ(problem(0ms, 200ms, 200ms), "");
  EXPECT_EQ(problem(20s, 35s, 4h), "");
  EXPECT_EQ(problem(20s, 35s, 0ms), "") << "of unknown length";
  EXPECT_NE(problem(-1ms, 35s, 4h).find("start_ms"), std::string::npos);
  EXPECT_NE(problem(20s, 35s, 34'999ms).find("34999"), std::string::npos);
}

TEST(Span, HasAtLeastTheLengthOfAWord) {
  EXPECT_EQ(problem(1s, 1s + kMinSpan, 4h), "");
  EXPECT_NE(problem(1s, 1s + kMinSpan - 1ms, 4h).find("200"), std::string::npos);
  EXPECT_NE(problem(1s, 1s, 4h).find("end_ms"), std::string::npos);
  EXPECT_NE(problem(2s, 1s, 4h).find("end_ms"), std::string::npos);
}

/// Segments and words in order, with any times: some before, some after, some across the edges.
Window any_window() {
  Window window;
  const auto time = [] { return Milliseconds{*rc::gen::inRange<std::int64_t>(0, 60'000)}; };
  const int segments = *rc::gen::inRange(0, 6);
  for (int i = 0; i < segments; ++i) {
    Segment segment;
    segment.index = i;
    segment.start = time();
    segment.end = segment.start + time();
    segment.text = *rc::gen::element<std::string>("", "one", "二", "three");
    const int words = *rc::gen::inRange(0, 5);
    for (int k = 0; k < words; ++k) {
      const Milliseconds start = time();
      segment.words.push_back({start, start + time(), " w" + std::to_string(k), 0.5F});
    }
    window.segments.push_back(std::move(segment));
  }
  if (*rc::gen::arbitrary<bool>()) {
    const Milliseconds start = time();
    window.coverage = Coverage{time(), Milliseconds{0}, {{start, start + time()}}, {{start, start + time(), "r", "t"}}};
  }
  return window;
}

RC_GTEST_PROP(Span, ClipsTimesAndNothingElse, ()) {
  const Window before = any_window();
  const Milliseconds start{*rc::gen::inRange<std::int64_t>(0, 60'000)};
  const JobSpan span{"t", start, start + kMinSpan + Milliseconds{*rc::gen::inRange<std::int64_t>(0, 60'000)}};
  Window after = before;
  clip(after, span);

  RC_ASSERT(after.segments.size() == before.segments.size());
  const auto check = [&span](const auto& was, const auto& is) {
    RC_ASSERT(span.start <= is.start && is.start <= is.end && is.end <= span.end);
    // What was inside is where it was.
    if (was.start >= span.start && was.end <= span.end) RC_ASSERT(is.start == was.start && is.end == was.end);
  };
  for (std::size_t i = 0; i < before.segments.size(); ++i) {
    const Segment& was = before.segments[i];
    const Segment& is = after.segments[i];
    RC_ASSERT(is.text == was.text && is.index == was.index && is.words.size() == was.words.size());
    check(was, is);
    for (std::size_t k = 0; k < was.words.size(); ++k) {
      RC_ASSERT(is.words[k].text == was.words[k].text);
      check(was.words[k], is.words[k]);
    }
  }
  RC_ASSERT(after.coverage.has_value() == before.coverage.has_value());
  if (after.coverage) {
    check(before.coverage->gaps[0], after.coverage->gaps[0]);
    check(before.coverage->left_out[0], after.coverage->left_out[0]);
  }
  Window twice = after;
  clip(twice, span);
  for (std::size_t i = 0; i < after.segments.size(); ++i) {
    RC_ASSERT(twice.segments[i].start == after.segments[i].start && twice.segments[i].end == after.segments[i].end);
  }
}

}  // namespace
}  // namespace zimu::domain
