#include "http/multipart.hpp"

#include <gtest/gtest.h>

#include <random>
#include <vector>

namespace zimu::http {
namespace {

struct Collected {
  MultipartParser::Part part;
  std::string data;
  bool ended = false;
};

struct Collector : MultipartParser::Sink {
  std::vector<Collected> parts;
  Result<> on_part(const MultipartParser::Part& part) override {
    parts.push_back({part, {}, false});
    return {};
  }
  Result<> on_data(std::span<const std::byte> bytes) override {
    EXPECT_FALSE(bytes.empty());
    parts.back().data.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    return {};
  }
  Result<> on_part_end() override {
    parts.back().ended = true;
    return {};
  }
};

constexpr const char* kType = "multipart/form-data; boundary=XX";

std::span<const std::byte> bytes_of(std::string_view text) {
  return std::as_bytes(std::span(text));
}

/// Feeds pieces of `step` bytes (0: all at once).
Result<std::vector<Collected>> parse(std::string_view body, std::size_t step = 0,
                                     std::string_view type = kType) {
  ZIMU_TRY(auto parser, MultipartParser::create(type));
  Collector sink;
  while (!body.empty()) {
    const std::size_t size = step == 0 ? body.size() : std::min(step, body.size());
    ZIMU_TRY_VOID(parser.feed(bytes_of(body.substr(0, size)), sink));
    body.remove_prefix(size);
  }
  ZIMU_TRY_VOID(parser.finish());
  return std::move(sink.parts);
}

std::string part(const std::string& disposition, const std::string& data) {
  return "--XX\r\nContent-Disposition: form-data; " + disposition + "\r\n\r\n" + data + "\r\n";
}

TEST(Multipart, ReadsFieldsAndFilesInAnyChunking) {
  const std::string body = "preamble\r\n" + part("name=\"model\"", "base") +
                           "--XX \t\r\ncontent-type: audio/wav\r\nCONTENT-DISPOSITION: form-data; name=file; "
                           "filename=\"a b.wav\"\r\n\r\n\r\n--X\r\n--XY\r\r\n\r\n" +
                           part("name=\"empty\"", "") + "--XX--\r\nepilogue --XX\r\n--XX\r\n";
  // "--XY" is not the boundary "XX": data may come close to it.
  for (std::size_t step = 0; step < body.size(); ++step) {
    const auto parts = parse(body, step);
    ASSERT_TRUE(parts) << step << ": " << parts.error().message;
    ASSERT_EQ(parts->size(), 3U);
    EXPECT_EQ((*parts)[0].part.name, "model");
    EXPECT_EQ((*parts)[0].data, "base");
    EXPECT_EQ((*parts)[0].part.content_type, "text/plain");
    EXPECT_FALSE((*parts)[0].part.file_name);
    EXPECT_EQ((*parts)[1].part.name, "file");
    EXPECT_EQ((*parts)[1].part.file_name, "a b.wav");
    EXPECT_EQ((*parts)[1].part.content_type, "audio/wav");
    EXPECT_EQ((*parts)[1].data, "\r\n--X\r\n--XY\r\r\n");
    EXPECT_EQ((*parts)[2].data, "");
    for (const Collected& one : *parts) EXPECT_TRUE(one.ended);
  }
}

TEST(Multipart, UnderstandsEveryWayToNameAFile) {
  const auto file_name = [](const std::string& disposition) {
    const auto parts = parse(part("name=f; " + disposition, "x") + "--XX--");
    EXPECT_TRUE(parts) << disposition;
    return parts ? (*parts)[0].part.file_name.value_or("(none)") : "(error)";
  };
  EXPECT_EQ(file_name("filename=a.wav"), "a.wav");
  EXPECT_EQ(file_name("filename=\"a\\\"b\\\\c;d.wav\""), "c;d.wav") << "a backslash is a separator of paths";
  EXPECT_EQ(file_name("filename=\"a\\\"b.wav\""), "a\"b.wav");
  EXPECT_EQ(file_name("filename=\"a%22b%0D.wav\""), "a\"b%0D.wav");
  EXPECT_EQ(file_name("filename=\"字幕.wav\""), "字幕.wav");
  EXPECT_EQ(file_name("filename=\"x\"; filename*=UTF-8''%E5%AD%97.wav"), "字.wav");
  EXPECT_EQ(file_name("filename*=utf-8'en'a%20b"), "a b");
  EXPECT_EQ(file_name("filename=good; filename*=UTF-8''%ff"), "good");
  EXPECT_EQ(file_name("filename=good; filename*=latin-1''a"), "good");
  EXPECT_EQ(file_name("filename=\"../../etc/passwd\""), "passwd");
  EXPECT_EQ(file_name("filename=\"C:\\music\\a.wav\""), "a.wav");
  EXPECT_EQ(file_name("filename=\"a\tb\x7f\""), "ab");
  EXPECT_EQ(file_name("filename=\"\""), "");
  EXPECT_EQ(file_name("filename=\"" + std::string(300, 'a') + "\""), std::string(255, 'a'));
  EXPECT_EQ(file_name("filename=\"\xff\""), "\xEF\xBF\xBD");
}

TEST(Multipart, NeedsItsContentType) {
  for (const char* good :
       {"multipart/form-data; boundary=a", "Multipart/Form-Data;boundary=\"a b'()+_,-./:=?\"",
        "multipart/form-data; charset=utf-8; BOUNDARY=x;"}) {
    EXPECT_TRUE(MultipartParser::create(good)) << good;
  }
  for (const std::string& bad :
       {std::string(), std::string("text/plain; boundary=a"), std::string("multipart/form-data"),
        std::string("multipart/form-data; boundary="), std::string("multipart/form-data; boundary=\"\""),
        std::string("multipart/form-data; boundary=\"a \""), std::string("multipart/form-data; boundary=a{b"),
        std::string("multipart/form-data; boundary=a; boundary=b"),
        std::string("multipart/form-data; boundary=\"a"),
        "multipart/form-data; boundary=" + std::string(71, 'a')}) {
    const auto parser = MultipartParser::create(bad);
    ASSERT_FALSE(parser) << bad;
    EXPECT_EQ(parser.error().code, ErrorCode::kUnsupported);
  }
}

TEST(Multipart, RefusesMalformedBodies) {
  const std::string good = part("name=a", "x");
  for (const std::string& bad :
       {std::string(), std::string("--XX"), good, good + "--XX", good + "--XX-",
        std::string("--XXjunk\r\n\r\n"), std::string("--XX\n\n"),
        std::string("--XX\r\n\r\nno disposition\r\n--XX--"),
        std::string("--XX\r\nContent-Disposition: attachment; name=a\r\n\r\n\r\n--XX--"),
        part("filename=a", "no name") + "--XX--", part("name=\"a", "x") + "--XX--",
        part("name=\"\xff\"", "x") + "--XX--",
        std::string("--XX\r\nContent-Disposition: form-data; name=a\r\nContent-Disposition: form-data; "
                    "name=b\r\n\r\n\r\n--XX--"),
        std::string("--XX\r\nContent-Disposition: form-data; name=a\r\nContent-Transfer-Encoding: "
                    "base64\r\n\r\nAA\r\n--XX--"),
        std::string("--XX\r\nContent-Disposition: form-data; name=a\r\n folded\r\n\r\n\r\n--XX--")}) {
    for (const std::size_t step : {0, 1, 7}) {
      const auto parts = parse(bad, step);
      ASSERT_FALSE(parts) << bad;
      EXPECT_EQ(parts.error().code, ErrorCode::kInvalidArgument) << bad;
    }
  }
}

TEST(Multipart, HasLimits) {
  std::string many;
  for (std::size_t i = 0; i <= MultipartParser::kMaxParts; ++i) many += part("name=a", "x");
  EXPECT_EQ(parse(many + "--XX--").error().code, ErrorCode::kTooLarge);
  const std::string long_header = "--XX\r\nX-Long: " + std::string(MultipartParser::kMaxPartHeaderBytes, 'a');
  EXPECT_EQ(parse(long_header, 100).error().code, ErrorCode::kTooLarge);
  EXPECT_EQ(parse(std::string(MultipartParser::kMaxPreambleBytes + 100, 'a'), 100).error().code,
            ErrorCode::kInvalidArgument);
  EXPECT_EQ(parse("--XX" + std::string(MultipartParser::kMaxPaddingBytes + 10, ' '), 1).error().code,
            ErrorCode::kInvalidArgument);
}

TEST(Multipart, StaysFailed) {
  auto parser = *MultipartParser::create(kType);
  Collector sink;
  EXPECT_FALSE(parser.feed(bytes_of("--XXbad"), sink));
  EXPECT_FALSE(parser.feed(bytes_of("\r\n--XX--"), sink));
  EXPECT_FALSE(parser.finish());
}

TEST(Multipart, ReturnsTheSinksError) {
  struct Full : Collector {
    Result<> on_data(std::span<const std::byte>) override { return fail(ErrorCode::kNoSpace, "disk full"); }
  };
  auto parser = *MultipartParser::create(kType);
  Full sink;
  EXPECT_EQ(parser.feed(bytes_of(part("name=a", "x")), sink).error().code, ErrorCode::kNoSpace);
}

/// Content that comes as close to the delimiter as random text can.
std::string hostile_content(std::mt19937& random, std::size_t size) {
  constexpr std::string_view kAlphabet = "\r\n--XXXa";
  std::string out;
  while (out.size() < size) out += kAlphabet[random() % kAlphabet.size()];
  // Nothing else can escape a boundary: a sender has to choose another one.
  for (std::size_t at = out.find("\r\n--XX"); at != std::string::npos; at = out.find("\r\n--XX"))
    out[at + 2] = '+';
  return out;
}

TEST(Multipart, RandomContentInRandomChunksComesBackWhole) {
  for (unsigned seed = 0; seed < 300; ++seed) {
    std::mt19937 random(seed);
    std::vector<std::string> contents;
    std::string body;
    for (std::size_t i = 0; i < 1 + random() % 5; ++i) {
      contents.push_back(hostile_content(random, random() % 2000));
      body += part("name=\"p" + std::to_string(i) + "\"; filename=f", contents.back());
    }
    body += "--XX--\r\n";
    auto parser = *MultipartParser::create(kType);
    Collector sink;
    for (std::string_view rest = body; !rest.empty();) {
      const std::size_t size =
          std::min<std::size_t>(1 + random() % (random() % 2 == 0 ? 3 : 700), rest.size());
      ASSERT_TRUE(parser.feed(bytes_of(rest.substr(0, size)), sink)) << "seed " << seed;
      rest.remove_prefix(size);
    }
    ASSERT_TRUE(parser.finish()) << "seed " << seed;
    ASSERT_EQ(sink.parts.size(), contents.size()) << "seed " << seed;
    for (std::size_t i = 0; i < contents.size(); ++i)
      EXPECT_EQ(sink.parts[i].data, contents[i]) << "seed " << seed;
  }
}

}  // namespace
}  // namespace zimu::http
