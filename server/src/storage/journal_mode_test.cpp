#include "storage/journal_mode.hpp"

#include <string>

#include <gtest/gtest.h>

#include "storage/test_support.hpp"

namespace zimu::storage {
namespace {

using testing::TempDir;
using testing::must;

// Lines as containers and hosts show them, with the folder that is asked about.
struct Place {
  const char* what;
  const char* mountinfo;
  const char* path;
  const char* file_system;
  bool safe;
};

constexpr const char* kOverlayRoot = "1200 900 0:62 / / rw,relatime - overlay overlay rw,lowerdir=/l,upperdir=/u,workdir=/w\n";

const Place kPlaces[] = {
    {"Docker on Linux, bind mount",
     "1200 900 0:62 / / rw - overlay overlay rw\n"
     "1310 1200 259:2 /home/me/zimu/data /data rw,relatime - ext4 /dev/nvme0n1p2 rw\n",
     "/data", "ext4", true},
    {"Docker Desktop, named volume",
     "1310 1200 254:1 /docker/volumes/zimu-data/_data /data rw,relatime master:29 - ext4 /dev/vda1 rw,discard\n", "/data", "ext4",
     true},
    {"Docker Desktop on macOS, VirtioFS", "1310 1200 0:41 /Users/me/zimu/data /data rw,nosuid - virtiofs virtiofs0 rw\n", "/data",
     "virtiofs", false},
    {"OrbStack", "1310 1200 0:41 / /data rw,nosuid,nodev - fuse.virtiofs mac rw,user_id=0,group_id=0\n", "/data", "fuse.virtiofs",
     false},
    {"Docker Desktop on macOS, synthesized owners", "1310 1200 0:41 / /data rw - fakeowner /run/host_mark/Users rw\n", "/data",
     "fakeowner", false},
    {"Docker Desktop on macOS, gRPC FUSE", "1310 1200 0:41 / /data rw - fuse.grpcfuse grpcfuse rw\n", "/data", "fuse.grpcfuse",
     false},
    {"WSL2, a Windows drive",
     "80 50 0:66 / /mnt/c rw,noatime - 9p C:\\134 rw,dirsync,aname=drvfs;path=C:\\;uid=1000,trans=fd,rfd=8,wfd=8\n", "/mnt/c/zimu",
     "9p", false},
    {"WSL2, Linux's own disk", "75 50 8:32 / / rw,relatime - ext4 /dev/sdc rw,discard\n", "/home/me/zimu/data", "ext4", true},
    {"WSL2, Docker Desktop's bind mounts: the type is a lie",
     "75 50 8:48 /docker-desktop-bind-mounts/Ubuntu/5f2c /data rw,relatime - ext4 /dev/sdd rw\n", "/data", "ext4", false},
    {"the same, seen from the distribution", "75 50 8:48 / /mnt/wsl rw,relatime shared:1 - ext4 /dev/sdd rw\n",
     "/mnt/wsl/docker-desktop-bind-mounts/Ubuntu/5f2c", "ext4", false},
    {"a good disk mounted inside a bad one",
     "1310 1200 0:41 / /data rw - virtiofs virtiofs0 rw\n"
     "1320 1310 254:1 / /data/db rw - ext4 /dev/vda1 rw\n",
     "/data/db", "ext4", true},
    {"and the bad one around it",
     "1310 1200 0:41 / /data rw - virtiofs virtiofs0 rw\n"
     "1320 1310 254:1 / /data/db rw - ext4 /dev/vda1 rw\n",
     "/data/dbx", "virtiofs", false},
    {"a later mount covers an earlier one on the same point",
     "1310 1200 254:1 / /data rw - ext4 /dev/vda1 rw\n"
     "1320 1310 0:41 / /data rw - nfs4 nas:/export rw\n",
     "/data", "nfs4", false},
    {"a blank, a tab and a backslash in the name",
     "1310 1200 0:41 / /mnt/my\\040disk\\011\\134 rw - cifs //nas/share rw\n", "/mnt/my disk\t\\/zimu", "cifs", false},
    {"several optional fields", "1310 1200 8:1 / /data rw shared:5 master:2 propagate_from:1 unbindable - xfs /dev/sda1 rw\n",
     "/data", "xfs", true},
    {"lines that are none are passed over",
     "not a mount\n\n1310 1200\n1310 1200 8:1 / /data rw shared:1\n1310 1200 8:1 / data rw - ext4 /dev/sda1 rw\n"
     "1310 1200 0:41 / /data rw - smb3 //nas/share rw",
     "/data", "smb3", false},
    {"rootless Podman's own root", "1200 900 0:62 / / rw - fuse.fuse-overlayfs fuse-overlayfs rw\n", "/data", "fuse.fuse-overlayfs",
     true},
    {"an NTFS disk through FUSE", "1310 1200 8:17 / /data rw - fuseblk /dev/sdb1 rw\n", "/data", "fuseblk", true},
    {"a FUSE type that nobody knows", "1310 1200 0:41 / /data rw - fuse.somethingfs x rw\n", "/data", "fuse.somethingfs", false},
    {"FUSE without a type", "1310 1200 0:41 / /data rw - fuse x rw\n", "/data", "fuse", false},
    {"tmpfs", "1310 1200 0:41 / /data rw - tmpfs none rw\n", "/data", "tmpfs", true},
    {"a folder of the image itself", kOverlayRoot, "/data", "overlay", true},
};

TEST(JournalMode, FitsTheFileSystemOfTheFolder) {
  for (const Place& place : kPlaces) {
    const auto decision = must(decide_journal_mode("auto", place.mountinfo, place.path));
    EXPECT_EQ(decision.file_system, place.file_system) << place.what;
    EXPECT_EQ(decision.safe, place.safe) << place.what;
    EXPECT_EQ(decision.mode, place.safe ? JournalMode::kWal : JournalMode::kDelete) << place.what;
    EXPECT_EQ(decision.warn, !place.safe) << place.what;
    EXPECT_EQ(decision.action.empty(), place.safe) << place.what;
    EXPECT_NE(decision.reason.find(place.path), std::string::npos) << place.what << ": " << decision.reason;
    EXPECT_NE(decision.reason.find(place.file_system), std::string::npos) << place.what << ": " << decision.reason;
  }
}

TEST(JournalMode, EveryUnsafeTypeGetsARollbackJournal) {
  for (const std::string_view type : unsafe_file_systems()) {
    const std::string line = "10 1 0:41 / /data rw - " + std::string(type) + " source rw\n";
    EXPECT_EQ(must(decide_journal_mode("auto", line, "/data")).mode, JournalMode::kDelete) << type;
  }
}

TEST(JournalMode, AnUnknownMountIsNotTrusted) {
  for (const char* mountinfo : {"", "rubbish", "10 1 8:1 / /elsewhere rw - ext4 /dev/sda1 rw\n"}) {
    const auto decision = must(decide_journal_mode("auto", mountinfo, "/data"));
    EXPECT_EQ(decision.mode, JournalMode::kDelete);
    EXPECT_TRUE(decision.warn);
  }
}

TEST(JournalMode, TheSettingWinsAndIsWarnedOfWhereItHurts) {
  const char* good = "10 1 8:1 / /data rw - ext4 /dev/sda1 rw\n";
  const char* bad = "10 1 0:41 / /data rw - fuse.virtiofs mac rw\n";
  auto decision = must(decide_journal_mode("wal", bad, "/data"));
  EXPECT_EQ(decision.mode, JournalMode::kWal);
  EXPECT_TRUE(decision.warn);
  EXPECT_NE(decision.action.find("ZIMU_JOURNAL_MODE=auto"), std::string::npos);
  decision = must(decide_journal_mode("wal", good, "/data"));
  EXPECT_EQ(decision.mode, JournalMode::kWal);
  EXPECT_FALSE(decision.warn);
  for (const char* mountinfo : {good, bad}) {
    decision = must(decide_journal_mode("delete", mountinfo, "/data"));
    EXPECT_EQ(decision.mode, JournalMode::kDelete);
    EXPECT_FALSE(decision.warn);
  }
  EXPECT_EQ(decide_journal_mode("truncate", good, "/data").error().code, ErrorCode::kInvalidArgument);
}

TEST(JournalMode, ProbeFollowsALinkToTheRealFolder) {
  const TempDir dir;
  std::filesystem::create_directory(dir.path() / "real");
  std::filesystem::create_directory_symlink(dir.path() / "real", dir.path() / "link");
  const auto mountinfo = dir.path() / "mountinfo";
  const std::string real = std::filesystem::canonical(dir.path() / "real").string();
  ASSERT_OK(write_file_atomic(mountinfo, "10 1 8:1 / / rw - ext4 /dev/sda1 rw\n11 10 0:41 / " + real + " rw - 9p C: rw\n"));
  EXPECT_EQ(must(probe_journal_mode("auto", mountinfo, dir.path() / "link")).file_system, "9p");
  EXPECT_EQ(must(probe_journal_mode("auto", mountinfo, dir.path())).file_system, "ext4");
  EXPECT_EQ(probe_journal_mode("auto", mountinfo, dir.path() / "missing").error().code, ErrorCode::kNotFound);
}

TEST(JournalMode, WithoutAMountTableTheFileSystemItselfIsAsked) {
  // procfs has a magic of its own that is on no list, so it is not trusted; tmpfs is known and good.
  const auto unknown = must(probe_journal_mode("auto", "/nowhere/mountinfo", "/proc"));
  EXPECT_EQ(unknown.mode, JournalMode::kDelete);
  EXPECT_TRUE(unknown.file_system.empty());
  EXPECT_EQ(must(probe_journal_mode("auto", "/nowhere/mountinfo", "/dev/shm")).file_system, "tmpfs");
}

}  // namespace
}  // namespace zimu::storage
