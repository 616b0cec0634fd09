#include "storage/rows.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "app/store.hpp"
#include "base/uuid.hpp"

namespace zimu::storage {

std::optional<std::int64_t> to_column(const std::optional<Timestamp>& time) {
  if (!time) return std::nullopt;
  return to_column(*time);
}

Timestamp timestamp_column(const Statement& row, int column) {
  return Timestamp(std::chrono::milliseconds(row.integer(column)));
}

std::optional<Timestamp> optional_timestamp_column(const Statement& row, int column) {
  if (row.is_null(column)) return std::nullopt;
  return timestamp_column(row, column);
}

Milliseconds milliseconds_column(const Statement& row, int column) { return Milliseconds(row.integer(column)); }

float float_column(const Statement& row, int column) { return static_cast<float>(row.real(column)); }

Result<> check_id(std::string_view kind, std::string_view id) {
  if (is_uuid(id)) return {};
  constexpr std::size_t kShown = 64;
  return fail(ErrorCode::kInvalidArgument, fmt::format("'{}' is not the id of a {}", id.substr(0, kShown), kind),
              "ids look like 019375b2-8e1c-7d3a-b2f4-0a1b2c3d4e5f");
}

Error no_such(std::string_view kind, std::string_view id) {
  return {ErrorCode::kNotFound, fmt::format("no {} {} exists", kind, id), "it may have been deleted"};
}

Result<> changed_one(const Database& database, std::string_view kind, std::string_view id) {
  if (database.changes() > 0) return {};
  return std::unexpected(no_such(kind, id));
}

int page_limit(int wanted) { return std::clamp(wanted, 1, app::kMaxPageSize); }

}  // namespace zimu::storage
