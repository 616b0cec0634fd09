// Lists of recordings: every order, every filter, page by page.
#include <algorithm>
#include <map>

#include "storage/test_support.hpp"

namespace zimu::storage {
namespace {

using namespace testing;

class MediaList : public ::testing::Test {
 protected:
  domain::Media add(const std::string& title, std::int64_t duration_ms = 0, std::uint64_t size = 0) {
    auto media = sample_media();
    media.title = title;
    media.file_name = "file.mp4";
    media.state = domain::MediaState::kReady;
    media.info.duration = Milliseconds(duration_ms);
    media.size_bytes = size;
    EXPECT_TRUE(store->insert_media(media));
    return media;
  }
  domain::Job add_job(const domain::Media& media, domain::JobState state, const std::string& language = "") {
    auto transcript = sample_transcript(media);
    transcript.language = language;
    auto job = sample_job(media, transcript);
    job.state = state;
    EXPECT_TRUE(store->insert_job(job, transcript));
    return job;
  }
  /// All titles, by pages of two.
  std::vector<std::string> titles(app::MediaQuery query) {
    std::vector<std::string> all;
    query.limit = 2;
    do {
      const auto page = must(store->list_media(query));
      EXPECT_TRUE(page.items.size() == 2 || !page.next);
      for (const auto& media : page.items) all.push_back(media.title);
      query.after = page.next;
    } while (query.after);
    return all;
  }
  std::vector<std::string> sorted(const std::string& order) {
    return titles({.order = app::media_order_from_name(order).value()});
  }
  std::vector<std::string> with_text(const std::string& text) {
    return titles({.text = app::parse_search_query(text).value()});
  }

