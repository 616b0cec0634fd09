#include "base/time.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace zimu {

Timestamp now_utc() noexcept {
  return std::chrono::time_point_cast<std::chrono::milliseconds>(std::chrono::system_clock::now());
}

std::string format_rfc3339(Timestamp time) {
  const auto day = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::year_month_day date{day};
  const auto of_day = (time - day).count();
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z", static_cast<int>(date.year()),
                     static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()), of_day / 3600000,
                     of_day / 60000 % 60, of_day / 1000 % 60, of_day % 1000);
}

Result<Timestamp> parse_rfc3339(std::string_view text) {
  std::string_view rest = text;
  bool good = true;
  // Exactly so many digits: sscanf and the like also take blanks, signs, "nan" and the locale's own decimal mark.
  const auto digits = [&](std::size_t count) {
    unsigned value = 0;
    for (std::size_t i = 0; i < count; ++i) {
      good = good && i < rest.size() && rest[i] >= '0' && rest[i] <= '9';
      if (good) value = value * 10 + static_cast<unsigned>(rest[i] - '0');
    }
    if (good) rest.remove_prefix(count);
    return value;
  };
  const auto mark = [&](char wanted) {
    good = good && rest.starts_with(wanted);
    if (good) rest.remove_prefix(1);
  };
  const unsigned year = digits(4);
  mark('-');
  const unsigned month = digits(2);
  mark('-');
  const unsigned day = digits(2);
  mark('T');
  const unsigned hour = digits(2);
  mark(':');
  const unsigned minute = digits(2);
  mark(':');
  const unsigned second = digits(2);
  unsigned millis = 0;
  if (good && rest.starts_with('.')) {
    rest.remove_prefix(1);
    const std::size_t length = std::min(rest.find_first_not_of("0123456789"), rest.size());
    good = length > 0;
    // Milliseconds are what there is here; finer digits are cut off.
    for (std::size_t i = 0; i < 3; ++i) millis = millis * 10 + (i < length ? static_cast<unsigned>(rest[i] - '0') : 0);
    rest.remove_prefix(length);
  }
  mark('Z');
  const std::chrono::year_month_day date{std::chrono::year{static_cast<int>(year)}, std::chrono::month{month},
                                         std::chrono::day{day}};
  // 60 is a leap second: it becomes the first of the next minute.
  if (!good || !rest.empty() || !date.ok() || hour > 23 || minute > 59 || second > 60) {
    return fail(ErrorCode::kInvalidArgument, fmt::format("'{}' is not an RFC 3339 time in UTC", text),
                "write it like 2026-11-24T15:50:13.123Z");
  }
  return Timestamp{std::chrono::sys_days{date}.time_since_epoch() + std::chrono::hours{hour} +
                   std::chrono::minutes{minute} + std::chrono::seconds{second} + std::chrono::milliseconds{millis}};
}

}  // namespace zimu
