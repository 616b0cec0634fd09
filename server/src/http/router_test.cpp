#include "http/router.hpp"

#include <gtest/gtest.h>

#include "http/testing/live_server.hpp"

namespace zimu::http {
namespace {

Handler nothing() {
  return testing::answering([](Request&) { return Response::empty(200); });
}

Router sample() {
  Router router;
  router.add("GET", "/{path*}", nothing());
  router.add("GET", "/api/v1/media", nothing());
  router.add("POST", "/api/v1/media", nothing(), BodyPolicy::kSmall);
  router.add("GET", "/api/v1/media/{id}", nothing());
  router.add("DELETE", "/api/v1/media/{id}", nothing());
  router.add("GET", "/api/v1/media/search", nothing());
  router.add("GET", "/api/v1/media/{id}/content", nothing());
  return router;
}

using Params = std::vector<std::pair<std::string, std::string>>;

TEST(Router, PrefersTheMoreSpecificPattern) {
  const Router router = sample();
  EXPECT_EQ(router.match("GET", "/api/v1/media/search").pattern, "/api/v1/media/search");
  EXPECT_EQ(router.match("GET", "/api/v1/media/7").pattern, "/api/v1/media/{id}");
  EXPECT_EQ(router.match("GET", "/api/v1/media/7").params, (Params{{"id", "7"}}));
  EXPECT_EQ(router.match("GET", "/other/thing").params, (Params{{"path", "other/thing"}}));
  EXPECT_EQ(router.match("GET", "/").params, (Params{{"path", ""}}));
}

TEST(Router, KeepsAnEncodedSlashInItsSegment) {
  const Router router = sample();
  EXPECT_EQ(router.match("GET", "/api/v1/media/a%2Fb").params, (Params{{"id", "a/b"}}));
  EXPECT_EQ(router.match("GET", "/api/v1/media/a%20b/content").params, (Params{{"id", "a b"}}));
}

TEST(Router, TellsMissingFromNotAllowed) {
  Router router;
  router.add("GET", "/a/{id}", nothing());
  router.add("POST", "/a/{id}", nothing());
  const auto wrong = router.match("DELETE", "/a/1");
  EXPECT_EQ(wrong.handler, nullptr);
  EXPECT_EQ(wrong.allow, "GET, HEAD, POST, OPTIONS");
  const auto missing = router.match("GET", "/a");
  EXPECT_EQ(missing.handler, nullptr);
  EXPECT_EQ(missing.allow, "");
  EXPECT_EQ(router.match("GET", "/a/").handler, nullptr);
  EXPECT_EQ(router.match("GET", "/a/1/").handler, nullptr);
}

TEST(Router, ACatchAllLendsNoMethods) {
  const auto wrong = sample().match("PUT", "/api/v1/media/7");
  EXPECT_EQ(wrong.handler, nullptr);
  EXPECT_EQ(wrong.allow, "GET, HEAD, DELETE, OPTIONS");
}

TEST(Router, HeadFallsBackToGetUnlessThereIsOne) {
  Router router;
  router.add("GET", "/a", nothing());
  router.add("HEAD", "/a", nothing(), BodyPolicy::kSmall);
  router.add("GET", "/b", nothing());
  EXPECT_EQ(router.match("HEAD", "/a").policy, BodyPolicy::kSmall);
  EXPECT_NE(router.match("HEAD", "/b").handler, nullptr);
}

}  // namespace
}  // namespace zimu::http
