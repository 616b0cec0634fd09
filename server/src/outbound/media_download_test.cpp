#include "outbound/media_download.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>

#include <csignal>
#include <filesystem>

#include "base/uuid.hpp"
#include "outbound/testing/local_server.hpp"

namespace zimu::outbound {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;
using testing::LocalServer;
using testing::Reply;
using testing::Seen;

class MediaDownload : public ::testing::Test {
 protected:
  MediaDownload() : folder_(fs::temp_directory_path() / new_uuid()), target_(folder_ / "in") {
    fs::create_directories(folder_);
  }
  ~MediaDownload() override { fs::remove_all(folder_); }

  static DownloadOptions local(std::uint64_t max_bytes = 1 << 20) {
    DownloadOptions options;
    options.max_bytes = max_bytes;
    options.allow_private_addresses = true;
    return options;
  }
  ErrorCode failure(const Reply& reply, const DownloadOptions& options) {
    const LocalServer server([&reply](const Seen&) { return reply; });
    const auto name = download_media(server.url("/talk.mp3"), target_, options);
    EXPECT_FALSE(name);
    EXPECT_FALSE(fs::exists(target_));
    if (!name) message_ = name.error().message;
    return name ? ErrorCode::kInternal : name.error().code;
  }

  fs::path folder_;
  fs::path target_;
  std::string message_;
};

TEST_F(MediaDownload, WritesTheFileAndGivesItsName) {
  const std::string body(500'000, 'm');
  const LocalServer server([&body](const Seen& seen) {
    if (seen.path == "/go")
      return Reply{.status = 301, .headers = {"Location: /files/na%C3%AFve%20talk.mp3?key=1"}};
    return Reply{.headers = {"Content-Type: audio/mpeg"}, .body = body};
  });
  const auto name = download_media(server.url("/go"), target_, local());
  ASSERT_TRUE(name) << name.error().message;
  EXPECT_EQ(*name, "naïve talk.mp3");
  EXPECT_EQ(read_file(target_).value(), body);
}

TEST_F(MediaDownload, RefusesPrivateAddressesUnlessAllowed) {
  const LocalServer server([](const Seen&) { return Reply{.body = "x"}; });
  for (const auto& name : {download_media(server.url("/a.mp3"), target_, 100U),
                           download_media(server.url("/a.mp3"), target_, DownloadOptions{})}) {
    ASSERT_FALSE(name);
    EXPECT_EQ(name.error().code, ErrorCode::kPermission);
  }
  EXPECT_TRUE(server.seen().empty());
  EXPECT_FALSE(fs::exists(target_));
}

TEST_F(MediaDownload, WebPagesAreToldApart) {
  EXPECT_EQ(failure({.headers = {"Content-Type: text/html; charset=utf-8"}, .body = "hi"}, local()),
            ErrorCode::kBadMedia);
  EXPECT_THAT(message_, HasSubstr("web page"));
  EXPECT_EQ(failure({.headers = {"Content-Type: video/mp4"}, .body = "\n <!DOCTYPE HTML><p>"}, local()),
            ErrorCode::kBadMedia);
  EXPECT_EQ(failure({.body = ""}, local()), ErrorCode::kBadMedia);
}

TEST_F(MediaDownload, TheSizeLimitHoldsWithAndWithoutALength) {
  EXPECT_EQ(failure({.body = std::string(101, 'x')}, local(100)), ErrorCode::kTooLarge);
  EXPECT_EQ(failure({.body = std::string(101, 'x'), .no_length = true}, local(100)), ErrorCode::kTooLarge);
}

TEST_F(MediaDownload, BadAnswersLeaveNothing) {
  EXPECT_EQ(failure({.status = 404}, local()), ErrorCode::kInvalidArgument);
  EXPECT_EQ(failure({.status = 403, .body = "no"}, local()), ErrorCode::kInvalidArgument);
  EXPECT_EQ(failure({.status = 503}, local()), ErrorCode::kUnavailable);
  EXPECT_EQ(failure({.body = "0123456789", .cut_after = 5}, local()), ErrorCode::kUnavailable);
}

TEST_F(MediaDownload, AFullDiskIsToldAndCleanedUp) {
  EXPECT_EQ(
      failure({.headers = {"Content-Length: 9000000000000000"}, .body = "x", .no_length = true}, local(0)),
      ErrorCode::kNoSpace);
  // A write that fails in the middle: the file size limit stands in for a disk that fills up.
  struct rlimit before{};
  ::getrlimit(RLIMIT_FSIZE, &before);
  auto* const old_handler = std::signal(SIGXFSZ, SIG_IGN);
  const struct rlimit small{1000, before.rlim_max};
  ::setrlimit(RLIMIT_FSIZE, &small);
  EXPECT_EQ(failure({.body = std::string(50'000, 'x')}, local()), ErrorCode::kIo);
  ::setrlimit(RLIMIT_FSIZE, &before);
  std::signal(SIGXFSZ, old_handler);
}

TEST_F(MediaDownload, AStopLeavesNothing) {
  std::stop_source stop;
  DownloadOptions options = local();
  options.stop = stop.get_token();
  const LocalServer server([&stop](const Seen&) {
    stop.request_stop();
    return Reply{.silent = true};
  });
  const auto name = download_media(server.url("/x.mp3"), target_, options);
  ASSERT_FALSE(name);
  EXPECT_EQ(name.error().code, ErrorCode::kCancelled);
  EXPECT_FALSE(fs::exists(target_));
}

TEST(SuggestedFileName, PrefersTheExtendedForm) {
  EXPECT_EQ(suggested_file_name("attachment; filename=\"a.mp3\"; filename*=UTF-8''%e4%bc%9a%E8%AE%AE.mp3",
                                "http://x/y"),
            "会议.mp3");
  EXPECT_EQ(suggested_file_name("attachment; filename*=iso-8859-1''na%EFve.mp3", "http://x/y"), "naïve.mp3");
  EXPECT_EQ(suggested_file_name("attachment; filename*=koi8-r''x.mp3; FileName = \"b \\\"c\\\".mp3\"",
                                "http://x/y"),
            "b \"c\".mp3");
  EXPECT_EQ(suggested_file_name("inline; filename=plain.wav ; size=3", "http://x/y"), "plain.wav");
}

TEST(SuggestedFileName, NeverLeavesTheFolder) {
  EXPECT_EQ(suggested_file_name("attachment; filename=\"../../etc/passwd\"", "http://x/y"), "passwd");
  EXPECT_EQ(suggested_file_name("attachment; filename=\"C:\\\\evil.exe\"", "http://x/y"), "evil.exe");
  EXPECT_EQ(suggested_file_name("attachment; filename=\"..\"", "http://x/y.mp3"), "y.mp3");
  EXPECT_EQ(suggested_file_name("", "http://x/a/%2e%2e%2f%2e%2e"), "recording");
  EXPECT_EQ(suggested_file_name("", "http://x/a%0a%00b.mp3"), "ab.mp3");
  const std::string name = suggested_file_name("", "http://x/" + std::string(300, 'a') + ".mp3");
  EXPECT_EQ(name.size(), 255U);
  EXPECT_TRUE(name.ends_with(".mp3"));
}

TEST(SuggestedFileName, FallsBackToTheAddress) {
  EXPECT_EQ(suggested_file_name("attachment", "https://x/p/talk%20one.mp3?a=/b.c#d"), "talk one.mp3");
  EXPECT_EQ(suggested_file_name("", "https://example.org"), "recording");
  EXPECT_EQ(suggested_file_name("", "https://example.org/"), "recording");
  EXPECT_EQ(suggested_file_name(";;;=;filename", ""), "recording");
  EXPECT_EQ(suggested_file_name("a;filename=\"open", "http://x/%zz%4"), "open");
}

}  // namespace
}  // namespace zimu::outbound
