#pragma once
#include <string>

#include "base/result.hpp"
#include "storage/sqlite.hpp"

struct sqlite3;

namespace zimu::storage {

constexpr const char* kSearchTokenizer = "trigram case_sensitive 1";

/// Makes `zimu_fold(text)` (app::fold_for_search) known to a connection.
int add_fold_function(sqlite3* handle);

/// Whether segments changed that the index does not know yet.
Result<bool> search_is_behind(Database& database);

/// Brings the index up to date with the segments that changed since; inside the transaction that changed them.
Result<> refresh_search(Database& database);

/// kUnsupported unless this SQLite has FTS5 with the tokenizer, saying which SQLite this is and which is needed.
Result<> check_full_text(const std::string& tokenizer = kSearchTokenizer);

}  // namespace zimu::storage
