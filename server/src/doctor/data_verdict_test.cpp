#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cerrno>

#include "doctor/data_facts.hpp"

namespace zimu::doctor {
namespace {

using ::testing::HasSubstr;

Platform docker() {
  Platform platform;
  platform.docker = true;
  return platform;
}

Ids server_ids() {
  Ids ids;
  ids.uid = ids.gid = 1000;
  return ids;
}

DataFacts on(const char* mountinfo) {
  DataFacts f;
  f.folder = f.real = "/data";
  f.mount = storage::find_mount(mountinfo, "/data");
  f.journal = *storage::decide_journal_mode("auto", mountinfo, "/data");
  f.owner = FileOwner{"/data", 1000, 1000, 0755, true, true};
  f.probe = WriteProbe{};
  f.free_bytes = 100ULL << 30U;
  f.has_database = f.has_mark = f.has_uploads_mark = true;
  f.schema = SchemaState::kCurrent;
  f.schema_version = 3;
  return f;
}

constexpr const char* kExt4 =
    "1 0 0:1 / / rw - overlay overlay rw\n2 1 8:1 /srv/data /data rw - ext4 /dev/sda1 rw\n";

TEST(Data, GoodOnALocalDisk) {
  const Check check = judge_data(on(kExt4), server_ids(), docker());
  EXPECT_EQ(check.verdict(), Verdict::kGood) << check.detail();
  EXPECT_THAT(check.seen(), HasSubstr("ext4 mounted at /data"));
  EXPECT_THAT(check.seen(), HasSubstr("journal wal"));
  EXPECT_THAT(check.seen(), HasSubstr("SQLite 3."));
  EXPECT_THAT(check.seen(), HasSubstr("schema 3"));
}

struct Case {
  const char* name;
  void (*change)(DataFacts&);
  Verdict verdict;
  const char* cause;
  const char* fix;
};
class DataCause : public ::testing::TestWithParam<Case> {};

TEST_P(DataCause, IsNamedWithItsFix) {
  DataFacts facts = on(kExt4);
  GetParam().change(facts);
  const Check check = judge_data(facts, server_ids(), docker());
  EXPECT_EQ(check.verdict(), GetParam().verdict) << check.detail();
  EXPECT_THAT(check.detail(), HasSubstr(GetParam().cause));
  EXPECT_THAT(check.action(), HasSubstr(GetParam().fix));
}

void owned_by_root(DataFacts& f) {
  f.owner = FileOwner{"/data", 0, 0, 0755, false, true};
  f.probe->create_errno = EACCES;
}

constexpr auto kBroken = Verdict::kBroken;
constexpr auto kDegraded = Verdict::kDegraded;
INSTANTIATE_TEST_SUITE_P(
    All, DataCause,
    ::testing::Values(
        Case{"owner", owned_by_root, kBroken, "/data belongs to 0:0 (mode 755), and this is 1000:1000",
             "sudo chown -R 1000:1000"},
        Case{"selinux", [](DataFacts& f) { f.probe->create_errno = EACCES; }, kBroken, "SELinux",
             "docker-compose.selinux.yml"},
        Case{"read_only", [](DataFacts& f) { f.probe->create_errno = EROFS; }, kBroken, "mounted read-only",
             ":ro"},
        Case{"no_inodes", [](DataFacts& f) { f.probe->create_errno = ENOSPC; }, kBroken, "No space left",
             "df -i"},
        Case{"no_locks", [](DataFacts& f) { f.probe->lock_errno = ENOLCK; }, kBroken,
             "does not support file locks", "docker-compose.volume.yml"},
        Case{"false_locks", [](DataFacts& f) { f.probe->locks_hold = false; }, kBroken, "do not hold",
             "named volume"},
        Case{"no_mapping", [](DataFacts& f) { f.probe->map_errno = EINVAL; }, kBroken, "no shared memory",
             "ZIMU_JOURNAL_MODE=delete"},
        Case{"no_flush", [](DataFacts& f) { f.probe->sync_errno = EIO; }, kBroken, "takes no bytes", "dmesg"},
        Case{"full", [](DataFacts& f) { f.free_bytes = 1U << 20U; }, kBroken, "is full", "free some space"},
        Case{"nearly_full", [](DataFacts& f) { f.free_bytes = 500U << 20U; }, kDegraded, "nearly full",
             "free some space"},
        Case{"root_era_wal",
             [](DataFacts& f) {
               f.files = {{"zimu.db", 1000, 1000, 0644, true},
                          {"zimu.db-wal", 0, 0, 0644, false},
                          {"zimu.db-shm", 0, 0, 0644, false}};
             },
             kBroken, "zimu.db-wal, zimu.db-shm in /data belong to 0:0",
             "restart the container without user:"},
        Case{"database_gone", [](DataFacts& f) { f.has_database = false; }, kBroken, "zimu.db is gone",
             "delete .zimu"},
        Case{"uploads_gone", [](DataFacts& f) { f.has_uploads_mark = false; }, kBroken,
             "/data/uploads is not the folder", "touch uploads/.zimu"},
        Case{"newer",
             [](DataFacts& f) {
               f.schema = SchemaState::kRefused;
               f.schema_error = "has schema version 9";
               f.schema_fix = "use Zimu 2";
             },
             kBroken, "schema version 9", "use Zimu 2"},
        Case{"older", [](DataFacts& f) { f.schema = SchemaState::kOlder; }, kDegraded, "older schema",
             "zimu migrate"},
        Case{"not_mounted", [](DataFacts& f) { f = on("1 0 0:1 / / rw - overlay overlay rw\n"); }, kDegraded,
             "nothing is mounted at /data", "named volume"},
        Case{"anonymous",
             [](DataFacts& f) {
               f.mount->root =
                   "/var/lib/docker/volumes/0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef/"
                   "_data";
             },
             kDegraded, "without a name", "zimu-data:/data"},
        Case{"tmpfs", [](DataFacts& f) { f.mount->file_system = "tmpfs"; }, kDegraded, "tmpfs",
             "named volume"},
        Case{"virtiofs",
             [](DataFacts& f) {
               f = on("1 0 0:1 / / rw - overlay overlay rw\n2 1 0:9 / /data rw - fuse.virtiofs share rw\n");
             },
             kDegraded, "fuse.virtiofs", "docker-compose.volume.yml"}),
    [](const auto& test) { return test.param.name; });

TEST(Data, WhatIsNotThereYet) {
  DataFacts missing;
  missing.folder = "/srv/zimu/data";
  missing.missing_at = "/srv";
  EXPECT_EQ(judge_data(missing, server_ids(), {}).verdict(), Verdict::kBroken);
  missing.can_be_made = true;
  EXPECT_EQ(judge_data(missing, server_ids(), {}).verdict(), Verdict::kGood);
  EXPECT_EQ(judge_data(missing, server_ids(), docker()).verdict(), Verdict::kDegraded);
}

TEST(Data, AFreshFolderIsGoodAndSaysThatItIsEmpty) {
  DataFacts facts = on(kExt4);
  facts.has_database = facts.has_mark = facts.has_uploads_mark = false;
  facts.schema = SchemaState::kUnknown;
  const Check check = judge_data(facts, server_ids(), docker());
  EXPECT_EQ(check.verdict(), Verdict::kGood);
  EXPECT_THAT(check.seen(), HasSubstr("no data of Zimu yet"));
}

}  // namespace
}  // namespace zimu::doctor
