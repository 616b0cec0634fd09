#include "app/media_query.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "base/uuid.hpp"

namespace zimu::app {
namespace {

TEST(MediaQuery, NamesOfOrders) {
  for (const std::string name : {"created", "-created", "title", "-title", "duration", "-duration", "size", "-size"}) {
    const auto order = media_order_from_name(name);
    ASSERT_TRUE(order) << name;
    EXPECT_EQ(media_order_name(*order), name);
  }
  for (const std::string name : {"", "-", "--title", "Title", "age"}) {
    const auto order = media_order_from_name(name);
    ASSERT_FALSE(order) << name;
    EXPECT_NE(order.error().action.find("duration"), std::string::npos);
  }
}

TEST(MediaQuery, NamesOfStates) {
  for (const std::string name : {"inspecting", "unreadable", "untranscribed", "queued", "running", "paused", "done",
                                 "failed", "cancelled"}) {
    const auto status = media_status_from_name(name);
    ASSERT_TRUE(status) << name;
    EXPECT_EQ(media_status_name(*status), name);
  }
  EXPECT_EQ(media_status_from_name("ready").error().code, ErrorCode::kInvalidArgument);
}

TEST(MediaQuery, CursorsComeBackAsTheyWere) {
  const std::string id = new_uuid();
  const std::string strange("会议 ü.\0\xff", 12);
  for (const std::string name : {"title", "-title", "size", "-duration"}) {
    const auto order = media_order_from_name(name).value();
    const std::string key = order.by == MediaSort::kTitle ? strange : "12345678901";
    const auto cursor = parse_media_cursor(order, to_cursor(order, {key, id}));
    ASSERT_TRUE(cursor) << name;
    EXPECT_EQ(cursor->key, key);
    EXPECT_EQ(cursor->id, id);
  }
  EXPECT_EQ(to_cursor({}, {"x", id}), id) << "the id alone says when";
  EXPECT_EQ(parse_media_cursor({}, id).value().id, id);
}

TEST(MediaQuery, CursorsOfSomethingElseAreRefused) {
  const std::string id = new_uuid();
  const auto title = media_order_from_name("title").value();
  const auto size = media_order_from_name("-size").value();
  for (const std::string& text : std::vector<std::string>{"", id, "title." + id, "title." + id + ".6", "title." + id + ".6g",
                                  "title.x.61", "-title." + id + ".61", "-size." + id + ".39", ".."}) {
    EXPECT_FALSE(parse_media_cursor(title, text)) << text;
  }
  EXPECT_TRUE(parse_media_cursor(title, "title." + id + "."));
  EXPECT_TRUE(parse_media_cursor(size, "-size." + id + ".39"));
  EXPECT_FALSE(parse_media_cursor(size, "-size." + id + ".61")) << "no number";
  EXPECT_FALSE(parse_media_cursor(size, "-size." + id + ".")) << "no number";
  EXPECT_FALSE(parse_media_cursor({}, "title." + id + ".61"));
}

}  // namespace
}  // namespace zimu::app
