#pragma once
#include <optional>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "base/time.hpp"
#include "storage/sqlite.hpp"

/// Small conversions shared by the store's files.
namespace zimu::storage {

inline std::int64_t to_column(Timestamp time) { return time.time_since_epoch().count(); }
inline std::int64_t to_column(Milliseconds time) { return time.count(); }
std::optional<std::int64_t> to_column(const std::optional<Timestamp>& time);
Timestamp timestamp_column(const Statement& row, int column);
std::optional<Timestamp> optional_timestamp_column(const Statement& row, int column);
Milliseconds milliseconds_column(const Statement& row, int column);
float float_column(const Statement& row, int column);

constexpr std::string_view kAfterEveryId = "~";  ///< sorts behind every UUID: the first page of "newest first"

/// kInvalidArgument unless it is a UUID; `kind` is "job", "recording" …
Result<> check_id(std::string_view kind, std::string_view id);
/// kNotFound: "no job 018f… exists".
Error no_such(std::string_view kind, std::string_view id);
/// kNotFound when the last statement changed no row.
Result<> changed_one(const Database& database, std::string_view kind, std::string_view id);
/// 1..kMaxPageSize.
int page_limit(int wanted);

}  // namespace zimu::storage
