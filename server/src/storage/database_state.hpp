#pragma once
#include <filesystem>

#include "base/result.hpp"

namespace zimu::storage {

struct DatabaseState {
  int schema = 0;        ///< 0: nothing is in it yet
  int schema_known = 0;  ///< the newest that this program knows
};

/// Looks at a database without changing anything. Opens it through SQLite only where that makes no new file:
/// with `wal_is_fine` and a WAL file that is there already; else it reads the header, which may lag behind a
/// WAL. kUnsupported for a newer or a foreign database, as check_schema. Not for a file that this process has
/// open: closing it would drop SQLite's locks (https://sqlite.org/howtocorrupt.html §2.2).
Result<DatabaseState> read_database_state(const std::filesystem::path& path, bool wal_is_fine);

}  // namespace zimu::storage