  using Names = std::vector<std::string>;
  TempDir dir;
  std::unique_ptr<SqliteStore> store = open_store(dir.path());
};

TEST_F(MediaList, EveryOrderThroughThePages) {
  add("beta", 3000, 10);
  add("Alpha", 1000, 30);
  add("会议", 1000, 9);
  add("Éclair", 10'000, 30);
  add("alpha", 0, 100);
  for (const auto& [name, expected] : std::vector<std::pair<std::string, Names>>{
           {"created", {"beta", "Alpha", "会议", "Éclair", "alpha"}},
           {"title", {"Alpha", "alpha", "beta", "Éclair", "会议"}},
           {"duration", {"alpha", "Alpha", "会议", "beta", "Éclair"}},
           {"size", {"会议", "beta", "Alpha", "Éclair", "alpha"}}}) {
    EXPECT_EQ(sorted(name), expected) << name;
    EXPECT_EQ(sorted("-" + name), Names(expected.rbegin(), expected.rend())) << name;
  }
}

TEST_F(MediaList, APageGoesOnAlsoWhenItsLastItemIsGone) {
  const auto order = app::media_order_from_name("title").value();
  add("a");
  const auto last = add("b");
  add("c");
  app::MediaQuery query{.limit = 2, .order = order};
  const auto page = must(store->list_media(query));
  ASSERT_EQ(page.items.back().id, last.id);
  ASSERT_OK(store->delete_media(last.id));
  query.after = page.next;
  const auto rest = must(store->list_media(query));
  ASSERT_EQ(rest.items.size(), 1U);
  EXPECT_EQ(rest.items[0].title, "c");
  query.order = {};
  EXPECT_EQ(store->list_media(query).error().code, ErrorCode::kInvalidArgument) << "the cursor is of another order";
}

TEST_F(MediaList, Tags) {
  auto one = add("one");
  auto two = add("two");
  add("three");
  one.tags = {"work", "会议", "b'--"};
  two.tags = {"work"};
  ASSERT_OK(store->update_media(one));
  ASSERT_OK(store->update_media(two));
  EXPECT_EQ(must(store->media(one.id)).tags, (Names{"b'--", "work", "会议"})) << "in order";
  EXPECT_EQ(titles({.tag = "work"}), (Names{"two", "one"}));
  EXPECT_EQ(titles({.tag = "会议"}), Names{"one"});
  EXPECT_EQ(titles({.tag = "Work"}), Names{});
  const auto tags = must(store->list_tags(10));
  ASSERT_EQ(tags.size(), 3U);
  EXPECT_EQ(tags[1].tag, "work");
  EXPECT_EQ(tags[1].count, 2);
  const auto most_used = must(store->list_tags(1));
  ASSERT_EQ(most_used.size(), 1U);
  EXPECT_EQ(most_used[0].tag, "work");
  one.tags = {"new"};
  ASSERT_OK(store->update_media(one));
  ASSERT_OK(store->delete_media(two.id));
  EXPECT_EQ(must(store->list_tags(10)).size(), 1U) << "a tag lives as long as a recording has it";
}

TEST_F(MediaList, TheStateIsThatOfTheNewestTranscription) {
  using domain::JobState;
  using app::MediaStatus;
  auto unreadable = add("unreadable");
  auto inspecting = add("inspecting");
  add("untranscribed");
  add_job(unreadable, JobState::kFailed);
  unreadable.state = domain::MediaState::kUnreadable;
  ASSERT_OK(store->update_media(unreadable));
  inspecting.state = domain::MediaState::kInspecting;
  ASSERT_OK(store->update_media(inspecting));
  for (const auto state : {JobState::kQueued, JobState::kRunning, JobState::kPaused, JobState::kDone, JobState::kFailed,
                           JobState::kCancelled}) {
    const auto media = add(std::string(domain::job_state_name(state)));
    add_job(media, JobState::kFailed);
    add_job(media, state);
  }
  for (const std::string name : {"inspecting", "unreadable", "untranscribed", "queued", "running", "paused", "done",
                                 "failed", "cancelled"}) {
    EXPECT_EQ(titles({.status = app::media_status_from_name(name).value()}), Names{name});
  }
  // A transcript counts also when its job is gone.
  const auto orphan = add("orphan");
  const auto job = add_job(orphan, JobState::kDone);
  auto transcript = must(store->transcript(job.transcript_id, false));
  transcript.complete = true;
  ASSERT_OK(store->update_transcript(transcript));
  ASSERT_OK(store->delete_job(job.id));
  EXPECT_EQ(titles({.status = MediaStatus::kDone}), (Names{"orphan", "done"}));
  auto looked_at = orphan;
  looked_at.state = domain::MediaState::kInspecting;
  ASSERT_OK(store->update_media(looked_at));
  EXPECT_EQ(titles({.status = MediaStatus::kDone}), (Names{"orphan", "done"})) << "its text can be read already";
}

TEST_F(MediaList, LanguageOfATranscript) {
  add_job(add("english"), domain::JobState::kDone, "en");
  const auto both = add("both");
  add_job(both, domain::JobState::kDone, "en");
  add_job(both, domain::JobState::kDone, "zh");
  EXPECT_EQ(titles({.language = "en"}), (Names{"both", "english"}));
  EXPECT_EQ(titles({.language = "zh"}), Names{"both"});
  EXPECT_EQ(titles({.language = "ja"}), Names{});
}

TEST_F(MediaList, WordsOfTitleFileNameAndTags) {
  auto tagged = add("Quarterly Meeting");
  tagged.tags = {"Finance"};
  ASSERT_OK(store->update_media(tagged));
  add("会议记录 第三次");
  auto named = add("Untitled");
  named.file_name = "Résumé Überblick.mkv";
  ASSERT_OK(store->update_media(named));
  for (int i = 0; i < 5; ++i) add("meeting " + std::to_string(i));
  EXPECT_EQ(with_text("MEETING quarterly"), Names{"Quarterly Meeting"});
  EXPECT_EQ(with_text("finance meeting"), Names{"Quarterly Meeting"});
  EXPECT_EQ(with_text("会议"), Names{"会议记录 第三次"});
  EXPECT_EQ(with_text("resume uber"), Names{"Untitled"});
  EXPECT_EQ(with_text("meeting").size(), 6U) << "over several pages";
  EXPECT_EQ(with_text("nothing of it"), Names{});
  EXPECT_EQ(with_text("%"), Names{});
  EXPECT_EQ(with_text("").size(), 8U);
  EXPECT_EQ(titles({.order = app::media_order_from_name("-title").value(),
                    .tag = "Finance",
                    .text = app::parse_search_query("meeting").value()}),
            Names{"Quarterly Meeting"});
}

TEST_F(MediaList, DuplicatesNameTheOldest) {
  std::vector<domain::Media> all;
  for (const std::string name : {"first", "second", "third", "other"}) {
    all.push_back(add(name));
    all.back().sha256 = std::string(64, name == "other" ? 'b' : 'a');
    ASSERT_OK(store->update_media(all.back()));
  }
  add("unknown");
  add("unknown too");
  EXPECT_EQ(must(store->media(all[0].id)).duplicate_of, "");
  EXPECT_EQ(must(store->media(all[1].id)).duplicate_of, all[0].id);
  EXPECT_EQ(must(store->media(all[2].id)).duplicate_of, all[0].id);
  EXPECT_EQ(must(store->media(all[3].id)).duplicate_of, "");
  EXPECT_EQ(must(store->media_with_hash(std::string(64, 'a'))).size(), 3U);
  EXPECT_TRUE(must(store->media_with_hash("")).empty()) << "what has no hash yet is like nothing";
  ASSERT_OK(store->delete_media(all[0].id));
  EXPECT_EQ(must(store->media(all[1].id)).duplicate_of, "");
  EXPECT_EQ(must(store->media(all[2].id)).duplicate_of, all[1].id);
}

TEST_F(MediaList, EachRowHasItsOwnStreamsTagsAndDuplicate) {
  std::vector<domain::Media> all;
  for (int i = 0; i < 7; ++i) {
    auto media = sample_media();
    media.title = "row " + std::to_string(i);
    media.tags = i % 2 == 0 ? Names{"a" + std::to_string(i), "b, with \"signs\"\xE4\xBC\x9A"} : Names{};
    media.sha256 = i == 3 ? "" : std::string(64, i < 3 ? 'a' : 'b');
    media.info.streams.clear();
    for (int stream = 0; stream < i % 3; ++stream) {
      media.info.streams.push_back({.index = stream + i, .kind = "audio", .codec = "c" + std::to_string(i), .language = ""});
    }
    ASSERT_OK(store->insert_media(media));
    all.push_back(media);
  }
  const std::map<std::string, std::string> oldest{{all[1].id, all[0].id}, {all[2].id, all[0].id},
                                                  {all[5].id, all[4].id}, {all[6].id, all[4].id}};
  for (const std::string text : {"", "row"}) {
    app::MediaQuery query{.limit = 5, .text = app::parse_search_query(text).value()};
    std::size_t at = all.size();
    do {
      const auto page = must(store->list_media(query));
      for (const auto& media : page.items) {
        const auto& wanted = all.at(--at);
        ASSERT_EQ(media.id, wanted.id);
        EXPECT_EQ(media.tags, wanted.tags);
        ASSERT_EQ(media.info.streams.size(), wanted.info.streams.size());
        for (std::size_t i = 0; i < media.info.streams.size(); ++i) {
          EXPECT_EQ(media.info.streams[i].index, wanted.info.streams[i].index);
          EXPECT_EQ(media.info.streams[i].codec, wanted.info.streams[i].codec);
        }
        EXPECT_EQ(media.duplicate_of, oldest.contains(media.id) ? oldest.at(media.id) : "");
      }
      query.after = page.next;
    } while (query.after);
    EXPECT_EQ(at, 0U);
  }
}

TEST_F(MediaList, JobsOfDraftsAndFilmsAreNotTheRecordings) {
  const auto media = add("talk");
  const auto whole = add_job(media, domain::JobState::kDone);
  const auto draft = add_job(media, domain::JobState::kFailed);
  auto raw = must(Database::open(dir.path() / "zimu.db", Database::Access::kReadWrite));
  {
    auto mark = must(raw->prepare("UPDATE jobs SET span_end_ms = 5000 WHERE id = ?1"));
    ASSERT_OK(mark.bind(draft.id).run());
  }
  const auto film = add_job(media, domain::JobState::kRunning);
  {
    auto mark = must(raw->prepare("UPDATE jobs SET kind = 'render' WHERE id = ?1"));
    ASSERT_OK(mark.bind(film.id).run());
  }
  EXPECT_EQ(titles({.status = app::MediaStatus::kDone}), Names{"talk"});
  EXPECT_EQ(titles({.status = app::MediaStatus::kRunning}), Names{});
  app::JobQuery query;
  query.media_id = media.id;
  EXPECT_EQ(must(store->list_jobs(query)).items.size(), 3U);
  query.whole_only = true;
  ASSERT_EQ(must(store->list_jobs(query)).items.size(), 1U);
  EXPECT_EQ(must(store->list_jobs(query)).items[0].id, whole.id);
}

}  // namespace
}  // namespace zimu::storage
