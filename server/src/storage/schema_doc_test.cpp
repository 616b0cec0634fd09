// docs/formats/db-schema.md names everything that is in the schema, and nothing that is not.
#include <gtest/gtest.h>

#include <map>
#include <regex>
#include <set>
#include <string>

#include "base/file.hpp"
#include "storage/migrations.hpp"
#include "storage/test_support.hpp"

namespace zimu::storage {
namespace {

using namespace testing;

std::string document() {
  return must(read_file(std::filesystem::path(ZIMU_SOURCE_DIR) / "docs/formats/db-schema.md"));
}

/// Without those that SQLite keeps for a full text table.
constexpr const char* kTables =
    "SELECT name FROM pragma_table_list WHERE type IN ('table', 'virtual') AND schema = 'main' AND name NOT LIKE 'sqlite_%'";

std::set<std::string> strings(Database& database, const std::string& sql) {
  std::set<std::string> out;
  auto row = must(database.prepare(sql));
  while (must(row.step())) out.insert(row.text(0));
  return out;
}

/// The words between backticks in the first cells of a section's table.
std::set<std::string> documented_columns(const std::string& section) {
  std::set<std::string> out;
  const std::regex line("\\n\\| ((?:`[a-z0-9_]+`(?:, )?)+) \\|");
  const std::regex name("`([a-z0-9_]+)`");
  for (std::sregex_iterator row(section.begin(), section.end(), line), end; row != end; ++row) {
    const std::string cell = (*row)[1];
    for (std::sregex_iterator one(cell.begin(), cell.end(), name); one != end; ++one) out.insert((*one)[1]);
  }
  return out;
}

/// By table, from its "### `name`" to the next heading.
std::map<std::string, std::string> sections(const std::string& text) {
  std::map<std::string, std::string> out;
  const std::regex heading("\\n### `([a-z_]+)`\\n");
  for (std::sregex_iterator at(text.begin(), text.end(), heading), end; at != end; ++at) {
    const auto begin = static_cast<std::size_t>(at->position() + at->length());
    out[(*at)[1]] = text.substr(begin - 1, text.find("\n##", begin) - begin);
  }
  return out;
}

TEST(SchemaDocument, NamesEveryTableAndColumnAndNoOther) {
  const TempDir dir;
  static_cast<void>(open_store(dir.path()));
  const auto database = must(Database::open(dir.path() / "zimu.db", Database::Access::kReadOnly));
  const auto described = sections(document());
  const auto tables = strings(*database, kTables);
  ASSERT_GE(tables.size(), 9U);
  for (const std::string& table : tables) {
    const auto section = described.find(table);
    ASSERT_NE(section, described.end()) << table << " is not described";
    EXPECT_EQ(documented_columns(section->second), strings(*database, "SELECT name FROM pragma_table_xinfo('" + table + "') WHERE hidden = 0"))
        << table;
  }
  EXPECT_EQ(described.size(), tables.size()) << "a table is described that is not there";
}

TEST(SchemaDocument, NamesEveryIndexInTheSectionOfItsTable) {
  const TempDir dir;
  static_cast<void>(open_store(dir.path()));
  const auto database = must(Database::open(dir.path() / "zimu.db", Database::Access::kReadOnly));
  const auto described = sections(document());
  auto row = must(database->prepare("SELECT name, tbl_name FROM sqlite_schema WHERE type = 'index' AND sql IS NOT NULL"));
  int indexes = 0;
  while (must(row.step())) {
    EXPECT_NE(described.at(row.text(1)).find("`" + row.text(0) + "` ("), std::string::npos) << row.text(0);
    ++indexes;
  }
  EXPECT_GE(indexes, 6);
}

TEST(SchemaDocument, SaysTheVersionAndTheApplication) {
  const std::string text = document();
  EXPECT_NE(text.find("schema **version " + std::to_string(embedded_migrations().back().version) + "**"), std::string::npos);
  EXPECT_NE(text.find("0x5A494D55"), std::string::npos);
  EXPECT_EQ(kApplicationId, 0x5A494D55);
}

TEST(SchemaDocument, NullIsWhereItSaysSo) {
  const TempDir dir;
  static_cast<void>(open_store(dir.path()));
  const auto database = must(Database::open(dir.path() / "zimu.db", Database::Access::kReadOnly));
  const auto described = sections(document());
  for (const auto& [table, section] : described) {
    if (table == "segment_search") continue;  // an FTS5 table has no constraints
    std::set<std::string> may;
    for (std::size_t at = 0; (at = section.find("\n| ", at)) != std::string::npos; ++at) {
      const std::string line = section.substr(at, section.find('\n', at + 1) - at);
      if (line.find("may be NULL") != std::string::npos) may.merge(documented_columns(line + "\n"));
    }
    EXPECT_EQ(may, strings(*database, "SELECT name FROM pragma_table_xinfo('" + table + "') WHERE \"notnull\" = 0 AND pk = 0"))
        << table;
  }
}

}  // namespace
}  // namespace zimu::storage
