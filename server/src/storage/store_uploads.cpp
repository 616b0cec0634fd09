#include "storage/rows.hpp"
#include "storage/sqlite_store.hpp"

namespace zimu::storage {
namespace {

constexpr std::string_view kKind = "upload";

#define ZIMU_UPLOAD_COLUMNS "id, size_bytes, file_name, content_type, metadata, media_id, created_at, expires_at"

app::Upload read_row(const Statement& row) {
  app::Upload upload;
  upload.id = row.text(0);
  if (!row.is_null(1)) upload.size = static_cast<std::uint64_t>(row.integer(1));
  upload.file_name = row.text(2);
  upload.content_type = row.text(3);
  upload.metadata = row.text(4);
  upload.media_id = row.text(5);
  upload.created_at = timestamp_column(row, 6);
  upload.expires_at = timestamp_column(row, 7);
  return upload;
}

Statement& bind_row(Statement& statement, const app::Upload& upload) {
  return statement.bind(upload.id, upload.size, upload.file_name, upload.content_type, upload.metadata,
                        upload.media_id, to_column(upload.created_at), to_column(upload.expires_at));
}

}  // namespace

Result<> SqliteStore::insert_upload(const app::Upload& upload) {
  ZIMU_TRY_VOID(check_id(kKind, upload.id));
  return connections_->write([&](Database& database) -> Result<> {
    ZIMU_TRY(Statement insert, database.prepare("INSERT INTO uploads (" ZIMU_UPLOAD_COLUMNS
                                                ") VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)"));
    return bind_row(insert, upload).run();
  });
}

Result<app::Upload> SqliteStore::upload(const std::string& id) {
  ZIMU_TRY_VOID(check_id(kKind, id));
  return connections_->read([&](Database& database) -> Result<app::Upload> {
    ZIMU_TRY(Statement row, database.prepare("SELECT " ZIMU_UPLOAD_COLUMNS " FROM uploads WHERE id = ?1"));
    ZIMU_TRY(const bool found, row.bind(id).step());
    if (!found) return std::unexpected(no_such(kKind, id));
    return read_row(row);
  });
}

Result<> SqliteStore::update_upload(const app::Upload& upload) {
  ZIMU_TRY_VOID(check_id(kKind, upload.id));
  return connections_->write([&](Database& database) -> Result<> {
    ZIMU_TRY(Statement update, database.prepare("UPDATE uploads SET size_bytes = ?2, file_name = ?3, content_type = ?4, "
                                                "metadata = ?5, media_id = ?6, created_at = ?7, expires_at = ?8 "
                                                "WHERE id = ?1"));
    ZIMU_TRY_VOID(bind_row(update, upload).run());
    return changed_one(database, kKind, upload.id);
  });
}

Result<> SqliteStore::delete_upload(const std::string& id) {
  ZIMU_TRY_VOID(check_id(kKind, id));
  return connections_->write([&](Database& database) -> Result<> {
    ZIMU_TRY(Statement remove, database.prepare("DELETE FROM uploads WHERE id = ?1"));
    ZIMU_TRY_VOID(remove.bind(id).run());
    return changed_one(database, kKind, id);
  });
}

Result<std::vector<app::Upload>> SqliteStore::uploads_expired_at(Timestamp now) {
  return connections_->read([&](Database& database) -> Result<std::vector<app::Upload>> {
    ZIMU_TRY(Statement row, database.prepare("SELECT " ZIMU_UPLOAD_COLUMNS
                                             " FROM uploads WHERE expires_at <= ?1 ORDER BY expires_at"));
    row.bind(to_column(now));
    std::vector<app::Upload> uploads;
    while (true) {
      ZIMU_TRY(const bool found, row.step());
      if (!found) return uploads;
      uploads.push_back(read_row(row));
    }
  });
}

}  // namespace zimu::storage
