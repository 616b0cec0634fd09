#include <gtest/gtest.h>

#include <algorithm>
#include <cerrno>
#include <set>
#include <thread>

#include "base/check.hpp"
#include "base/result.hpp"
#include "base/time.hpp"
#include "base/uuid.hpp"

namespace zimu {
namespace {

TEST(ErrorCodes, HaveUniqueNamesThatLeadBack) {
  std::set<std::string_view> names;
  for (int i = 0; i <= static_cast<int>(ErrorCode::kInternal); ++i) {
    const auto code = static_cast<ErrorCode>(i);
    const auto name = error_code_name(code);
    EXPECT_TRUE(names.insert(name).second) << name;
    EXPECT_EQ(error_code_from_name(name), code);
  }
  EXPECT_EQ(names.size(), 19U);
  EXPECT_EQ(error_code_from_name(""), ErrorCode::kInternal);
  EXPECT_EQ(error_code_from_name("Bad_Media"), ErrorCode::kInternal);
  EXPECT_EQ(error_code_name(static_cast<ErrorCode>(200)), "internal");
}

TEST(ErrorCodes, FromErrno) {
  const std::vector<std::pair<int, ErrorCode>> expected{
      {ENOSPC, ErrorCode::kNoSpace}, {EDQUOT, ErrorCode::kNoSpace},  {EACCES, ErrorCode::kPermission},
      {EPERM, ErrorCode::kPermission}, {EROFS, ErrorCode::kPermission}, {ENOENT, ErrorCode::kNotFound},
      {ENOMEM, ErrorCode::kOutOfMemory}, {EIO, ErrorCode::kIo}, {EISDIR, ErrorCode::kIo}, {0, ErrorCode::kIo}};
  for (const auto& [number, code] : expected) {
    const Error error = error_from_errno(number, "cannot write /a");
    EXPECT_EQ(error.code, code) << number;
    EXPECT_TRUE(error.message.starts_with("cannot write /a: ")) << error.message;
  }
}

Result<int> half(int number) {
  if (number % 2 != 0) return fail(ErrorCode::kInvalidArgument, "odd", "give an even one");
  return number / 2;
}

Result<int> quarter(int number) {
  ZIMU_TRY(const int once, half(number));
  ZIMU_TRY_VOID(half(once));
  return half(once);
}

TEST(ResultMacros, PassTheErrorOn) {
  EXPECT_EQ(quarter(12).value_or(-1), 3);
  for (const int bad : {3, 6}) {
    const auto result = quarter(bad);
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().message, "odd");
    EXPECT_EQ(result.error().action, "give an even one");
  }
}

TEST(Check, NamesTheConditionAndAborts) {
  ZIMU_CHECK(1 + 1 == 2);
  EXPECT_DEATH(ZIMU_CHECK(1 + 1 == 3), "check failed: 1 \\+ 1 == 3 .*base_test\\.cpp");
}

TEST(Uuid, IsVersion7AndKnowsItself) {
  const std::string id = new_uuid();
  EXPECT_TRUE(is_uuid(id)) << id;
  EXPECT_EQ(id[14], '7');
  EXPECT_NE(std::string("89ab").find(id[19]), std::string::npos);
  const auto ms = std::stoull(id.substr(0, 8) + id.substr(9, 4), nullptr, 16);
  const auto now = static_cast<unsigned long long>(now_utc().time_since_epoch().count());
  EXPECT_LE(ms, now + 60'000);
  EXPECT_GE(ms, now - 60'000);
}

TEST(Uuid, SortsByCreationAlsoWithinAMillisecond) {
  std::string last = new_uuid();
  // More than the 4096 that one millisecond numbers.
  for (int i = 0; i < 20'000; ++i) {
    std::string next = new_uuid();
    ASSERT_LT(last, next) << i;
    last = std::move(next);
  }
}

TEST(Uuid, IsUniqueOverThreadsAndSortedInEach) {
  constexpr int kThreads = 4;
  constexpr int kEach = 5000;
  std::vector<std::vector<std::string>> made(kThreads);
  {
    std::vector<std::jthread> threads;
    for (auto& mine : made) {
      threads.emplace_back([&mine] {
        for (int i = 0; i < kEach; ++i) mine.push_back(new_uuid());
      });
    }
  }
  std::set<std::string> all;
  for (const auto& mine : made) {
    EXPECT_TRUE(std::ranges::is_sorted(mine));
    all.insert(mine.begin(), mine.end());
  }
  EXPECT_EQ(all.size(), static_cast<std::size_t>(kThreads * kEach));
}

TEST(Uuid, RefusesWhatCouldReachAPath) {
  const std::string good = "018f3c5e-0000-7000-8000-000000000001";
  EXPECT_TRUE(is_uuid(good));
  EXPECT_TRUE(is_uuid("00000000-0000-0000-0000-000000000000"));
  for (std::size_t i = 0; i < good.size(); ++i) {
    for (const char c : {'/', '.', 'g', 'A', ' ', '\0', '-', '0', '\n'}) {
      std::string bad = good;
      bad[i] = c;
      const bool dash = i == 8 || i == 13 || i == 18 || i == 23;
      EXPECT_EQ(is_uuid(bad), dash ? c == '-' : c == '0') << bad;
    }
  }
  for (const std::string& bad : {std::string(), good + "0", good.substr(1), good + "\n", std::string("../../../../../../../../../../../../")}) {
    EXPECT_FALSE(is_uuid(bad)) << bad;
  }
}

Timestamp at(std::int64_t ms) { return Timestamp{Milliseconds{ms}}; }

TEST(Time, FormatsAndParsesBack) {
  EXPECT_EQ(format_rfc3339(at(0)), "1970-01-01T00:00:00.000Z");
  EXPECT_EQ(format_rfc3339(at(1'795'535'413'123)), "2026-11-24T15:50:13.123Z");
  EXPECT_EQ(format_rfc3339(at(-1)), "1969-12-31T23:59:59.999Z");
  EXPECT_EQ(format_rfc3339(at(951'782'400'000)), "2000-02-29T00:00:00.000Z");
  for (const std::int64_t ms : {std::int64_t{0}, std::int64_t{-1}, std::int64_t{1'795'535'413'123}, std::int64_t{253'402'300'799'999},
                                std::int64_t{-62'135'596'800'000}}) {
    EXPECT_EQ(parse_rfc3339(format_rfc3339(at(ms))).value_or(at(42)), at(ms)) << ms;
  }
  const auto now = now_utc();
  EXPECT_EQ(parse_rfc3339(format_rfc3339(now)).value_or(at(0)), now);
}

TEST(Time, TheFractionIsOptionalAndCutToMilliseconds) {
  EXPECT_EQ(parse_rfc3339("1970-01-01T00:00:01Z").value_or(at(0)), at(1000));
  EXPECT_EQ(parse_rfc3339("1970-01-01T00:00:01.5Z").value_or(at(0)), at(1500));
  EXPECT_EQ(parse_rfc3339("1970-01-01T00:00:01.0019999999999999999999999Z").value_or(at(0)), at(1001));
  EXPECT_EQ(parse_rfc3339("2016-12-31T23:59:60Z").value_or(at(0)), parse_rfc3339("2017-01-01T00:00:00Z").value_or(at(1)));
}

TEST(Time, AnythingElseIsRefused) {
  for (const char* bad :
       {"", "2026", "2026-01-01", "2026-01-01T00:00:00", "2026-01-01t00:00:00Z", "2026-01-01 00:00:00Z",
        "2026-01-01T00:00:00+00:00", "2026-01-01T00:00:00ZZ", "2026-01-01T00:00:00Z ", " 2026-01-01T00:00:00Z",
        "2026-13-01T00:00:00Z", "2026-00-01T00:00:00Z", "2026-02-30T00:00:00Z", "2025-02-29T00:00:00Z",
        "2026-01-01T24:00:00Z", "2026-01-01T00:60:00Z", "2026-01-01T00:00:61Z", "2026-01-01T00:00:nanZ",
        "2026-01-01T00:00:infZ", "2026-01-01T00:00:1e1Z", "2026-01-01T00:00:0x1Z", "2026-01-01T00:00:.5Z",
        "2026-01-01T00:00:00.Z", "2026-01-01T00:00:-1Z", "+026-01-01T00:00:00Z", "2026-1-01T00:00:00Z",
        "2026-01-01T00:00:00,5Z", "2026- 1-01T00:00:00Z", "99999-01-01T00:00:00Z"}) {
    const auto parsed = parse_rfc3339(bad);
    ASSERT_FALSE(parsed) << bad;
    EXPECT_EQ(parsed.error().code, ErrorCode::kInvalidArgument);
  }
  EXPECT_FALSE(parse_rfc3339(std::string_view("2026-01-01T00:00:00Z\0", 21)));
}

}  // namespace
}  // namespace zimu
