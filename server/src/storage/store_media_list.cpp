#include <fmt/format.h>

#include "app/search_text.hpp"
#include "storage/rows.hpp"
#include "storage/sqlite_store.hpp"
#include "storage/store_media.hpp"

namespace zimu::storage {
namespace {

/// app::MediaStatus of a row of `media`.
constexpr std::string_view kStatus =
    "CASE WHEN media.state = 'unreadable' THEN 'unreadable' ELSE COALESCE("
    "(SELECT jobs.state FROM jobs WHERE jobs.media_id = media.id AND jobs.kind = 'transcribe' AND jobs.span_end_ms = 0 "
    "ORDER BY jobs.id DESC LIMIT 1), "
    "CASE WHEN EXISTS (SELECT 1 FROM transcripts WHERE transcripts.media_id = media.id AND complete = 1 "
    "AND origin <> 'draft') THEN 'done' "
    "WHEN media.state = 'inspecting' THEN 'inspecting' ELSE 'untranscribed' END) END";

/// What a list is sorted by; the id makes it unique. Numbers are compared as numbers, and the cursor has them as text.
struct SortKey {
  std::string_view column;
  std::string_view cursor;
};

SortKey sort_key(app::MediaSort sort) {
  switch (sort) {
    case app::MediaSort::kCreated:
      // Ids are UUIDv7: their order is the order of creation.
      return {"''", ""};
    case app::MediaSort::kTitle:
      return {"zimu_fold(title)", "?6"};
    case app::MediaSort::kDuration:
      return {"duration_ms", "CAST(?6 AS INTEGER)"};
    case app::MediaSort::kSize:
      return {"size_bytes", "CAST(?6 AS INTEGER)"};
  }
  return {};
}

/// The tags of a row of `media`, a line each.
constexpr std::string_view kTags = "(SELECT group_concat(tag, char(10)) FROM media_tags WHERE media_id = media.id)";

std::string list_sql(const app::MediaOrder& order, bool with_text) {
  const SortKey key = sort_key(order.by);
  const std::string_view direction = order.descending ? "DESC" : "ASC";
  const std::string_view after = order.descending ? "<" : ">";
  const bool by_id = order.by == app::MediaSort::kCreated;
  return fmt::format(
      "SELECT " ZIMU_MEDIA_COLUMNS ", {}, {} FROM media "
      "WHERE (?1 IS NULL OR EXISTS (SELECT 1 FROM media_tags WHERE media_id = media.id AND tag = ?1)) "
      "AND (?2 IS NULL OR EXISTS (SELECT 1 FROM transcripts WHERE media_id = media.id AND language = ?2 "
      "AND origin <> 'draft')) AND (?3 IS NULL OR {} = ?3) AND {} ORDER BY {} LIMIT ?4",
      key.column, with_text ? kTags : "NULL", kStatus,
      by_id ? fmt::format("id {} ?5", after)
            : fmt::format("(?5 IS NULL OR ({}, id) {} ({}, ?5))", key.column, after, key.cursor),
      by_id ? fmt::format("id {}", direction) : fmt::format("{} {}, id {}", key.column, direction, direction));
}

bool fits(const app::SearchQuery& query, const domain::Media& media, const std::string& tags) {
  if (query.terms.empty()) return true;
  const std::string text = media.title + "\n" + media.file_name + "\n" + tags;
  return app::search_score(query, app::fold_for_search(text)).has_value();
}

}  // namespace

Result<app::Page<domain::Media>> SqliteStore::list_media(const app::MediaQuery& query) {
  const auto limit = static_cast<std::size_t>(page_limit(query.limit));
  std::optional<app::MediaCursor> after;
  if (query.after) {
    ZIMU_TRY(after, app::parse_media_cursor(query.order, *query.after));
  }
  using Text = std::optional<std::string_view>;
  const bool by_id = query.order.by == app::MediaSort::kCreated;
  const Text status = query.status ? Text(app::media_status_name(*query.status)) : Text();
  // One row more tells whether there is a next page. What terms leave out is seen only here, so there all may be read.
  const std::int64_t rows_wanted = query.text.terms.empty() ? static_cast<std::int64_t>(limit) + 1 : -1;
  return connections_->read([&](Database& database) -> Result<app::Page<domain::Media>> {
    ZIMU_TRY(Statement row, database.prepare(list_sql(query.order, !query.text.terms.empty())));
    // For ids alone a bound that is always there, so that the index goes straight to it.
    const Text first = by_id ? Text(query.order.descending ? kAfterEveryId : "") : Text();
    row.bind(query.tag, query.language, status, rows_wanted, after ? Text(after->id) : first,
             after && !by_id ? Text(after->key) : Text());
    app::Page<domain::Media> page;
    std::string last_key;
    while (true) {
      ZIMU_TRY(const bool found, row.step());
      if (!found) break;
      auto media = read_media_columns(row);
      if (!fits(query.text, media, row.text(kMediaColumns + 1))) continue;
      if (page.items.size() == limit) {
        page.next = app::to_cursor(query.order, {last_key, page.items.back().id});
        break;
      }
      last_key = row.text(kMediaColumns);
      page.items.push_back(std::move(media));
    }
    // Of what is shown only: a search reads all rows.
    ZIMU_TRY_VOID(read_media_details(database, page.items));
    return page;
  });
}

Result<std::vector<app::TagCount>> SqliteStore::list_tags(int limit) {
  return connections_->read([&](Database& database) -> Result<std::vector<app::TagCount>> {
    ZIMU_TRY(Statement row, database.prepare("SELECT tag, uses FROM (SELECT tag, COUNT(*) AS uses FROM media_tags "
                                             "GROUP BY tag ORDER BY uses DESC, tag LIMIT ?1) "
                                             "ORDER BY zimu_fold(tag), tag"));
    row.bind(limit);
    std::vector<app::TagCount> tags;
    while (true) {
      ZIMU_TRY(const bool found, row.step());
      if (!found) return tags;
      tags.push_back({row.text(0), row.integer(1)});
    }
  });
}

}  // namespace zimu::storage
