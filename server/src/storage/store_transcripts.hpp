#pragma once
#include "domain/transcript.hpp"
#include "storage/sqlite.hpp"

namespace zimu::storage {

/// The header row, inside the caller's transaction.
Result<> insert_transcript_row(Database& database, const domain::Transcript& transcript);

}  // namespace zimu::storage
