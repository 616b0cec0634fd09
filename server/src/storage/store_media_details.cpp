#include <unordered_map>

#include "storage/store_media.hpp"

namespace zimu::storage {
namespace {

/// Recordings by id, and their ids as a JSON list: json_each gives them to a query as a table.
class ById {
 public:
  explicit ById(std::span<domain::Media> all) {
    for (domain::Media& media : all) {
      ids_ += (ids_.empty() ? "[\"" : ",\"") + media.id + '"';
      places_.emplace(media.id, &media);
    }
    ids_ += ']';
  }
  const std::string& ids() const { return ids_; }
  domain::Media& at(const std::string& id) const { return *places_.at(id); }

 private:
  std::string ids_;
  std::unordered_map<std::string, domain::Media*> places_;
};

Result<> read_streams(Database& database, const ById& media) {
  ZIMU_TRY(Statement row, database.prepare("SELECT media_id, stream_index, kind, codec, language, channels, sample_rate_hz, "
                                           "width, height, is_default FROM media_streams "
                                           "WHERE media_id IN (SELECT value FROM json_each(?1)) ORDER BY media_id, position"));
  row.bind(media.ids());
  while (true) {
    ZIMU_TRY(const bool found, row.step());
    if (!found) return {};
    domain::Stream stream;
    stream.index = static_cast<int>(row.integer(1));
    stream.kind = row.text(2);
    stream.codec = row.text(3);
    stream.language = row.text(4);
    stream.channels = static_cast<int>(row.integer(5));
    stream.sample_rate_hz = static_cast<int>(row.integer(6));
    stream.width = static_cast<int>(row.integer(7));
    stream.height = static_cast<int>(row.integer(8));
    stream.is_default = row.integer(9) != 0;
    media.at(row.text(0)).info.streams.push_back(std::move(stream));
  }
}

Result<> read_tags(Database& database, const ById& media) {
  ZIMU_TRY(Statement row, database.prepare("SELECT media_id, tag FROM media_tags "
                                           "WHERE media_id IN (SELECT value FROM json_each(?1)) ORDER BY media_id, tag"));
  row.bind(media.ids());
  while (true) {
    ZIMU_TRY(const bool found, row.step());
    if (!found) return {};
    media.at(row.text(0)).tags.push_back(row.text(1));
  }
}

Result<> read_duplicates(Database& database, const ById& media) {
  ZIMU_TRY(Statement row, database.prepare("SELECT id, (SELECT MIN(same.id) FROM media AS same WHERE same.sha256 = media.sha256 "
                                           "AND same.id < media.id) FROM media "
                                           "WHERE id IN (SELECT value FROM json_each(?1)) AND sha256 <> ''"));
  row.bind(media.ids());
  while (true) {
    ZIMU_TRY(const bool found, row.step());
    if (!found) return {};
    media.at(row.text(0)).duplicate_of = row.text(1);  // NULL: it is the oldest
  }
}

}  // namespace

Result<> read_media_details(Database& database, std::span<domain::Media> all) {
  if (all.empty()) return {};
  const ById media(all);
  ZIMU_TRY_VOID(read_streams(database, media));
  ZIMU_TRY_VOID(read_tags(database, media));
  return read_duplicates(database, media);
}

}  // namespace zimu::storage
