// The web app's files, and what browsers may not do.
#include "api/site_fixture_test.hpp"

#include "api/guard.hpp"

namespace zimu::api {
namespace {

using testing::Answer;
using testing::write_text;

class Web : public testing::Site {
 protected:
  Web() {
    write_text(web_root() / "index.html", "<html>app</html>");
    write_text(web_root() / "assets/main-1a2b.js", "run()");
    write_text(web_root() / "favicon.svg", "<svg/>");
    write_text(web_root() / ".hidden", "secret");
    write_text(dir.path() / "outside.txt", "secret");
    std::filesystem::create_symlink(dir.path() / "outside.txt", web_root() / "link.txt");
  }
};

TEST_F(Web, ServesTheApp) {
  const Answer page = ask("GET", "/");
  EXPECT_EQ(page.status, 200);
  EXPECT_EQ(page.body, "<html>app</html>");
  EXPECT_EQ(page.header("content-type"), "text/html; charset=utf-8");
  EXPECT_EQ(page.header("cache-control"), "no-cache");
  EXPECT_TRUE(page.header("content-security-policy").starts_with("default-src 'self';"));
  EXPECT_EQ(page.header("x-frame-options"), "DENY");
  EXPECT_EQ(ask("GET", "/", "If-None-Match: " + page.header("etag") + "\r\n").status, 304);
  EXPECT_EQ(ask("GET", "/media/018f0000-0000-7000-8000-000000000000").body, page.body) << "a page of the app";
  const Answer script = ask("GET", "/assets/main-1a2b.js");
  EXPECT_EQ(script.body, "run()");
  EXPECT_EQ(script.header("cache-control"), "public, max-age=31536000, immutable");
  EXPECT_EQ(ask("GET", "/favicon.svg").header("content-type"), "image/svg+xml");
  EXPECT_EQ(ask("HEAD", "/").status, 200);
}

TEST_F(Web, MissingFilesAreNoPages) {
  for (const char* path : {"/assets/main-0000.js", "/assets/none", "/none.css", "/index.html/x.js"}) {
    expect_problem(ask("GET", path), 404, "not_found");
  }
  for (const char* path : {"/api/v1/nothing", "/api/", "/v1/nothing"}) {
    expect_problem(ask("GET", path), 404, "not_found");
    expect_problem(ask("POST", path, "", "body"), 404, "not_found");
  }
  EXPECT_EQ(ask("PUT", "/api/v1/media").status, 405);
  EXPECT_EQ(ask("POST", "/").status, 405);
}

TEST_F(Web, NothingOutsideTheRoot) {
  for (const char* path : {"/../outside.txt", "/..%2foutside.txt", "/%2e%2e/outside.txt", "/assets/..%2f..%2foutside.txt",
                           "/assets/../../outside.txt", "/link.txt", "/.hidden", "/..%5coutside.txt", "/%2f../outside.txt",
                           "//outside.txt", "/assets//main-1a2b.js", "/outside.txt%00.js"}) {
    const Answer answer = ask("GET", path);
    EXPECT_TRUE(answer.status == 400 || answer.status == 404) << path << " " << answer.status;
    EXPECT_EQ(answer.body.find("secret"), std::string::npos) << path;
  }
}

TEST_F(Web, SaysHowToBuildIt) {
  parts.context.web_root.clear();
  const Answer page = ask("GET", "/");
  EXPECT_EQ(page.status, 200);
  EXPECT_NE(page.body.find("tools/build_web.sh"), std::string::npos);
  EXPECT_EQ(ask("GET", "/assets/a.js").status, 404);
}

TEST_F(Web, ForeignPagesChangeNothing) {
  const auto media = recording();
  const std::string path = "/api/v1/media/" + media.id;
  for (const char* fields : {"Sec-Fetch-Site: cross-site\r\n", "Sec-Fetch-Site: same-site\r\nOrigin: http://localhost:3000\r\n",
                             "Origin: https://evil.example\r\n", "Origin: null\r\n"}) {
    expect_problem(ask("DELETE", path, fields), 403, "unauthorized");
  }
  const std::string form = testing::file("a") + testing::closing();
  EXPECT_EQ(http::testing::RawClient(server->port())
                .ask(testing::post("/api/v1/media", form, "Origin: https://evil.example\r\n"))
                .status,
            403);
  EXPECT_EQ(parts.recordings().size(), 1U);
  EXPECT_EQ(ask("GET", path, "Sec-Fetch-Site: cross-site\r\n").status, 200) << "reading is the browser's own rule";
  EXPECT_EQ(ask("DELETE", path, "Sec-Fetch-Site: same-origin\r\nOrigin: http://localhost\r\n").status, 204);
}

http::Request request_with(std::string method, std::vector<std::pair<std::string, std::string>> fields) {
  http::Request request;
  request.method = std::move(method);
  for (auto& [name, value] : fields) request.headers.add(name, value);
  return request;
}

TEST(CheckBrowser, OriginAgainstHost) {
  const auto refused = [](const std::string& origin, const std::string& host, const std::string& forwarded = "") {
    auto request = request_with("POST", {{"Origin", origin}, {"Host", host}});
    if (!forwarded.empty()) request.headers.add("X-Forwarded-Host", forwarded);
    return check_browser(request, false).has_value();
  };
  EXPECT_FALSE(refused("http://192.168.1.5:8080", "192.168.1.5:8080"));
  EXPECT_FALSE(refused("https://Zimu.Example", "zimu.example"));
  EXPECT_FALSE(refused("http://zimu.lan:8080", "zimu.lan")) << "a proxy dropped the port";
  EXPECT_FALSE(refused("https://zimu.example", "server:8080", "zimu.example"));
  EXPECT_FALSE(refused("http://[::1]:8080", "[::1]:8080"));
  EXPECT_TRUE(refused("http://localhost:3000", "localhost:8080"));
  EXPECT_TRUE(refused("http://evil.example", "zimu.example"));
  EXPECT_TRUE(refused("null", "localhost:8080"));
  EXPECT_TRUE(refused("", "localhost:8080"));
}

TEST(CheckBrowser, ForeignHostNamesOnALoopbackServer) {
  const auto refused = [](const std::string& host) { return check_browser(request_with("GET", {{"Host", host}}), true).has_value(); };
  for (const char* host : {"localhost:8080", "127.0.0.1:8080", "[::1]:8080", "server", "zimu.local", "ZIMU.LAN:80", "a.localhost."}) {
    EXPECT_FALSE(refused(host)) << host;
  }
  for (const char* host : {"evil.example", "evil.example:8080", "127.0.0.1.evil.example", "localhost.evil.example"}) {
    EXPECT_TRUE(refused(host)) << host;
  }
  EXPECT_FALSE(check_browser(request_with("GET", {{"Host", "evil.example"}}), false).has_value());
}

}  // namespace
}  // namespace zimu::api
