#pragma once
#include "base/result.hpp"
#include "domain/media.hpp"
#include "storage/sqlite.hpp"

namespace zimu::storage {

/// What `read_media_row` wants, in this order; more columns may follow.
#define ZIMU_MEDIA_COLUMNS                                                                                      \
  "id, title, file_name, content_type, size_bytes, sha256, state, problem, format, duration_ms, "              \
  "start_offset_ms, has_video, source, created_at, updated_at"
constexpr int kMediaColumns = 15;

/// With streams, tags and what it is a duplicate of; the poster is not the database's to know.
Result<domain::Media> read_media_row(Database& database, const Statement& row);

}  // namespace zimu::storage
