#include "base/file.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <map>

namespace zimu {
namespace {

namespace fs = std::filesystem;

std::span<const std::byte> bytes_of(std::string_view text) { return std::as_bytes(std::span(text.data(), text.size())); }

class File : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string name = (fs::temp_directory_path() / "zimu-base-XXXXXX").string();
    ASSERT_NE(::mkdtemp(name.data()), nullptr);
    dir_ = name;
  }
  void TearDown() override {
    std::error_code ec;
    fs::remove_all(dir_, ec);
  }
  std::vector<std::string> names() const {
    std::vector<std::string> out;
    for (const auto& entry : fs::directory_iterator(dir_)) out.push_back(entry.path().filename().string());
    return out;
  }
  fs::path dir_;
};

bool is_open(int fd) { return ::fcntl(fd, F_GETFD) != -1; }

TEST_F(File, UniqueFdClosesOnceAndMoves) {
  UniqueFd first(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  const int number = first.get();
  ASSERT_GE(number, 0);
  UniqueFd second(std::move(first));
  EXPECT_EQ(second.get(), number);
  EXPECT_FALSE(first);  // NOLINT: moved from, and so it must be empty
  second = UniqueFd(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  EXPECT_FALSE(is_open(number));
  auto& same = second;
  second = std::move(same);
  EXPECT_TRUE(is_open(second.get()));
  const int last = second.release();
  EXPECT_TRUE(is_open(last));
  { const UniqueFd closes(last); }
  EXPECT_FALSE(is_open(last));
}

TEST_F(File, OpenedFilesAreNotInheritedByChildren) {
  const auto fd = open_file(dir_ / "a", O_WRONLY | O_CREAT);
  ASSERT_TRUE(fd);
  EXPECT_EQ(::fcntl(fd->get(), F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
}

TEST_F(File, ErrorsNameThePathAndTheCode) {
  const auto missing = read_file(dir_ / "no-such");
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().code, ErrorCode::kNotFound);
  EXPECT_NE(missing.error().message.find("no-such"), std::string::npos);
  const auto folder = read_file(dir_);
  ASSERT_FALSE(folder);
  EXPECT_EQ(folder.error().code, ErrorCode::kIo);
  EXPECT_FALSE(free_bytes(dir_ / "no-such"));
  EXPECT_FALSE(sha256_file(dir_ / "no-such"));
}

TEST_F(File, AFolderThatIsClosedToUsIsAPermissionError) {
  if (::geteuid() == 0) GTEST_SKIP() << "root may do everything";
  fs::permissions(dir_, fs::perms::owner_read | fs::perms::owner_exec);
  const auto denied = open_file(dir_ / "new", O_WRONLY | O_CREAT);
  fs::permissions(dir_, fs::perms::owner_all);
  ASSERT_FALSE(denied);
  EXPECT_EQ(denied.error().code, ErrorCode::kPermission);
}

TEST_F(File, ReadsUpToTheLimitAndNoMore) {
  const std::string content(100'000, 'x');
  ASSERT_TRUE(write_file_atomic(dir_ / "a", content));
  EXPECT_EQ(read_file(dir_ / "a", content.size()).value_or(""), content);
  const auto larger = read_file(dir_ / "a", content.size() - 1);
  ASSERT_FALSE(larger);
  EXPECT_EQ(larger.error().code, ErrorCode::kTooLarge);
  EXPECT_TRUE(read_file("/proc/self/status")) << "files whose size is not known before";
}

TEST_F(File, AtomicWriteReplacesTheWholeFile) {
  ASSERT_TRUE(write_file_atomic(dir_ / "a", "a long first version"));
  ASSERT_TRUE(write_file_atomic(dir_ / "a", std::string_view("b\0c", 3)));
  EXPECT_EQ(read_file(dir_ / "a").value_or(""), std::string("b\0c", 3));
  ASSERT_TRUE(write_file_atomic(dir_ / "a", ""));
  EXPECT_EQ(read_file(dir_ / "a").value_or("x"), "");
  EXPECT_EQ(names(), std::vector<std::string>{"a"});
}

TEST_F(File, AtomicWriteTakesOverALeftPart) {
  ASSERT_TRUE(write_file_atomic(dir_ / "a.part", "left behind by a crash, and longer"));
  ASSERT_TRUE(write_file_atomic(dir_ / "a", "new"));
  EXPECT_EQ(read_file(dir_ / "a").value_or(""), "new");
  EXPECT_EQ(names(), std::vector<std::string>{"a"});
}

TEST_F(File, AFailedAtomicWriteLeavesTheOldFileAndNoPart) {
  fs::create_directory(dir_ / "folder");
  ASSERT_TRUE(write_file_atomic(dir_ / "folder" / "inside", "x"));
  EXPECT_FALSE(write_file_atomic(dir_ / "folder", "over a folder"));
  EXPECT_EQ(names(), std::vector<std::string>{"folder"});
  EXPECT_FALSE(write_file_atomic(dir_ / "missing" / "a", "x"));
}

TEST_F(File, AFullDiskIsNoSpaceAndLeavesTheOldFile) {
  if (::mount("zimu", dir_.c_str(), "tmpfs", 0, "size=64k") != 0) GTEST_SKIP() << "this process may not mount";
  ASSERT_TRUE(write_file_atomic(dir_ / "a", "old"));
  const auto written = write_file_atomic(dir_ / "a", std::string(1U << 20U, 'x'));
  const auto left = names();
  const auto old = read_file(dir_ / "a").value_or("");
  const auto room = free_bytes(dir_);
  // The room is there again at once.
  const auto again = write_file_atomic(dir_ / "a", std::string(20'000, 'y'));
  ::umount2(dir_.c_str(), MNT_DETACH);
  ASSERT_FALSE(written);
  EXPECT_EQ(written.error().code, ErrorCode::kNoSpace);
  EXPECT_NE(written.error().action, "");
  EXPECT_EQ(left, std::vector<std::string>{"a"});
  EXPECT_EQ(old, "old");
  EXPECT_TRUE(again);
  ASSERT_TRUE(room);
  EXPECT_LE(*room, 64U << 10U);
  EXPECT_GT(*room, 0U);
}

TEST_F(File, PwriteWritesAtItsPlace) {
  const auto fd = open_file(dir_ / "a", O_RDWR | O_CREAT);
  ASSERT_TRUE(fd);
  ASSERT_TRUE(pwrite_all(fd->get(), bytes_of("world"), 6, "a"));
  ASSERT_TRUE(pwrite_all(fd->get(), bytes_of("hello "), 0, "a"));
  EXPECT_EQ(read_file(dir_ / "a").value_or(""), "hello world");
  const auto closed = write_all(-1, bytes_of("x"), "the thing");
  ASSERT_FALSE(closed);
  EXPECT_NE(closed.error().message.find("the thing"), std::string::npos);
}

TEST_F(File, MakesFoldersOnceAndSaysWhyNot) {
  EXPECT_TRUE(make_directories(dir_ / "x" / "y"));
  EXPECT_TRUE(make_directories(dir_ / "x" / "y"));
  ASSERT_TRUE(write_file_atomic(dir_ / "file", ""));
  const auto below = make_directories(dir_ / "file" / "y");
  ASSERT_FALSE(below);
  EXPECT_NE(below.error().message.find("file/y"), std::string::npos);
}

// FIPS 180-4 examples, and "a" a million times.
TEST_F(File, Sha256Vectors) {
  const std::map<std::string, std::string> vectors{
      {"", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
      {"abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
      {"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
       "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"},
      {std::string(1'000'000, 'a'), "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"}};
  for (const auto& [text, digest] : vectors) {
    Sha256 whole;
    whole.update(bytes_of(text));
    EXPECT_EQ(whole.hex_digest(), digest);
    Sha256 pieces;
    for (std::size_t at = 0; at < text.size(); at += 61) pieces.update(bytes_of(text).subspan(at).first(std::min<std::size_t>(61, text.size() - at)));
    EXPECT_EQ(pieces.hex_digest(), digest);
    ASSERT_TRUE(write_file_atomic(dir_ / "a", text));
    EXPECT_EQ(sha256_file(dir_ / "a").value_or(""), digest);
  }
  // Longer than one piece of the reader.
  const std::string large(3'000'001, 'z');
  ASSERT_TRUE(write_file_atomic(dir_ / "a", large));
  Sha256 hash;
  hash.update(bytes_of(large));
  EXPECT_EQ(sha256_file(dir_ / "a").value_or(""), hash.hex_digest());
}

}  // namespace
}  // namespace zimu
