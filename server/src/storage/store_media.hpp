#pragma once
#include <span>

#include "base/result.hpp"
#include "domain/media.hpp"
#include "storage/sqlite.hpp"

namespace zimu::storage {

/// What `read_media_columns` wants, in this order; more columns may follow.
#define ZIMU_MEDIA_COLUMNS                                                                                      \
  "id, title, file_name, content_type, size_bytes, sha256, state, problem, format, duration_ms, "              \
  "start_offset_ms, has_video, source, created_at, updated_at"
constexpr int kMediaColumns = 15;

/// The row alone. The poster is not the database's to know.
domain::Media read_media_columns(const Statement& row);
/// Streams, tags and what each is a duplicate of: three queries, however many recordings there are.
Result<> read_media_details(Database& database, std::span<domain::Media> all);

}  // namespace zimu::storage
