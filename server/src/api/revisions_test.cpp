// Editing over HTTP, on the real database.
#include "api/site_fixture_test.hpp"

namespace zimu::api {
namespace {

namespace json = boost::json;
using storage::testing::must;
using testing::Answer;

class Revisions : public testing::Site {
 protected:
  Revisions() {
    parts.transcribe(parts.claim());
    id = job.transcript_id;
    path = "/api/v1/transcripts/" + id;
  }
  Answer edit(int base, const std::string& operations) {
    return send_json("POST", path + "/revisions", fmt::format(R"({{"base":{},"operations":[{}]}})", base, operations));
  }
  Answer step(const std::string& name, int base) {
    return send_json("POST", path + "/" + name, fmt::format(R"({{"base":{}}})", base));
  }
  json::value transcript() { return json_of(ask("GET", path)); }
  std::string texts() {
    std::string out;
    const auto now = transcript();
    for (const auto& segment : now.at("segments").as_array()) out += std::string(segment.at("text").as_string()) + "|";
    return out;
  }
  void expect_places() {
    std::int64_t place = 0;
    const auto now = transcript();
    for (const auto& segment : now.at("segments").as_array()) EXPECT_EQ(segment.at("index"), place++);
  }

  domain::Job job = job_of(recording());
  std::string id, path;
};

TEST_F(Revisions, EditUndoRedoRestore) {
  const std::string made = texts();
  auto now = transcript();
  EXPECT_EQ(now.at("revision"), 0);
  EXPECT_TRUE(now.at("undo").is_null());

  const Answer first = edit(0, R"({"op":"text","index":0,"text":"今天天气很好"})");
  ASSERT_EQ(first.status, 201) << first.body;
  const auto change = json_of(first);
  EXPECT_EQ(change.at("revision"), 1);
  EXPECT_EQ(change.at("undo"), 1);
  EXPECT_EQ(change.at("hunks").at(0).at("removed"), 1);
  EXPECT_EQ(change.at("hunks").at(0).at("inserted").at(0).at("text"), "今天天气很好");
  ASSERT_EQ(edit(1, R"({"op":"split","index":0,"offset":2},{"op":"delete","index":2})").status, 201);
  EXPECT_EQ(transcript().at("segments").as_array().size(), now.at("segments").as_array().size());
  EXPECT_TRUE(texts().starts_with("今天|天气很好|")) << texts();
  expect_places();
  const std::string edited = texts();

  const auto undone = json_of(step("undo", 2));
  EXPECT_EQ(undone.at("kind"), "undo");
  EXPECT_EQ(undone.at("target"), 2);
  EXPECT_EQ(undone.at("redo"), 2);
  EXPECT_TRUE(texts().starts_with("今天天气很好|"));
  EXPECT_EQ(json_of(step("undo", 3)).at("undo"), json::value(nullptr));
  EXPECT_EQ(texts(), made);
  expect_problem(step("undo", 4), 409, "nothing to undo");
  EXPECT_EQ(json_of(step("redo", 4)).at("redo"), 2);
  EXPECT_TRUE(json_of(step("redo", 5)).at("redo").is_null());
  EXPECT_EQ(texts(), edited);
  expect_problem(step("redo", 6), 409, "nothing to do again");

  ASSERT_EQ(step("revisions/0/restore", 6).status, 201);
  EXPECT_EQ(texts(), made);
  ASSERT_EQ(step("undo", 7).status, 201);
  EXPECT_EQ(texts(), edited);
  now = transcript();
  EXPECT_EQ(now.at("revision"), 8);
  EXPECT_EQ(now.at("undo"), 2);
  EXPECT_EQ(now.at("redo"), 7);
  expect_places();
}

TEST_F(Revisions, NobodyOverwritesWhatHeHasNotSeen) {
  ASSERT_EQ(edit(0, R"({"op":"speaker","index":0,"speaker":"Anna"})").status, 201);
  const std::string before = texts();
  expect_problem(edit(0, R"({"op":"text","index":0,"text":"mine"})"), 409, "it is at revision 1");
  expect_problem(step("undo", 0), 409, "it is at revision 1");
  EXPECT_EQ(texts(), before);
  // And learns what he missed.
  ASSERT_EQ(edit(1, R"({"op":"merge","index":0})").status, 201);
  const auto missed = json_of(ask("GET", path + "/changes?since=0"));
  EXPECT_EQ(missed.at("revision"), 2);
  EXPECT_EQ(missed.at("hunks").as_array().size(), 2U);
  EXPECT_EQ(missed.at("hunks").at(1).at("removed"), 2);
  EXPECT_TRUE(json_of(ask("GET", path + "/changes?since=2")).at("hunks").as_array().empty());
  expect_problem(ask("GET", path + "/changes?since=3"), 409, "load the transcript anew");
  expect_problem(ask("GET", path + "/changes"), 400, "'since'");
}

TEST_F(Revisions, EditOfNothingMakesNoRevision) {
  const auto now = transcript();
  const std::string text(now.at("segments").at(0).at("text").as_string());
  const auto same = json_of(edit(0, R"({"op":"text","index":0,"text":")" + text + R"("})"));
  EXPECT_EQ(same.at("revision"), 0);
  EXPECT_TRUE(same.at("hunks").as_array().empty());
  EXPECT_EQ(transcript().at("revision"), 0);
}

TEST_F(Revisions, History) {
  for (int i = 0; i < 5; ++i) {
    ASSERT_EQ(edit(i, fmt::format(R"({{"op":"text","index":1,"text":"version {}"}})", i)).status, 201);
  }
  const auto page = json_of(ask("GET", path + "/revisions?limit=2"));
  ASSERT_EQ(page.at("items").as_array().size(), 2U);
  const auto& newest = page.at("items").at(0);
  EXPECT_EQ(newest.at("number"), 5);
  EXPECT_EQ(newest.at("index"), 1);
  EXPECT_EQ(newest.at("before"), "version 3");
  EXPECT_EQ(newest.at("after"), "version 4");
  const auto next = json_of(ask("GET", path + "/revisions?after=" + std::string(page.at("next").as_string())));
  EXPECT_EQ(next.at("items").as_array().size(), 3U);
  EXPECT_TRUE(next.at("next").is_null());
  const auto one = json_of(ask("GET", path + "/revisions/3"));
  EXPECT_EQ(one.at("hunks").at(0).at("removed_segments").at(0).at("text"), "version 1");
  EXPECT_EQ(one.at("hunks").at(0).at("inserted").at(0).at("text"), "version 2");
  expect_problem(ask("GET", path + "/revisions/6"), 404, "no revision 6");
  expect_problem(ask("GET", path + "/revisions/x"), 404, "a revision has a number");
  ASSERT_EQ(step("revisions/2/restore", 5).status, 201);
  EXPECT_EQ(transcript().at("segments").at(1).at("text"), "version 1");
  expect_problem(step("revisions/9/restore", 6), 404, "no revision 9");
}

TEST_F(Revisions, RefusesWhatIsNoEdit) {
  const std::string before = texts();
  expect_problem(edit(0, R"({"op":"turn","index":0})"), 400, "'turn' is not an operation");
  expect_problem(edit(0, R"({"op":"text","index":0})"), 400, "'text'");
  expect_problem(edit(0, R"({"op":"text","index":0,"text":"x","tone":1})"), 400, "'tone'");
  expect_problem(edit(0, R"({"op":"merge","index":0},{"op":"times","index":99,"start_ms":0,"end_ms":1})"), 400,
                 "operation 1: there is no segment 99");
  expect_problem(edit(0, R"({"op":"take","draft_id":")" + id + R"("})"), 400, "no draft of this one");
  expect_problem(edit(0, ""), 400, "'operations'");
  expect_problem(send_json("POST", path + "/revisions", R"({"operations":[{"op":"merge","index":0}]})"), 400, "'base'");
  expect_problem(send_json("POST", path + "/undo", R"({"base":0,"more":1})"), 400, "'more'");
  expect_problem(send_json("POST", "/api/v1/transcripts/" + new_uuid() + "/undo", R"({"base":0})"), 404, "no transcript");
  EXPECT_EQ(texts(), before);
  EXPECT_EQ(transcript().at("revision"), 0);
}

TEST_F(Revisions, WaitForTheJobThatWrites) {
  const auto second = job_of(recording("other"));
  static_cast<void>(parts.claim());
  path = "/api/v1/transcripts/" + second.transcript_id;
  expect_problem(edit(0, R"({"op":"insert","index":0,"start_ms":0,"end_ms":9,"text":"x"})"), 409, "still being written");
  must(parts.jobs.cancel(second.id));
  ASSERT_TRUE(parts.jobs.cancelled(second.id).has_value());
  EXPECT_EQ(edit(0, R"({"op":"insert","index":0,"start_ms":0,"end_ms":9,"text":"x"})").status, 201);
}

TEST_F(Revisions, SearchAndExportSeeTheEdit) {
  ASSERT_EQ(edit(0, R"({"op":"text","index":0,"text":"A zebra, crossing."},{"op":"shift","by_ms":1000})").status, 201);
  EXPECT_EQ(json_of(ask("GET", "/api/v1/search?q=zebra")).at("total"), 1);
  EXPECT_NE(ask("GET", path + "/export?format=srt").body.find("00:00:01,000 --> 00:00:"), std::string::npos);
  ASSERT_EQ(step("undo", 1).status, 201);
  EXPECT_EQ(json_of(ask("GET", "/api/v1/search?q=zebra")).at("total"), 0);
}

}  // namespace
}  // namespace zimu::api
