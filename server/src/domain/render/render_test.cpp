#include "domain/render.hpp"

#include <gtest/gtest.h>

namespace zimu::domain {
namespace {

Transcript talk() {
  Transcript transcript;
  transcript.language = "en";
  transcript.duration = Milliseconds(10'000);
  for (const auto& [start, end, text] : {std::tuple{1000, 3000, "One {two}"}, {2000, 5000, "Two"}, {6000, 7000, "Three"}}) {
    Segment segment;
    segment.start = Milliseconds(start);
    segment.end = Milliseconds(end);
    segment.text = text;
    transcript.segments.push_back(segment);
  }
  return transcript;
}

std::string ass(const RenderOptions& options, PictureSize picture = {}, const Transcript& transcript = talk()) {
  auto out = render_ass(transcript, options, picture);
  EXPECT_TRUE(out) << out.error().message;
  return out.value_or("");
}

bool has(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }

TEST(Render, WhatIsStoredComesBack) {
  RenderOptions options;
  options.mode = RenderMode::kMux;
  options.container = RenderContainer::kMkv;
  EXPECT_FALSE(decode_render(encode_render(options, std::nullopt))->options.style);
  options.preset = "bbc";
  options.style = RenderStyle{"DejaVu Sans", 90, "#00FF00", "#01020304", 0, true, "#0000FF80", CaptionPosition::kTop, 20, true};
  const RenderResult result{"a = b.mkv", 5'000'000'000, "video/x-matroska"};
  const auto back = decode_render(encode_render(options, result));
  ASSERT_TRUE(back);
  EXPECT_EQ(back->options.mode, RenderMode::kMux);
  EXPECT_EQ(back->options.container, RenderContainer::kMkv);
  EXPECT_EQ(back->options.preset, "bbc");
  EXPECT_EQ(back->options.style, options.style);
  ASSERT_TRUE(back->result);
  EXPECT_EQ(back->result->file_name, result.file_name);
  EXPECT_EQ(back->result->size_bytes, result.size_bytes);
  EXPECT_EQ(back->result->content_type, result.content_type);
  EXPECT_FALSE(decode_render("mode=print\n"));
  EXPECT_FALSE(decode_render("result_bytes=many\n"));
  EXPECT_TRUE(decode_render("mode=burn\nof a later version=1\n"));
}

TEST(Render, ChecksTheStyle) {
  const auto code = [](auto change) {
    RenderOptions options;
    options.style.emplace();
    change(options);
    const auto checked = validate(options);
    return checked ? std::string() : checked.error().message;
  };
  EXPECT_EQ(code([](auto&) {}), "");
  EXPECT_EQ(code([](auto& o) { o.style->font = "思源黑体"; }), "");
  for (const std::string font : {"", "a,b", "a:b", "a\nb", " a", "a{b", "x\\y"}) {
    EXPECT_TRUE(has(code([&](auto& o) { o.style->font = font; }), "'font'")) << font;
  }
  EXPECT_TRUE(has(code([](auto& o) { o.style->font = std::string(kMaxFontBytes + 1, 'x'); }), "'font'"));
  EXPECT_TRUE(has(code([](auto& o) { o.style->size = kMostFontSize + 1; }), "'size'"));
  EXPECT_TRUE(has(code([](auto& o) { o.style->outline = -1; }), "'outline'"));
  EXPECT_TRUE(has(code([](auto& o) { o.style->margin = kMostMargin + 1; }), "'margin'"));
  for (const std::string colour : {"red", "#12345", "#GG0000", "123456#", "#1234567"}) {
    EXPECT_TRUE(has(code([&](auto& o) { o.style->box_color = colour; }), "'box_color'")) << colour;
  }
  EXPECT_TRUE(has(code([](auto& o) { o.preset = "vimeo"; }), "vimeo"));
}

TEST(Render, AssIsLaidOutForThePicture) {
  RenderOptions options;
  EXPECT_TRUE(has(ass(options), "PlayResX: 1920\nPlayResY: 1080\n"));
  EXPECT_TRUE(has(ass(options, {360, 640}), "PlayResX: 1080\nPlayResY: 1920\n"));
  EXPECT_TRUE(has(ass(options, {640, 480}), "PlayResX: 1440\nPlayResY: 1080\n"));
  EXPECT_TRUE(has(ass(options), "Style: Default,Noto Sans,58,&H00FFFFFF,&H00FFFFFF,&H00101010,"));
  EXPECT_TRUE(has(ass(options), "Dialogue: 0,0:00:01.00,0:00:03.00,Default,,0,0,0,,One \xEF\xBD\x9Btwo\xEF\xBD\x9D\n"));
  options.style = RenderStyle{"Font", 90, "#112233", "#44556677", 5, false, "#000000", CaptionPosition::kTop, 20, true};
  EXPECT_TRUE(has(ass(options), "Style: Default,Font,90,&H00332211,&H00332211,&H88665544,&H00000000,-1,0,0,0,100,100,0,0,1,5,0,8,120,120,20,1\n"));
  options.style->box = true;
  EXPECT_TRUE(has(ass(options), ",&H00000000,&H00000000,-1,0,0,0,100,100,0,0,3,15,0,8,"));
}

TEST(Render, TheUsualFontIsThatOfTheLanguage) {
  Transcript transcript = talk();
  transcript.language = "zh";
  RenderOptions options;
  EXPECT_TRUE(has(ass(options, {}, transcript), "Default,Noto Sans CJK SC,58,"));
  options.style = RenderStyle{.font = "Other"};
  EXPECT_TRUE(has(ass(options, {}, transcript), "Default,Other,58,"));
  transcript.task = Task::kTranslate;
  EXPECT_TRUE(has(ass({}, {}, transcript), "Default,Noto Sans,58,"));
}

TEST(Render, LongLinesWithoutBlanksAreFolded) {
  Transcript transcript = talk();
  transcript.segments.resize(1);
  transcript.segments[0].text.clear();
  for (int i = 0; i < 60; ++i) transcript.segments[0].text += i == 28 ? "，" : "字";
  RenderOptions options;
  const auto out = ass(options, {}, transcript);
  // 1680 pixels of 58 hold 28 characters; a comma does not begin a line.
  EXPECT_TRUE(has(out, "字，\\N字")) << out;
  const auto first = out.find("\\N");
  EXPECT_NE(out.find("\\N", first + 1), std::string::npos);
  transcript.segments[0].text = std::string(300, 'a') + " b";
  EXPECT_FALSE(has(ass(options, {}, transcript).substr(600), "\\N")) << "a word is never cut";
}

TEST(Render, PresetsCutAnew) {
  Transcript transcript = talk();
  transcript.segments.resize(1);
  transcript.segments[0].end = Milliseconds(9000);
  transcript.segments[0].text = "This is a very long sentence, and it goes on and on, until nobody can read it at once any more, and more.";
  RenderOptions options;
  options.preset = "netflix";
  const auto out = render_srt(transcript, options, false);
  ASSERT_TRUE(out);
  EXPECT_TRUE(has(*out, "2\n"));
}

TEST(Render, FlatCuesDoNotOverlap) {
  EXPECT_EQ(*render_srt(talk(), {}, true),
            "1\n00:00:01,000 --> 00:00:02,000\nOne {two}\n\n2\n00:00:02,000 --> 00:00:03,000\nOne {two}\nTwo\n\n"
            "3\n00:00:03,000 --> 00:00:05,000\nTwo\n\n4\n00:00:06,000 --> 00:00:07,000\nThree\n\n");
}

TEST(Render, NamesOfFilesAndLanguages) {
  RenderOptions options;
  EXPECT_EQ(render_extension(options, false), "mp4");
  options.mode = RenderMode::kMux;
  EXPECT_EQ(render_extension(options, false), "m4a");
  EXPECT_EQ(render_content_type("m4a"), "audio/mp4");
  options.container = RenderContainer::kMkv;
  EXPECT_EQ(render_extension(options, true), "mkv");
  EXPECT_EQ(render_extension(options, false), "mka");
  EXPECT_EQ(iso639_2("zh"), "zho");
  EXPECT_EQ(iso639_2(""), "und");
}

}  // namespace
}  // namespace zimu::domain
