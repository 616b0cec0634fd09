#include "http/range.hpp"

#include <gtest/gtest.h>

namespace zimu::http {
namespace {

void expect_partial(std::string_view header, std::uint64_t size, std::uint64_t first, std::uint64_t length) {
  const RangeResult result = parse_range(header, size);
  EXPECT_EQ(result.verdict, RangeVerdict::kPartial) << header;
  EXPECT_EQ(result.range.first, first) << header;
  EXPECT_EQ(result.range.length, length) << header;
}

void expect_verdict(RangeVerdict verdict, std::string_view header, std::uint64_t size) {
  EXPECT_EQ(parse_range(header, size).verdict, verdict) << header;
}

TEST(Range, TakesTheThreeForms) {
  expect_partial("bytes=0-99", 1000, 0, 100);
  expect_partial("bytes=999-999", 1000, 999, 1);
  expect_partial("bytes=100-", 1000, 100, 900);
  expect_partial("bytes=-500", 1000, 500, 500);
  expect_partial("Bytes= 0-0 ", 1000, 0, 1);
}

TEST(Range, ClampsToTheFile) {
  expect_partial("bytes=0-5000", 1000, 0, 1000);
  expect_partial("bytes=-5000", 1000, 0, 1000);
  expect_partial("bytes=5-99999999999999999999999999", 1000, 5, 995);
  expect_partial("bytes=-99999999999999999999999999", 1000, 0, 1000);
}

TEST(Range, PastTheEndIsUnsatisfiable) {
  expect_verdict(RangeVerdict::kUnsatisfiable, "bytes=1000-", 1000);
  expect_verdict(RangeVerdict::kUnsatisfiable, "bytes=99999999999999999999999999-", 1000);
  expect_verdict(RangeVerdict::kUnsatisfiable, "bytes=-0", 1000);
  expect_verdict(RangeVerdict::kUnsatisfiable, "bytes=0-", 0);
}

TEST(Range, WhatIsNotOneByteRangeMeansTheWholeFile) {
  EXPECT_EQ(parse_range(std::nullopt, 10).verdict, RangeVerdict::kWhole);
  for (const char* header : {"", "bytes", "bytes=", "bytes=-", "bytes=a-b", "bytes=1-2,4-5", "items=0-5",
                             "bytes=5-2", "bytes=+1-5", "bytes=1--5", "bytes=0x1-5", "bytes 0-5"}) {
    expect_verdict(RangeVerdict::kWhole, header, 1000);
  }
  expect_verdict(RangeVerdict::kWhole, "bytes=-5", 0);
}

}  // namespace
}  // namespace zimu::http
