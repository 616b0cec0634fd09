#include <gtest/gtest.h>

#include "http/content_disposition.hpp"
#include "http/etag.hpp"
#include "http/json_text.hpp"
#include "http/mime.hpp"
#include "http/response_head.hpp"
#include "http/sse.hpp"
#include "http/types.hpp"

namespace zimu::http {
namespace {

using std::string_view_literals::operator""sv;

TEST(ETag, NoneMatchComparesWeakly) {
  EXPECT_TRUE(etag_matches("*", "\"a\""));
  EXPECT_TRUE(etag_matches("\"a\"", "\"a\""));
  EXPECT_TRUE(etag_matches("W/\"a\"", "\"a\""));
  EXPECT_TRUE(etag_matches("\"x\", \"y,z\" , \"a\"", "W/\"a\""));
  EXPECT_FALSE(etag_matches("\"b\"", "\"a\""));
  EXPECT_FALSE(etag_matches("a", "\"a\""));
  EXPECT_FALSE(etag_matches("\"a", "\"a\""));
  EXPECT_FALSE(etag_matches("", "\"a\""));
}

TEST(ETag, MatchAndIfRangeCompareStrongly) {
  EXPECT_TRUE(etag_matches_strong("\"b\", \"a\"", "\"a\""));
  EXPECT_FALSE(etag_matches_strong("W/\"a\"", "W/\"a\""));
  EXPECT_TRUE(if_range_matches(" \"a\" ", "\"a\""));
  EXPECT_FALSE(if_range_matches("W/\"a\"", "\"a\""));
  EXPECT_FALSE(if_range_matches("Sun, 06 Nov 1994 08:49:37 GMT", "\"a\""));
}

TEST(Sse, SplitsDataLines) {
  EXPECT_EQ(sse_event("7", "job", "{}"), "id: 7\nevent: job\ndata: {}\n\n");
  EXPECT_EQ(sse_event("", "", "a\nb\r\nc\rd"), "data: a\ndata: b\ndata: c\ndata: d\n\n");
  EXPECT_EQ(sse_event("1\n2", "x\r\ny", ""), "id: 12\nevent: xy\ndata: \n\n");
  EXPECT_EQ(sse_comment("hi"), ": hi\n\n");
  EXPECT_EQ(sse_retry(std::chrono::milliseconds{1500}), "retry: 1500\n\n");
}

TEST(ContentDisposition, GivesOldAndNewClientsAName) {
  EXPECT_EQ(content_disposition(Disposition::kAttachment, "a b.srt"), "attachment; filename=\"a b.srt\"");
  EXPECT_EQ(content_disposition(Disposition::kInline, "字幕.srt"),
            "inline; filename=\"__.srt\"; filename*=UTF-8''%E5%AD%97%E5%B9%95.srt");
  EXPECT_EQ(content_disposition(Disposition::kAttachment, "a\"b\r\n/c"),
            "attachment; filename=\"a_b___c\"; filename*=UTF-8''a%22b___c");
  EXPECT_EQ(content_disposition(Disposition::kAttachment, ""), "attachment; filename=\"download\"");
}

TEST(Mime, GoesByTheExtension) {
  EXPECT_EQ(content_type_for("index.HTML"), "text/html; charset=utf-8");
  EXPECT_EQ(content_type_for("a.b/c.vtt"), "text/vtt; charset=utf-8");
  EXPECT_EQ(content_type_for("a.mp3"), "audio/mpeg");
  EXPECT_EQ(content_type_for("a.mp3/name"), "application/octet-stream");
  EXPECT_EQ(content_type_for(""), "application/octet-stream");
}

TEST(JsonText, IsRightForAnyBytes) {
  EXPECT_EQ(json_string("a\"b\\c\n\x01\x7f"), "\"a\\\"b\\\\c\\u000a\\u0001\\u007f\"");
  EXPECT_EQ(json_string("é字"), "\"é字\"");
  EXPECT_EQ(json_string("\xff\xc0\x80\xed\xa0\x80"sv),
            "\"\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\"");
  EXPECT_EQ(json_string("a\0b"sv), "\"a\\u0000b\"");
}

TEST(Problem, SaysWhatAndWhatToDo) {
  const Response response = Response::problem({ErrorCode::kNotFound, "no job \"x\"", "look again"});
  EXPECT_EQ(response.status, 404);
  EXPECT_EQ(response.headers.find("content-type"), "application/problem+json");
  EXPECT_EQ(
      std::get<std::string>(response.body),
      R"({"type":"about:blank","title":"Not Found","status":404,"detail":"no job \"x\"","code":"not_found",)"
      R"("action":"look again"})");
}

TEST(Problem, KeepsInternalMessagesToItself) {
  const Response response = Response::problem({ErrorCode::kInternal, "secret at 0x1234"});
  EXPECT_EQ(response.status, 500);
  EXPECT_EQ(std::get<std::string>(response.body).find("secret"), std::string::npos);
  EXPECT_EQ(response.log_note, "secret at 0x1234");
}

TEST(Problem, EveryCodeHasAnErrorStatus) {
  for (int code = 0; code <= static_cast<int>(ErrorCode::kInternal); ++code) {
    const int status = http_status(static_cast<ErrorCode>(code));
    EXPECT_GE(status, 400);
    EXPECT_LT(status, 600);
  }
  EXPECT_EQ(http_status(ErrorCode::kNoSpace), 507);
  EXPECT_EQ(http_status(ErrorCode::kTooLarge), 413);
}

TEST(ResponseHead, NoValueEndsItsLine) {
  Response response = Response::empty(200);
  response.headers.add("X-Name", "a\r\nSet-Cookie: b");
  response.headers.add("Bad Name", "dropped");
  response.headers.add("content-length", "77");
  HeadOptions options;
  options.content_length = 0;
  const std::string head = response_head(response, options);
  EXPECT_NE(head.find("X-Name: a  Set-Cookie: b\r\n"), std::string::npos);
  EXPECT_EQ(head.find("Bad Name"), std::string::npos);
  EXPECT_EQ(head.find("77"), std::string::npos);
  EXPECT_NE(head.find("Content-Length: 0\r\n"), std::string::npos);
}

TEST(ResponseHead, WritesDatesAsRfc9110) {
  EXPECT_EQ(http_date(784111777), "Sun, 06 Nov 1994 08:49:37 GMT");
}

TEST(Headers, CompareNamesWithoutCase) {
  Headers headers;
  headers.add("Accept", "a");
  headers.add("ACCEPT", "b");
  EXPECT_EQ(headers.find("accept"), "a");
  headers.set("aCCept", "c");
  ASSERT_EQ(headers.all().size(), 1U);
  EXPECT_EQ(headers.find("Accept"), "c");
  EXPECT_EQ(headers.find("Accepts"), std::nullopt);
}

}  // namespace
}  // namespace zimu::http
