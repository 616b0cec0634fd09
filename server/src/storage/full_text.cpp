#include "storage/full_text.hpp"

#include <sqlite3.h>

#include <new>

#include <fmt/format.h>

#include "app/search_text.hpp"
#include "storage/sqlite.hpp"

namespace zimu::storage {
namespace {

void fold_function(sqlite3_context* context, int, sqlite3_value** values) {
  const auto* text = reinterpret_cast<const char*>(sqlite3_value_text(values[0]));
  if (text == nullptr) return;  // NULL stays NULL
  try {
    const std::string folded = app::fold_for_search({text, static_cast<std::size_t>(sqlite3_value_bytes(values[0]))});
    sqlite3_result_text64(context, folded.data(), folded.size(), SQLITE_TRANSIENT, SQLITE_UTF8);
  } catch (const std::bad_alloc&) {
    sqlite3_result_error_nomem(context);
  }
}

}  // namespace

int add_fold_function(sqlite3* handle) {
  return sqlite3_create_function_v2(handle, "zimu_fold", 1, SQLITE_UTF8 | SQLITE_DETERMINISTIC,
                                    nullptr, fold_function, nullptr, nullptr, nullptr);
}

Result<bool> search_is_behind(Database& database) {
  ZIMU_TRY(Statement todo, database.prepare("SELECT 1 FROM segment_search_todo LIMIT 1"));
  return todo.step();
}

Result<> refresh_search(Database& database) {
  ZIMU_TRY(const bool behind, search_is_behind(database));
  if (!behind) return {};
  for (const std::string_view sql :
       {"DELETE FROM segment_search WHERE rowid IN (SELECT segment_id FROM segment_search_todo)",
        "INSERT INTO segment_search (rowid, text) SELECT id, zimu_fold(text) FROM segment_search_todo "
        "JOIN segments ON id = segment_id ORDER BY id",
        "DELETE FROM segment_search_todo"}) {
    ZIMU_TRY(Statement change, database.prepare(sql));
    ZIMU_TRY_VOID(change.run());
  }
  return {};
}

Result<> check_full_text(const std::string& tokenizer) {
  ZIMU_TRY(const auto database, Database::open(":memory:", Database::Access::kCreate));
  const auto made = database->execute(fmt::format("CREATE VIRTUAL TABLE t USING fts5 (text, tokenize = '{}')", tokenizer));
  if (made) return {};
  return fail(ErrorCode::kUnsupported,
              fmt::format("SQLite {} here has no full text search with trigrams ({})", sqlite3_libversion(),
                          made.error().message),
              "use SQLite 3.34 or newer, built with FTS5");
}

}  // namespace zimu::storage
