#include "base/time.hpp"

#include <cstdio>
#include <ctime>

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
  const std::string copy(text);
  int year = 0;
  unsigned month = 0, day = 0, hour = 0, minute = 0;
  double second = 0;
  int used = 0;
  const int fields =
      std::sscanf(copy.c_str(), "%4d-%2u-%2uT%2u:%2u:%lfZ%n", &year, &month, &day, &hour, &minute, &second, &used);
  const std::chrono::year_month_day date{std::chrono::year{year}, std::chrono::month{month}, std::chrono::day{day}};
  if (fields != 6 || used != static_cast<int>(copy.size()) || !date.ok() || hour > 23 || minute > 59 || second < 0 ||
      second >= 61) {
    return fail(ErrorCode::kInvalidArgument, fmt::format("'{}' is not an RFC 3339 time in UTC", text));
  }
  const auto millis = static_cast<std::int64_t>(second * 1000.0 + 0.5);
  return Timestamp{std::chrono::sys_days{date}.time_since_epoch() + std::chrono::hours{hour} +
                   std::chrono::minutes{minute} + std::chrono::milliseconds{millis}};
}

}  // namespace zimu
