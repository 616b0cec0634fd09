// Transcripts brought along, films ordered and fetched. No ffmpeg runs: the test is the render slot.
#include "api/site_fixture_test.hpp"
#include "app/render_files.hpp"

namespace zimu::api {
namespace {

using storage::testing::must;
using testing::Answer;

class TrackRoutes : public testing::Site {
 protected:
  TrackRoutes() { EXPECT_TRUE(parts.media.inspected(media.id, {.duration = Milliseconds(60'000)}, "")); }
  Answer bring(const std::string& body, const std::string& query = "") {
    return ask("POST", "/api/v1/media/" + media.id + "/transcripts" + query, "", body);
  }
  std::string track() { return std::string(json_of(bring("0:01 --> 0:02\nHello there\n\n0:03 --> 0:04\nGeneral")).at("id").as_string()); }
  Answer order(const std::string& transcript, const std::string& render) {
    return send_json("POST", "/api/v1/jobs", fmt::format(R"({{"kind":"render","transcript_id":"{}","render":{}}})", transcript, render));
  }
  domain::Media media = recording("0123456789", "talk.mp4");
};

TEST_F(TrackRoutes, Import) {
  const Answer answer = bring("WEBVTT\n\n00:01.000 --> 00:02.000\n<v Anna>字幕 &amp; more\n", "?format=srt&title=Mine&language=zh");
  ASSERT_EQ(answer.status, 201) << answer.body;
  const auto header = json_of(answer);
  EXPECT_EQ(header.at("origin"), "import");
  EXPECT_EQ(header.at("title"), "Mine");
  EXPECT_EQ(header.at("language"), "zh");
  EXPECT_TRUE(header.at("job_id").is_null());
  const auto transcript = json_of(ask("GET", answer.header("location")));
  EXPECT_EQ(transcript.at("segments").at(0).at("text"), "字幕 & more");
  EXPECT_EQ(transcript.at("segments").at(0).at("speaker"), "Anna");
  expect_problem(bring("nothing"), 422, "no cue was found");
  expect_problem(bring("0:01 --> 0:02\nx", "?format=sub"), 400, "'format'");
  expect_problem(bring("0:01 --> 0:02\nx", "?language=xx"), 400, "'language'");
  EXPECT_EQ(ask("POST", "/api/v1/media/" + new_uuid() + "/transcripts", "", "0:01 --> 0:02\nx").status, 404);
}

TEST_F(TrackRoutes, Align) {
  const std::string path = "/api/v1/transcripts/" + track() + "/align";
  const Answer answer = ask("POST", path + "?title=Right", "", "Hello, there! General.");
  ASSERT_EQ(answer.status, 201) << answer.body;
  EXPECT_EQ(json_of(answer).at("origin"), "align");
  const auto segments = json_of(ask("GET", answer.header("location"))).at("segments");
  ASSERT_EQ(segments.as_array().size(), 2U);
  EXPECT_EQ(segments.at(1).at("start_ms"), 3000);
  expect_problem(ask("POST", path, "", "Bonjour"), 422, "no word");
  EXPECT_EQ(ask("POST", "/api/v1/transcripts/" + new_uuid() + "/align", "", "x").status, 404);
  const auto running = job_of(media);
  expect_problem(ask("POST", "/api/v1/transcripts/" + running.transcript_id + "/align", "", "x"), 409, "not complete");
}

TEST_F(TrackRoutes, DeleteTranscript) {
  const std::string id = track();
  const auto job = json_of(order(id, R"({"mode":"burn"})"));
  expect_problem(ask("DELETE", "/api/v1/transcripts/" + id), 409, "cancel");
  must(parts.jobs.cancel(std::string(job.at("id").as_string())));
  EXPECT_EQ(ask("DELETE", "/api/v1/transcripts/" + id).status, 204);
  EXPECT_EQ(ask("DELETE", "/api/v1/transcripts/" + id).status, 404);
}

TEST_F(TrackRoutes, RenderJobsAndTheirFile) {
  const Answer answer = order(track(), R"({"mode":"mux","container":"mkv","preset":"bbc","style":{"size":70}})");
  ASSERT_EQ(answer.status, 201) << answer.body;
  const auto job = json_of(answer);
  EXPECT_EQ(job.at("kind"), "render");
  EXPECT_EQ(job.at("render"), boost::json::parse(
      R"({"mode":"mux","container":"mkv","preset":"bbc","style":{"font":"Noto Sans","size":70,"color":"#FFFFFF",)"
      R"("outline_color":"#101010","outline":3,"box":false,"box_color":"#000000A0","position":"bottom","margin":64,"bold":false}})"));
  EXPECT_TRUE(job.at("result").is_null());
  const std::string id(job.at("id").as_string());
  const std::string path = "/api/v1/jobs/" + id + "/result";
  expect_problem(ask("GET", path), 409, "queued");

  ASSERT_TRUE(must(parts.jobs.claim(std::chrono::seconds(5), domain::JobKind::kRender)));
  testing::write_text(app::render_folder(parts.media.uploads_dir(), media.id) / (id + ".mkv"), "0123456789");
  ASSERT_OK(parts.jobs.finish_render(id, {"Talk.mkv", 10, "video/x-matroska"}));
  EXPECT_EQ(json_of(ask("GET", "/api/v1/jobs/" + id)).at("result"),
            boost::json::parse(R"({"file_name":"Talk.mkv","size_bytes":10,"content_type":"video/x-matroska"})"));
  const Answer part = ask("GET", path, "Range: bytes=2-4\r\n");
  EXPECT_EQ(part.status, 206);
  EXPECT_EQ(part.body, "234");
  EXPECT_TRUE(part.header("content-disposition").starts_with("attachment; filename=\"Talk.mkv\""));
  EXPECT_EQ(part.header("content-type"), "video/x-matroska");
  std::filesystem::remove(app::render_folder(parts.media.uploads_dir(), media.id) / (id + ".mkv"));
  expect_problem(ask("GET", path), 404, "render it again");
  expect_problem(ask("GET", "/api/v1/jobs/" + job_of(media).id + "/result"), 404, "makes no file");
}

TEST_F(TrackRoutes, FilmsAreNotTheRecordingsState) {
  const auto text = job_of(media);
  const std::string id = track();
  const auto film = json_of(order(id, R"({"mode":"burn"})"));
  EXPECT_EQ(json_of(ask("GET", "/api/v1/media/" + media.id)).at("job").at("id"), testing::json_text(text.id));
  const auto ids = [&](const std::string& query) {
    std::vector<std::string> out;
    const auto page = json_of(ask("GET", "/api/v1/jobs" + query));
    for (const auto& item : page.at("items").as_array()) out.emplace_back(item.at("id").as_string());
    return out;
  };
  const std::string film_id(film.at("id").as_string());
  EXPECT_EQ(ids("?kind=render"), std::vector{film_id});
  EXPECT_EQ(ids("?kind=transcribe"), std::vector{text.id});
  EXPECT_EQ(ids("?transcript_id=" + id), std::vector{film_id});
  expect_problem(ask("GET", "/api/v1/jobs?kind=x"), 400, "'kind'");
}

TEST_F(TrackRoutes, NamesTheWrongField) {
  const std::string id = track();
  for (const auto& [render, name] : std::vector<std::pair<std::string, std::string>>{
           {"{}", "'mode'"}, {R"({"mode":"x"})", "'mode'"}, {R"({"mode":"burn","container":"avi"})", "'container'"},
           {R"({"mode":"burn","preset":"x"})", "preset"}, {R"({"mode":"burn","style":7})", "'style'"},
           {R"({"mode":"burn","style":{"font":""}})", "'font'"}, {R"({"mode":"burn","style":{"sise":7}})", "'sise'"},
           {R"({"mode":"burn","style":{"color":"#12"}})", "'color'"}, {R"({"mode":"burn","style":{"size":201}})", "'size'"}}) {
    expect_problem(order(id, render), 400, name);
  }
  expect_problem(order("x", R"({"mode":"burn"})"), 400, "'transcript_id'");
  expect_problem(order(new_uuid(), R"({"mode":"burn"})"), 404, "not_found");
  expect_problem(send_json("POST", "/api/v1/jobs", R"({"kind":"print"})"), 400, "'kind'");
  expect_problem(send_json("POST", "/api/v1/jobs", R"({"kind":"render"})"), 400, "'transcript_id'");
}

}  // namespace
}  // namespace zimu::api
