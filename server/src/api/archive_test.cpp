// The zip of many recordings' texts. What is in it is read by Python in tests/functional/test_library.py.
#include "api/site_fixture_test.hpp"

namespace zimu::api {
namespace {

using storage::testing::must;

class ArchiveRoute : public testing::Site {
 protected:
  domain::Media transcribed(const std::string& name, std::int64_t windows = 2) {
    const auto media = recording("sound", name);
    job_of(media);
    parts.transcribe(parts.claim(), windows);
    return media;
  }
  static std::size_t count(const std::string& text, const std::string& what) {
    std::size_t found = 0;
    for (auto at = text.find(what); at != std::string::npos; at = text.find(what, at + 1)) ++found;
    return found;
  }
};

TEST_F(ArchiveRoute, OneFileForEachRecordingAndFormat) {
  const auto one = transcribed("会议.mp3");
  const auto two = transcribed("会议.wav");
  const auto none = recording("sound", "untouched.mp3");
  const auto answer = ask("GET", fmt::format("/api/v1/archive?formats=srt,vtt,srt&media_ids={},{},{},{}", one.id, two.id,
                                             none.id, one.id));
  ASSERT_EQ(answer.status, 200) << answer.body;
  EXPECT_EQ(answer.header("content-type"), "application/zip");
  EXPECT_EQ(answer.header("content-disposition"), "attachment; filename=\"transcripts.zip\"");
  EXPECT_TRUE(answer.body.starts_with("PK\x03\x04"));
  // Each name is in front of its file and in the list at the end.
  for (const std::string name : {"会议.srt", "会议.vtt", "会议 (2).srt", "会议 (2).vtt", "missing.txt"}) {
    EXPECT_EQ(count(answer.body, name), 2U) << name;
  }
  EXPECT_EQ(count(answer.body, "PK\x01\x02"), 5U);
}

TEST_F(ArchiveRoute, TheNewestFinishedTranscriptCounts) {
  const auto media = transcribed("talk.mp3", 1);
  job_of(media);
  parts.transcribe(parts.claim(), 3);
  job_of(media);
  const auto unfinished = parts.claim();
  ASSERT_TRUE(parts.jobs.commit(unfinished.id, storage::testing::sample_window(0)));
  const auto answer = ask("GET", "/api/v1/archive?formats=txt&media_ids=" + media.id);
  ASSERT_EQ(answer.status, 200);
  const auto transcripts = must(parts.jobs.transcripts_of(media.id));
  ASSERT_EQ(transcripts.size(), 3U);
  const auto text = ask("GET", "/api/v1/transcripts/" + transcripts[1].id + "/export?format=txt").body;
  // The size of the uncompressed text is in the list at the end, as a little-endian number.
  std::string size;
  for (unsigned shift = 0; shift < 32; shift += 8) size += static_cast<char>((text.size() >> shift) & 0xFFU);
  const auto entry = answer.body.find("PK\x01\x02");
  ASSERT_NE(entry, std::string::npos);
  EXPECT_EQ(answer.body.substr(entry + 24, 4), size);
}

TEST_F(ArchiveRoute, ManyCuesOfManyRecordings) {
  std::string ids;
  for (int i = 0; i < 5; ++i) ids += transcribed("long.mp3", 120).id + ",";
  const auto answer = ask("GET", "/api/v1/archive?formats=srt,json&media_ids=" + ids);
  ASSERT_EQ(answer.status, 200) << answer.body;
  EXPECT_EQ(count(answer.body, "PK\x01\x02"), 10U);
  EXPECT_EQ(count(answer.body, "long (5).json"), 2U);
}

TEST_F(ArchiveRoute, RefusesWhatItCannotDo) {
  const auto media = recording();
  expect_problem(ask("GET", "/api/v1/archive"), 400, "'media_ids'");
  expect_problem(ask("GET", "/api/v1/archive?media_ids=,"), 400, "'media_ids'");
  expect_problem(ask("GET", "/api/v1/archive?media_ids=../x"), 400, "'media_ids'");
  expect_problem(ask("GET", "/api/v1/archive?media_ids=" + media.id), 409, "finished transcript");
  expect_problem(ask("GET", "/api/v1/archive?formats=docx&media_ids=" + media.id), 400, "docx");
  expect_problem(ask("GET", "/api/v1/archive?formats=&media_ids=" + media.id), 400, "'formats'");
  const std::string unknown = new_uuid();
  expect_problem(ask("GET", "/api/v1/archive?media_ids=" + media.id + "," + unknown), 404, unknown);
  std::string many;
  for (int i = 0; i < 401; ++i) many += new_uuid() + ",";
  EXPECT_EQ(ask("GET", "/api/v1/archive?media_ids=" + many).status, 400) << "what the head of a request can hold";
}

}  // namespace
}  // namespace zimu::api
