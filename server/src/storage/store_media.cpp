#include "storage/store_media.hpp"

#include "storage/rows.hpp"
#include "storage/sqlite_store.hpp"

namespace zimu::storage {
namespace {

constexpr std::string_view kKind = "recording";

std::string_view state_name(domain::MediaState state) {
  switch (state) {
    case domain::MediaState::kReady:
      return "ready";
    case domain::MediaState::kUnreadable:
      return "unreadable";
    case domain::MediaState::kInspecting:
      break;
  }
  return "inspecting";
}

domain::MediaState state_from_name(std::string_view name) {
  if (name == "ready") return domain::MediaState::kReady;
  if (name == "unreadable") return domain::MediaState::kUnreadable;
  return domain::MediaState::kInspecting;
}

Result<> write_streams(Database& database, const domain::Media& media) {
  ZIMU_TRY(Statement clear, database.prepare("DELETE FROM media_streams WHERE media_id = ?1"));
  ZIMU_TRY_VOID(clear.bind(media.id).run());
  ZIMU_TRY(Statement insert, database.prepare("INSERT INTO media_streams (media_id, position, stream_index, kind, "
                                              "codec, language, channels, sample_rate_hz, width, height, is_default) "
                                              "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)"));
  std::int64_t position = 0;
  for (const domain::Stream& stream : media.info.streams) {
    insert.bind(media.id, position++, stream.index, stream.kind, stream.codec, stream.language, stream.channels,
                stream.sample_rate_hz, stream.width, stream.height, stream.is_default);
    ZIMU_TRY_VOID(insert.run());
  }
  return {};
}

Result<> write_tags(Database& database, const domain::Media& media) {
  ZIMU_TRY(Statement clear, database.prepare("DELETE FROM media_tags WHERE media_id = ?1"));
  ZIMU_TRY_VOID(clear.bind(media.id).run());
  ZIMU_TRY(Statement insert, database.prepare("INSERT OR IGNORE INTO media_tags (media_id, tag) VALUES (?1, ?2)"));
  for (const std::string& tag : media.tags) ZIMU_TRY_VOID(insert.bind(media.id, tag).run());
  return {};
}

Result<std::vector<domain::Media>> read_rows(Database& database, Statement& rows) {
  std::vector<domain::Media> items;
  while (true) {
    ZIMU_TRY(const bool found, rows.step());
    if (!found) break;
    items.push_back(read_media_columns(rows));
  }
  ZIMU_TRY_VOID(read_media_details(database, items));
  return items;
}

Statement& bind_row(Statement& statement, const domain::Media& media) {
  return statement.bind(media.id, media.title, media.file_name, media.content_type, media.size_bytes, media.sha256,
                        state_name(media.state), media.problem, media.info.format, to_column(media.info.duration),
                        to_column(media.info.start_offset), media.info.has_video, media.source,
                        to_column(media.created_at), to_column(media.updated_at));
}

}  // namespace

domain::Media read_media_columns(const Statement& row) {
  domain::Media media;
  media.id = row.text(0);
  media.title = row.text(1);
  media.file_name = row.text(2);
  media.content_type = row.text(3);
  media.size_bytes = static_cast<std::uint64_t>(row.integer(4));
  media.sha256 = row.text(5);
  media.state = state_from_name(row.text(6));
  media.problem = row.text(7);
  media.info.format = row.text(8);
  media.info.duration = milliseconds_column(row, 9);
  media.info.start_offset = milliseconds_column(row, 10);
  media.info.has_video = row.integer(11) != 0;
  media.source = row.text(12);
  media.created_at = timestamp_column(row, 13);
  media.updated_at = timestamp_column(row, 14);
  return media;
}

Result<> SqliteStore::insert_media(const domain::Media& media) {
  ZIMU_TRY_VOID(check_id(kKind, media.id));
  return connections_->write([&](Database& database) -> Result<> {
    ZIMU_TRY(Statement insert, database.prepare("INSERT INTO media (" ZIMU_MEDIA_COLUMNS ") VALUES (?1, ?2, ?3, ?4, "
                                                "?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15)"));
    ZIMU_TRY_VOID(bind_row(insert, media).run());
    ZIMU_TRY_VOID(write_tags(database, media));
    return write_streams(database, media);
  });
}

Result<domain::Media> SqliteStore::media(const std::string& id) {
  ZIMU_TRY_VOID(check_id(kKind, id));
  return connections_->read([&](Database& database) -> Result<domain::Media> {
    ZIMU_TRY(Statement row, database.prepare("SELECT " ZIMU_MEDIA_COLUMNS " FROM media WHERE id = ?1"));
    ZIMU_TRY(const bool found, row.bind(id).step());
    if (!found) return std::unexpected(no_such(kKind, id));
    auto media = read_media_columns(row);
    ZIMU_TRY_VOID(read_media_details(database, std::span(&media, 1)));
    return media;
  });
}

Result<std::vector<domain::Media>> SqliteStore::media_with_hash(const std::string& sha256) {
  return connections_->read([&](Database& database) -> Result<std::vector<domain::Media>> {
    ZIMU_TRY(Statement rows, database.prepare("SELECT " ZIMU_MEDIA_COLUMNS
                                              " FROM media WHERE sha256 = ?1 AND sha256 <> '' ORDER BY id"));
    rows.bind(sha256);
    return read_rows(database, rows);
  });
}

Result<std::vector<domain::Media>> SqliteStore::media_in_state(domain::MediaState state) {
  return connections_->read([&](Database& database) -> Result<std::vector<domain::Media>> {
    ZIMU_TRY(Statement rows,
             database.prepare("SELECT " ZIMU_MEDIA_COLUMNS " FROM media WHERE state = ?1 ORDER BY id"));
    rows.bind(state_name(state));
    return read_rows(database, rows);
  });
}

Result<> SqliteStore::update_media(const domain::Media& media) {
  ZIMU_TRY_VOID(check_id(kKind, media.id));
  return connections_->write([&](Database& database) -> Result<> {
    ZIMU_TRY(Statement update,
             database.prepare("UPDATE media SET title = ?2, file_name = ?3, content_type = ?4, size_bytes = ?5, "
                              "sha256 = ?6, state = ?7, problem = ?8, format = ?9, duration_ms = ?10, "
                              "start_offset_ms = ?11, has_video = ?12, source = ?13, created_at = ?14, "
                              "updated_at = ?15 WHERE id = ?1"));
    ZIMU_TRY_VOID(bind_row(update, media).run());
    ZIMU_TRY_VOID(changed_one(database, kKind, media.id));
    ZIMU_TRY_VOID(write_tags(database, media));
    return write_streams(database, media);
  });
}

Result<> SqliteStore::delete_media(const std::string& id) {
  ZIMU_TRY_VOID(check_id(kKind, id));
  return connections_->write([&](Database& database) -> Result<> {
    ZIMU_TRY(Statement remove, database.prepare("DELETE FROM media WHERE id = ?1"));
    ZIMU_TRY_VOID(remove.bind(id).run());
    return changed_one(database, kKind, id);
  });
}

}  // namespace zimu::storage
