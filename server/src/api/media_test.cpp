// Recordings: in by form and by URL, out whole and in parts.
#include "api/site_fixture_test.hpp"

namespace zimu::api {
namespace {

using storage::testing::must;
using testing::Answer;
using testing::RawClient;

class MediaRoutes : public testing::Site {
 protected:
  Answer post_form(const std::string& body) {
    return RawClient(server->port()).ask(testing::post("/api/v1/media", body));
  }
  std::string path(const domain::Media& media, const std::string& rest = "") { return "/api/v1/media/" + media.id + rest; }
};

TEST_F(MediaRoutes, TakesAForm) {
  const Answer answer = post_form(testing::field("title", " My talk ") + testing::file("sound") + testing::closing());
  ASSERT_EQ(answer.status, 201) << answer.body;
  const auto media = json_of(answer);
  EXPECT_EQ(media.at("title"), "My talk");
  EXPECT_EQ(media.at("file_name"), "talk.mp3");
  EXPECT_EQ(media.at("state"), "inspecting");
  EXPECT_TRUE(media.at("job").is_null());
  EXPECT_TRUE(media.at("transcripts").as_array().empty());
  const std::string location = answer.header("location");
  EXPECT_EQ(location, "/api/v1/media/" + std::string(media.at("id").as_string()));
  EXPECT_EQ(ask("GET", location + "/content").body, "sound");
  EXPECT_TRUE(parts.incoming().empty());
}

TEST_F(MediaRoutes, RefusesBadForms) {
  expect_problem(post_form(testing::field("title", "x") + testing::closing()), 400, "'file'");
  expect_problem(post_form(testing::field("titel", "x") + testing::file("a") + testing::closing()), 400, "'titel'");
  expect_problem(post_form(testing::field("title", std::string(501, 'x')) + testing::file("a") + testing::closing()), 400,
                 "'title'");
  expect_problem(post_form(testing::file("a") + testing::file("b") + testing::closing()), 400, "two files");
  expect_problem(ask("POST", "/api/v1/media", "Content-Type: text/plain\r\n", "a"), 415, "multipart/form-data");
  expect_problem(ask("POST", "/api/v1/media"), 415, "multipart/form-data");
  EXPECT_TRUE(parts.recordings().empty());
  EXPECT_TRUE(parts.incoming().empty());
}

TEST_F(MediaRoutes, DownloadsAUrl) {
  parts.context.download = [](const std::string& url, const std::filesystem::path& target) -> Result<std::string> {
    if (url.ends_with("/gone")) return fail(ErrorCode::kUnavailable, "the host name cannot be found");
    testing::write_text(target, "from " + url);
    return "talk.ogg";
  };
  const Answer answer = send_json("POST", "/api/v1/media", R"({"url":"https://example.org/a","title":"T"})");
  ASSERT_EQ(answer.status, 201) << answer.body;
  EXPECT_EQ(json_of(answer).at("title"), "T");
  EXPECT_EQ(json_of(answer).at("source"), "url");
  EXPECT_EQ(ask("GET", answer.header("location") + "/content").body, "from https://example.org/a");
  expect_problem(send_json("POST", "/api/v1/media", R"({"url":"http://example.org/gone"})"), 422, "unavailable");
  expect_problem(send_json("POST", "/api/v1/media", R"({"url":"file:///etc/passwd"})"), 400, "'url'");
  expect_problem(send_json("POST", "/api/v1/media", R"({"url":7})"), 400, "'url'");
  expect_problem(send_json("POST", "/api/v1/media", R"({"title":"x"})"), 400, "'url'");
  EXPECT_TRUE(parts.incoming().empty());
}

TEST_F(MediaRoutes, BoundsDownloads) {
  std::mutex mutex;
  std::condition_variable changed;
  int running = 0;
  bool go_on = false;
  parts.context.download = [&](const std::string&, const std::filesystem::path& target) -> Result<std::string> {
    std::unique_lock lock(mutex);
    ++running;
    changed.notify_all();
    changed.wait(lock, [&] { return go_on; });
    testing::write_text(target, "x");
    return "x.mp3";
  };
  const std::string body = R"({"url":"http://example.org/"})";
  std::vector<std::unique_ptr<RawClient>> clients;
  for (int i = 0; i < 2; ++i) {
    clients.push_back(std::make_unique<RawClient>(server->port()));
    clients.back()->send(testing::request("POST", "/api/v1/media", "Content-Type: application/json\r\n", body));
  }
  {
    std::unique_lock lock(mutex);
    changed.wait(lock, [&] { return running == 2; });
  }
  expect_problem(send_json("POST", "/api/v1/media", body), 503, "downloads are running");
  {
    const std::scoped_lock lock(mutex);
    go_on = true;
  }
  changed.notify_all();
  for (auto& client : clients) EXPECT_EQ(client->read_answer().status, 201);
  EXPECT_EQ(send_json("POST", "/api/v1/media", body).status, 201) << "the places are free again";
}

TEST_F(MediaRoutes, ListsInPages) {
  std::vector<std::string> ids;
  for (int i = 0; i < 5; ++i) ids.push_back(recording().id);
  const auto first = json_of(ask("GET", "/api/v1/media?limit=2"));
  EXPECT_EQ(first.at("items").at(0).at("id"), testing::json_text(ids[4]));
  EXPECT_EQ(first.at("next"), testing::json_text(ids[3]));
  const auto rest = json_of(ask("GET", "/api/v1/media?limit=3&after=" + ids[3]));
  EXPECT_EQ(rest.at("items").as_array().size(), 3U);
  EXPECT_TRUE(rest.at("next").is_null());
  expect_problem(ask("GET", "/api/v1/media?limit=0"), 400, "'limit'");
  expect_problem(ask("GET", "/api/v1/media?limit=501"), 400, "'limit'");
  expect_problem(ask("GET", "/api/v1/media?after=x"), 400, "'after'");
}

TEST_F(MediaRoutes, SortsAndFilters) {
  const auto b = recording("1", "B.mp3");
  const auto a = recording("22", "a.mp3");
  const auto c = recording("333", "会议.mp3");
  const auto titles = [&](const std::string& query) {
    std::string all;
    const auto page = json_of(ask("GET", "/api/v1/media?" + query));
    for (const auto& item : page.at("items").as_array()) all += std::string(item.at("title").as_string()) + " ";
    return all;
  };
  EXPECT_EQ(titles("sort=title"), "a B 会议 ");
  EXPECT_EQ(titles("sort=-size"), "会议 a B ");
  EXPECT_EQ(titles("sort=created"), "B a 会议 ");
  EXPECT_EQ(titles("q=%E4%BC%9A"), "会议 ");
  EXPECT_EQ(titles("state=inspecting"), "会议 a B ");
  job_of(b);
  EXPECT_EQ(titles("state=queued"), "B ");
  ASSERT_EQ(send_json("PATCH", path(a), R"({"tags":["Work","会议"]})").status, 200);
  EXPECT_EQ(titles("tag=Work"), "a ");
  EXPECT_EQ(titles("q=work"), "a ");
  EXPECT_EQ(titles("language=en"), "");
  const auto first = json_of(ask("GET", "/api/v1/media?sort=title&limit=2"));
  const std::string next(first.at("next").as_string());
  const auto rest = json_of(ask("GET", "/api/v1/media?sort=title&limit=2&after=" + next));
  ASSERT_EQ(rest.at("items").as_array().size(), 1U);
  EXPECT_EQ(rest.at("items").at(0).at("id"), testing::json_text(c.id));
  EXPECT_TRUE(rest.at("next").is_null());
  expect_problem(ask("GET", "/api/v1/media?sort=size&after=" + next), 400, "'after'");
  expect_problem(ask("GET", "/api/v1/media?sort=age"), 400, "'sort'");
  expect_problem(ask("GET", "/api/v1/media?state=ready"), 400, "'state'");
  expect_problem(ask("GET", "/api/v1/media?language=klingon"), 400, "'language'");
  expect_problem(ask("GET", "/api/v1/media?q=" + std::string(513, 'x')), 400, "512");
}

TEST_F(MediaRoutes, KeepsTags) {
  const auto media = recording();
  EXPECT_TRUE(json_of(ask("GET", path(media))).at("tags").as_array().empty());
  const auto tagged = json_of(send_json("PATCH", path(media), R"({"title":"T","tags":["b","会议","B"]})"));
  EXPECT_EQ(tagged.at("title"), "T");
  EXPECT_EQ(tagged.at("tags"), boost::json::parse(R"(["b","会议"])"));
  const auto tags = json_of(ask("GET", "/api/v1/tags"));
  EXPECT_EQ(tags.at("items"), boost::json::parse(R"([{"tag":"b","count":1},{"tag":"会议","count":1}])"));
  expect_problem(send_json("PATCH", path(media), "{}"), 400, "'tags'");
  expect_problem(send_json("PATCH", path(media), R"({"tags":"b"})"), 400, "'tags'");
  expect_problem(send_json("PATCH", path(media), R"({"tags":[7]})"), 400, "'tags'");
  expect_problem(send_json("PATCH", path(media), R"({"tags":[""]})"), 400, "'tags'");
  expect_problem(send_json("PATCH", path(media), R"({"tags":["a\u0000b"]})"), 400, "'tags'");
  EXPECT_TRUE(json_of(send_json("PATCH", path(media), R"({"tags":[]})")).at("tags").as_array().empty());
}

TEST_F(MediaRoutes, NamesADuplicate) {
  const auto first = recording("same");
  const auto second = recording("same");
  const std::string hash(64, 'a');
  ASSERT_TRUE(parts.media.inspected(first.id, {}, hash));
  ASSERT_TRUE(parts.media.inspected(second.id, {}, hash));
  EXPECT_TRUE(json_of(ask("GET", path(first))).at("duplicate_of").is_null());
  EXPECT_EQ(json_of(ask("GET", path(second))).at("duplicate_of"), testing::json_text(first.id));
}

TEST_F(MediaRoutes, ShowsItsWork) {
  const auto media = recording();
  job_of(media);
  const auto job = job_of(media);
  const auto shown = json_of(ask("GET", path(media)));
  EXPECT_EQ(shown.at("job").at("id"), testing::json_text(job.id)) << "the newest";
  EXPECT_EQ(shown.at("transcripts").as_array().size(), 2U);
}

TEST_F(MediaRoutes, RenamesAndDeletes) {
  const auto media = recording();
  EXPECT_EQ(json_of(send_json("PATCH", path(media), R"({"title":"新 Name"})")).at("title"), "新 Name");
  expect_problem(send_json("PATCH", path(media), R"({"title":""})"), 400, "'title'");
  expect_problem(send_json("PATCH", path(media), R"({"title":"a","colour":"red"})"), 400, "'colour'");
  expect_problem(send_json("PATCH", path(media), "[1]"), 400, "object");
  expect_problem(send_json("PATCH", path(media), R"({"title":)"), 400, "JSON");
  EXPECT_EQ(ask("DELETE", path(media)).status, 204);
  expect_problem(ask("GET", path(media)), 404, media.id);
  EXPECT_FALSE(std::filesystem::exists(parts.media.uploads_dir() / media.id));
  expect_problem(ask("GET", "/api/v1/media/nothing"), 404, "recording");
}

TEST_F(MediaRoutes, ShowsThePicture) {
  const auto media = recording("film", "film.mp4");
  expect_problem(ask("GET", path(media, "/poster")), 409, "still being looked at");
  ASSERT_TRUE(parts.media.inspected(media.id, {}, ""));
  expect_problem(ask("GET", path(media, "/poster")), 404, "no picture");
  EXPECT_EQ(json_of(ask("GET", path(media))).at("has_poster"), false);
  testing::write_text(parts.media.poster_path(media.id), "\xff\xd8jpeg");
  EXPECT_EQ(json_of(ask("GET", path(media))).at("has_poster"), true);
  const Answer answer = ask("GET", path(media, "/poster"));
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.body, "\xff\xd8jpeg");
  EXPECT_EQ(answer.header("content-type"), "image/jpeg");
  EXPECT_EQ(answer.header("cache-control"), "private, no-cache");
  const std::string etag = answer.header("etag");
  EXPECT_NE(etag, ask("GET", path(media, "/content")).header("etag"));
  EXPECT_EQ(ask("GET", path(media, "/poster"), "If-None-Match: " + etag + "\r\n").status, 304);
  EXPECT_EQ(ask("GET", path(media, "/poster"), "If-None-Match: \"x\"\r\n").status, 200);
  expect_problem(ask("GET", "/api/v1/media/" + new_uuid() + "/poster"), 404, "recording");
}

TEST_F(MediaRoutes, SendsParts) {
  const auto media = recording("0123456789");
  const std::string content = path(media, "/content");
  const Answer whole = ask("GET", content);
  EXPECT_EQ(whole.status, 200);
  EXPECT_EQ(whole.body, "0123456789");
  EXPECT_EQ(whole.header("content-type"), "audio/mpeg");
  EXPECT_EQ(whole.header("accept-ranges"), "bytes");
  EXPECT_TRUE(whole.header("content-disposition").starts_with("inline"));
  const std::string etag = whole.header("etag");
  const Answer part = ask("GET", content, "Range: bytes=2-4\r\n");
  EXPECT_EQ(part.status, 206);
  EXPECT_EQ(part.body, "234");
  EXPECT_EQ(part.header("content-range"), "bytes 2-4/10");
  EXPECT_EQ(ask("GET", content, "Range: bytes=-3\r\n").body, "789");
  const Answer past = ask("GET", content, "Range: bytes=10-\r\n");
  expect_problem(past, 416, "10 bytes");
  EXPECT_EQ(past.header("content-range"), "bytes */10");
  const Answer same = ask("GET", content, "If-None-Match: " + etag + "\r\n");
  EXPECT_EQ(same.status, 304);
  EXPECT_EQ(same.header("etag"), etag);
  EXPECT_EQ(ask("GET", content, "Range: bytes=2-4\r\nIf-Range: " + etag + "\r\n").status, 206);
  EXPECT_EQ(ask("GET", content, "Range: bytes=2-4\r\nIf-Range: \"old\"\r\n").status, 200);
  EXPECT_EQ(ask("GET", content, "If-Match: \"old\"\r\n").status, 412);
  const Answer head = ask("HEAD", content, "Range: bytes=2-4\r\n");
  EXPECT_EQ(head.status, 200);
  EXPECT_EQ(head.header("content-length"), "10");
  EXPECT_TRUE(ask("GET", content + "?download=1").header("content-disposition").starts_with("attachment"));
  expect_problem(ask("GET", content + "?download=maybe"), 400, "'download'");
}

TEST_F(MediaRoutes, ContentNeverRunsAsOurPage) {
  for (const char* name : {"page.html", "drawing.svg", "data.xml", "nothing"}) {
    const Answer answer = ask("GET", path(recording("<script>", name), "/content"));
    EXPECT_EQ(answer.header("content-type"), "application/octet-stream") << name;
    EXPECT_TRUE(answer.header("content-disposition").starts_with("attachment")) << name;
    EXPECT_EQ(answer.header("x-content-type-options"), "nosniff");
    EXPECT_TRUE(answer.header("content-security-policy").starts_with("sandbox;")) << name;
  }
}

TEST_F(MediaRoutes, FileThatIsGone) {
  const auto media = recording();
  std::filesystem::remove(parts.media.content_path(media));
  expect_problem(ask("GET", path(media, "/content")), 404, "gone");
}

TEST_F(MediaRoutes, Waveform) {
  const auto media = recording();
  expect_problem(ask("GET", path(media, "/waveform")), 409, "looked at");
  testing::write_text(parts.media.peaks_path(media.id), std::string("ZPK1\x64\0\0\0\x05\0\0\0\x01\xFF\x02\x03\x04", 17));
  const auto whole = json_of(ask("GET", path(media, "/waveform")));
  EXPECT_EQ(whole, boost::json::parse(R"({"bucket_ms":100,"start_ms":0,"peaks":[1,255,2,3,4]})"));
  const auto few = json_of(ask("GET", path(media, "/waveform?points=3")));
  EXPECT_EQ(few, boost::json::parse(R"({"bucket_ms":200,"start_ms":0,"peaks":[255,3,4]})"));
  expect_problem(ask("GET", path(media, "/waveform?points=0")), 400, "'points'");
  const auto span = json_of(ask("GET", path(media, "/waveform?start_ms=150&end_ms=301")));
  EXPECT_EQ(span, boost::json::parse(R"({"bucket_ms":100,"start_ms":100,"peaks":[255,2,3]})"));
  const auto pairs = json_of(ask("GET", path(media, "/waveform?start_ms=100&end_ms=500&points=2")));
  EXPECT_EQ(pairs, boost::json::parse(R"({"bucket_ms":200,"start_ms":100,"peaks":[255,4]})"));
  const auto after = json_of(ask("GET", path(media, "/waveform?start_ms=9000")));
  EXPECT_EQ(after, boost::json::parse(R"({"bucket_ms":100,"start_ms":500,"peaks":[]})"));
  expect_problem(ask("GET", path(media, "/waveform?start_ms=200&end_ms=200")), 400, "'end_ms'");
  expect_problem(ask("GET", path(media, "/waveform?start_ms=-1")), 400, "'start_ms'");
  testing::write_text(parts.media.peaks_path(media.id), "ZPK1 damaged");
  EXPECT_EQ(ask("GET", path(media, "/waveform")).status, 500);
  std::filesystem::remove(parts.media.peaks_path(media.id));
  ASSERT_OK(parts.media.unreadable(media.id, Error{ErrorCode::kBadMedia, "no media"}));
  expect_problem(ask("GET", path(media, "/waveform")), 404, "no waveform");
}

}  // namespace
}  // namespace zimu::api
