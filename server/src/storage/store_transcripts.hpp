#pragma once
#include <span>

#include "domain/transcript.hpp"
#include "storage/sqlite.hpp"

namespace zimu::storage {

/// The header row, inside the caller's transaction.
Result<> insert_transcript_row(Database& database, const domain::Transcript& transcript);

constexpr std::int64_t kNoWindow = -1;  ///< of a segment that no window brought

/// At their `index`; inside the caller's transaction. kConflict when one is taken.
Result<> insert_segments(Database& database, const std::string& transcript_id, std::int64_t window,
                         std::span<const domain::Segment> segments);

}  // namespace zimu::storage
