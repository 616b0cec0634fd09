#pragma once
#include <cstddef>
#include <span>
#include <vector>

#include "base/result.hpp"
#include "domain/edit/revision.hpp"

namespace zimu::storage {

/// The hunks of a revision as one value (docs/formats/db-schema.md, "Binary columns"). The places of segments (`index`) are
/// not in it. Pure; thread: any.
std::vector<std::byte> encode_hunks(std::span<const domain::Hunk> hunks);
/// kIo for anything that the encoder does not write; never reads past the end.
Result<std::vector<domain::Hunk>> decode_hunks(std::span<const std::byte> blob);
/// What a history shows of them: words, tokens and other texts are passed over. kIo as above, for what it looks at.
Result<domain::RevisionSummary> summarize_hunks(std::span<const std::byte> blob);

}  // namespace zimu::storage
