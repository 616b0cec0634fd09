#pragma once
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "domain/transcript.hpp"
#include "storage/sqlite.hpp"

/// What of a transcript's sound has text. All inside the caller's transaction.
namespace zimu::storage {

/// Gaps and left-out text of a window whose row was just written.
Result<> insert_coverage(Database& database, const std::string& transcript_id, const domain::Window& window);
/// Of windows in order; those that were measured have a `coverage` already.
Result<> read_coverage(Database& database, const std::string& transcript_id, std::vector<domain::Window>& windows);
/// Of all its windows together; nullopt without windows, and where one was not measured.
Result<std::optional<domain::Coverage>> total_coverage(Database& database, const std::string& transcript_id);

}  // namespace zimu::storage
