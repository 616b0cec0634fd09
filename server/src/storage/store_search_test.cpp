// Full text on a real database.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "app/search_service.hpp"
#include "storage/backup.hpp"
#include "storage/full_text.hpp"
#include "storage/test_support.hpp"

namespace zimu::storage {
namespace {

using namespace testing;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class Search : public ::testing::Test {
 protected:
  /// A recording with a transcript of these segments, in windows of two.
  domain::Job add(const std::vector<std::string>& texts, const std::string& title = "talk") {
    auto media = sample_media();
    media.title = title;
    auto transcript = sample_transcript(media);
    const auto job = sample_job(media, transcript);
    EXPECT_TRUE(store->insert_media(media).has_value());
    EXPECT_TRUE(store->insert_job(job, transcript).has_value());
    for (std::size_t from = 0; from < texts.size(); from += 2) commit(job, texts, from);
    return job;
  }
  void commit(const domain::Job& job, const std::vector<std::string>& texts, std::size_t from) {
    auto window = sample_window(static_cast<std::int64_t>(from / 2));
    if (texts.size() - from < 2) window.segments.pop_back();
    for (std::size_t i = 0; i < window.segments.size(); ++i) window.segments[i].text = texts[from + i];
    const auto done = store->commit_window(job, window);
    EXPECT_TRUE(done.has_value()) << done.error().message;
  }
  app::SearchPage page(const std::string& text, int limit = 50, std::optional<std::string> cursor = std::nullopt) {
    app::SearchService service(*store);
    return must(service.search({.text = text, .transcript_id = within, .limit = limit, .cursor = std::move(cursor)}));
  }
  std::vector<std::string> found(const std::string& text) {
    std::vector<std::string> out;
    for (const auto& hit : page(text).items) out.push_back(hit.snippet.text);
    return out;
  }
  std::int64_t count(const std::string& sql) {
    const auto database = must(Database::open(dir.path() / "zimu.db", Database::Access::kReadOnly));
    return must(database->query_integer(sql));
  }
  void expect_true_index() {
    EXPECT_EQ(count("SELECT count(*) FROM segment_search"), count("SELECT count(*) FROM segments"));
    EXPECT_EQ(count("SELECT count(*) FROM segments s LEFT JOIN segment_search f ON f.rowid = s.id "
                    "WHERE f.text IS NOT zimu_fold(s.text)"), 0);
    const auto database = must(Database::open(dir.path() / "zimu.db", Database::Access::kReadWrite));
    ASSERT_OK(database->execute("INSERT INTO segment_search (segment_search) VALUES ('integrity-check')"));
  }

  TempDir dir;
  std::unique_ptr<SqliteStore> store = open_store(dir.path());
  std::optional<std::string> within;
};

TEST_F(Search, LatinChineseJapaneseShortAndLong) {
  add({" Ask not what your Country", " l'été à Paris", "今天天气很好。", "字幕を作る", "ﾃｽﾄ", "x"});
  EXPECT_THAT(found("country"), ElementsAre("Ask not what your Country"));
  EXPECT_THAT(found("ountr"), ElementsAre("Ask not what your Country"));
  EXPECT_THAT(found("COUNTRY ask"), ElementsAre("Ask not what your Country"));
  EXPECT_THAT(found("\"not what\""), ElementsAre("Ask not what your Country"));
  EXPECT_THAT(found("\"what not\""), IsEmpty());
  EXPECT_THAT(found("country missing"), IsEmpty());
  EXPECT_THAT(found("ETE"), ElementsAre("l'été à Paris"));
  EXPECT_THAT(found("天气很好"), ElementsAre("今天天气很好。"));
  EXPECT_THAT(found("天气"), ElementsAre("今天天气很好。")) << "two characters: no trigram";
  EXPECT_THAT(found("气"), ElementsAre("今天天气很好。"));
  EXPECT_THAT(found("を作"), ElementsAre("字幕を作る"));
  EXPECT_THAT(found("テスト"), ElementsAre("ﾃｽﾄ"));
  EXPECT_THAT(found("paris à"), ElementsAre("l'été à Paris")) << "a long and a short word";
  EXPECT_THAT(found("paris x"), IsEmpty());
}

TEST_F(Search, HitsSayWhereTheyAre) {
  const auto job = add({"one", "two", "a needle here"}, "会议");
  const auto hits = page("needle");
  ASSERT_EQ(hits.items.size(), 1U);
  const auto& hit = hits.items.front();
  EXPECT_EQ(hit.media_id, job.media_id);
  EXPECT_EQ(hit.media_title, "会议");
  EXPECT_EQ(hit.rank.transcript_id, job.transcript_id);
  EXPECT_EQ(hit.rank.segment_index, 2);
  EXPECT_EQ(hit.start, Milliseconds(30'000));
  EXPECT_EQ(hit.end, Milliseconds(44'000));
  EXPECT_EQ(hit.snippet.marks, (std::vector<app::Mark>{{2, 8}}));
  EXPECT_EQ(hits.total, 1U);
  EXPECT_TRUE(hits.complete);
}

TEST_F(Search, BestFirstThenNewestThenTimeInPages) {
  add({"concatenate", "a cat", "the cat sat"}, "old");
  add({"cat"}, "new");
  std::vector<std::string> seen;
  std::optional<std::string> cursor;
  int pages = 0;
  do {
    const auto one = page("cat", 2, cursor);
    EXPECT_EQ(one.total, pages == 0 ? 4U : 5U);
    for (const auto& hit : one.items) seen.push_back(hit.media_title + ": " + hit.snippet.text);
    cursor = one.next;
    if (++pages == 1) add({"cat"}, "came between");  // moves no page
  } while (cursor && pages < 9);
  EXPECT_THAT(seen, ElementsAre("new: cat", "old: a cat", "old: the cat sat", "old: concatenate"));
}

TEST_F(Search, InOneTranscript) {
  const auto first = add({"needle", "hay"});
  add({"needle", "针"});
  within = first.transcript_id;
  EXPECT_EQ(page("needle").total, 1U);
  EXPECT_EQ(page("针").total, 0U);
  EXPECT_EQ(page("ha").total, 1U);
  EXPECT_EQ(page("").total, 0U);
  within = new_uuid();
  app::SearchService service(*store);
  EXPECT_EQ(service.search({.text = "needle", .transcript_id = within, .cursor = {}}).error().code, ErrorCode::kNotFound);
}

TEST_F(Search, FollowsEveryChange) {
  const auto job = add({"alpha", "beta"});
  const auto other = add({"alpha", "gamma"});
  EXPECT_EQ(page("alpha").total, 2U);
  commit(job, {"alpha", "beta"}, 0);  // a replay after a crash
  EXPECT_EQ(page("alpha").total, 2U);
  expect_true_index();
  ASSERT_OK(store->delete_transcript(job.transcript_id));
  EXPECT_EQ(page("alpha").total, 1U);
  EXPECT_THAT(found("beta"), IsEmpty());
  const auto again = add({"delta", "beta"});
  EXPECT_THAT(found("delta"), ElementsAre("delta"));
  {
    const auto database = must(Database::open(dir.path() / "zimu.db", Database::Access::kReadWrite));
    ASSERT_OK(database->execute("UPDATE segments SET text = 'Épsilon' WHERE text = 'delta'"));
  }
  ASSERT_OK(store->set_setting("any", "write"));  // another program's change is picked up with the next one
  EXPECT_THAT(found("delta"), IsEmpty());
  EXPECT_THAT(found("epsilon"), ElementsAre("Épsilon"));
  expect_true_index();
  ASSERT_OK(store->delete_job(other.id));
  EXPECT_EQ(page("gamma").total, 1U) << "the transcript outlives its job";
  ASSERT_OK(store->delete_media(other.media_id));
  EXPECT_EQ(page("gamma").total, 0U);
  expect_true_index();
  ASSERT_OK(store->delete_media(again.media_id));
  EXPECT_EQ(count("SELECT count(*) FROM segment_search"), 0);
}

TEST_F(Search, HostileQueriesFindNothingAndBreakNothing) {
  add({"a \"quoted\" word* AND (NEAR)", "100% of it_"});
  for (const std::string& text : std::vector<std::string>{
           "\"", "\"\"\"", "AND", "OR OR", "NOT", "NEAR(a b)", "a*", "^a", "text:a", "{text}: a", "-a", "(((", "a AND", "*",
           "';--", "%", "_", "\\", std::string("a\0b", 3), std::string(3, '\0'), "\xFF\xFE\xC0", std::string(512, '"'),
           std::string(511, '('), "\u0301\u0301\u0301", "\uFEFF"}) {
    const auto hits = page(text);
    EXPECT_LE(hits.total, 2U) << text;
  }
  EXPECT_EQ(page("%").total, 1U) << "a sign is a sign";
  EXPECT_EQ(page("_").total, 1U);
  EXPECT_EQ(page("quoted* word").total, 0U);
  EXPECT_EQ(page("word* and").total, 1U);
  app::SearchService service(*store);
  EXPECT_EQ(service.search({.text = std::string(10'000, 'x'), .transcript_id = {}, .cursor = {}}).error().code,
            ErrorCode::kInvalidArgument);
  for (const std::string cursor : {"", "x", "1.2.3", "..", "-1.0190a0b0-0000-7000-8000-000000000000.0"}) {
    EXPECT_EQ(service.search({.text = "a", .transcript_id = {}, .cursor = cursor}).error().code, ErrorCode::kInvalidArgument)
        << cursor;
  }
}

TEST_F(Search, RanksABoundedNumber) {
  const auto job = add({});
  domain::Window window = sample_window(0);
  const auto segment = window.segments.front();
  window.segments.clear();
  for (std::size_t i = 0; i <= app::kMaxSearchHits; ++i) {
    window.segments.push_back(segment);
    window.segments.back().index = static_cast<std::int64_t>(i);
    window.segments.back().text = "same";
    window.segments.back().words.clear();
  }
  ASSERT_OK(store->commit_window(job, window));
  for (const char* text : {"same", "am"}) {
    const auto hits = page(text, 3);
    EXPECT_EQ(hits.total, app::kMaxSearchHits);
    EXPECT_FALSE(hits.complete) << text;
    EXPECT_TRUE(hits.next);
  }
}

TEST(SearchMigration, IndexesWhatIsThere) {
  const TempDir dir;
  {
    const auto database = must(Database::open(dir.path() / "zimu.db", Database::Access::kCreate));
    ASSERT_OK(migrate(*database, dir.path() / "backups", embedded_migrations().first(1)));
    ASSERT_OK(database->execute(
        "INSERT INTO media VALUES ('m', 'old talk', '', '', 1, '', 'ready', '', '', 0, 0, 0, 'upload', 0, 0);"
        "INSERT INTO transcripts VALUES ('t', 'm', '', '', 'base', 'transcribe', 'zh', 1, 0, 1, 0, 0);"
        "INSERT INTO segments VALUES (7, 't', 0, 0, 5000, 6000, '今天天气 Über', '', 0, 0, 0, 0, x'', x'')"));
  }
  const auto store = open_store(dir.path());
  EXPECT_EQ(store->migration().from, 1);
  app::SearchService service(*store);
  for (const char* text : {"天气", "uber", "天天气"}) {
    const auto hits = must(service.search({.text = text, .transcript_id = {}, .cursor = {}}));
    ASSERT_EQ(hits.total, 1U) << text;
    EXPECT_EQ(hits.items.front().media_title, "old talk");
    EXPECT_EQ(hits.items.front().start, Milliseconds(5'000));
  }
}

TEST(FullText, SaysWhichSqliteIsNeeded) {
  ASSERT_OK(check_full_text());
  const auto missing = check_full_text("no_such_tokenizer");
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().code, ErrorCode::kUnsupported);
  EXPECT_THAT(missing.error().message, HasSubstr(SqliteStore::sqlite_version()));
  EXPECT_THAT(missing.error().action, HasSubstr("3.34"));
}

}  // namespace
}  // namespace zimu::storage
