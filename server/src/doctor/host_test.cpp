// Ids, platform, FFmpeg: the pure parts, and programs that behave badly.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>

#include "doctor/connect_probe.hpp"
#include "doctor/ffmpeg_check.hpp"
#include "doctor/ids.hpp"
#include "doctor/run_program.hpp"

namespace zimu::doctor {
namespace {

using ::testing::HasSubstr;

Ids user(uid_t uid, const char* puid) {
  Ids ids;
  ids.uid = ids.gid = uid;
  ids.wanted_uid = puid;
  return ids;
}

TEST(IdsCheck, PuidMustBeWhoRuns) {
  EXPECT_EQ(check_ids(user(1000, "1000"), {}).verdict(), Verdict::kGood);
  EXPECT_EQ(check_ids(user(1000, ""), {}).verdict(), Verdict::kGood);
  const Check other = check_ids(user(1234, "1000"), {});
  EXPECT_EQ(other.verdict(), Verdict::kDegraded);
  EXPECT_THAT(other.detail(), HasSubstr("has no effect with user:"));
  EXPECT_THAT(other.action(), HasSubstr("remove user:"));
  Platform docker;
  docker.docker = true;
  EXPECT_THAT(check_ids(user(0, "1000"), docker).action(),
              HasSubstr("docker compose exec server zimu doctor"));
  EXPECT_EQ(check_ids(user(0, "me"), {}).verdict(), Verdict::kBroken);
}

TEST(IdsCheck, RootlessWantsRoot) {
  Platform rootless;
  rootless.docker = rootless.rootless = true;
  EXPECT_THAT(check_ids(user(1000, "1000"), rootless).action(), HasSubstr("PUID=0"));
  EXPECT_EQ(check_ids(user(0, "0"), rootless).verdict(), Verdict::kGood);
}

TEST(IdsCheck, CapabilitiesByName) {
  EXPECT_EQ(capability_names("0000000000000000"), "none");
  EXPECT_EQ(capability_names("00000000000000c1"), "CHOWN SETGID SETUID");
  EXPECT_EQ(capability_names("000001ffffffffff"), "all");
  EXPECT_EQ(capability_names("000001feffffffff"), "all but MAC_OVERRIDE");
}

TEST(PlatformCheck, UserNamespaces) {
  EXPECT_TRUE(parse_uid_map("         0          0 4294967295\n").identity);
  const UidMap rootless =
      parse_uid_map("         0       1000          1\n         1     100000      65536\n");
  EXPECT_FALSE(rootless.identity);
  EXPECT_TRUE(rootless.root_is_user);
  EXPECT_TRUE(parse_uid_map("").identity);
}

TEST(PlatformCheck, PasswordsAreNotShown) {
  EXPECT_EQ(without_password("http://me:s3cret@proxy:3128/"), "http://***@proxy:3128/");
  EXPECT_EQ(without_password("me:s3cret@proxy:3128"), "***@proxy:3128");
  EXPECT_EQ(without_password("http://proxy/a@b"), "http://proxy/a@b");
}

TEST(PlatformCheck, TooLittleMemory) {
  Platform small;
  small.memory_limit = 512U << 20U;
  EXPECT_EQ(check_platform(small).verdict(), Verdict::kDegraded);
}

TEST(Ffmpeg, VersionAndLicence) {
  const char* gpl =
      "ffmpeg version 5.1.6-0+deb12u1 Copyright (c) 2000-2024\nconfiguration: --enable-gpl "
      "--enable-libx264\n";
  EXPECT_EQ(parse_ffmpeg_version(gpl).version, "5.1.6-0+deb12u1");
  EXPECT_EQ(parse_ffmpeg_version(gpl).licence, "GPL");
  EXPECT_EQ(parse_ffmpeg_version("ffmpeg version 7.1\nconfiguration: --enable-version3\n").licence, "LGPLv3");
  EXPECT_EQ(
      parse_ffmpeg_version("ffmpeg version N-1\nconfiguration: --enable-gpl --enable-nonfree\n").licence,
      "nonfree");
}

TEST(RunProgram, TellsHowItEnded) {
  const auto good = run_program({"sh", "-c", "echo hello; exit 3"}, {});
  ASSERT_TRUE(good);
  EXPECT_EQ(good->output, "hello\n");
  EXPECT_EQ(good->code, 3);
  EXPECT_FALSE(good->by_signal);
  const auto crash = run_program({"sh", "-c", "kill -SEGV $$"}, {});
  ASSERT_TRUE(crash);
  EXPECT_TRUE(crash->by_signal);
  EXPECT_EQ(crash->code, SIGSEGV);
  EXPECT_EQ(run_program({"/nowhere/program"}, {}).error().code, ErrorCode::kNotFound);
}

TEST(RunProgram, KillsWhatHangsWithItsChildren) {
  RunLimits limits;
  limits.time = std::chrono::milliseconds(200);
  const auto hung =
      run_program({"sh", "-c", "trap '' TERM; echo begun; sleep 600 & wait; sleep 600"}, limits);
  ASSERT_TRUE(hung);
  EXPECT_TRUE(hung->timed_out);
  EXPECT_EQ(hung->stuck, 0);
  EXPECT_EQ(hung->output, "begun\n");
}

TEST(RunProgram, EndlessOutputIsCut) {
  RunLimits limits;
  limits.time = std::chrono::milliseconds(300);
  limits.bytes = 1000;
  const auto flood =
      run_program({"sh", "-c", "while :; do echo aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa; done"}, limits);
  ASSERT_TRUE(flood);
  EXPECT_TRUE(flood->timed_out);
  EXPECT_EQ(flood->output.size(), 1000U);
}

TEST(Connect, ClosedPortIsRefused) {
  const Connected refused = connect_tcp({"127.0.0.1"}, 1, std::chrono::milliseconds(2000));
  EXPECT_EQ(refused.error, ECONNREFUSED);
  EXPECT_EQ(refused.subnet, "127.0.0.0/8");
}

}  // namespace
}  // namespace zimu::doctor
