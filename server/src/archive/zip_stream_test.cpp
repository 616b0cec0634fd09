// Zips, taken apart by another program: Python's zipfile checks every sum, size and name.
#include "archive/zip_stream.hpp"

#include <gtest/gtest.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

#include <fmt/format.h>

namespace zimu::archive {
namespace {

template <class T>
T must(Result<T> result) {
  if (!result) {
    ADD_FAILURE() << result.error().message;
    std::abort();
  }
  return std::move(*result);
}

/// What Python prints about the archive `z`.
std::string python(const std::string& zip, const std::string& script) {
  const auto path = std::filesystem::temp_directory_path() / fmt::format("zimu-zip-{}.zip", ::getpid());
  std::ofstream(path, std::ios::binary) << zip;
  const std::string command = fmt::format(
      "PYTHONUTF8=1 python3 -c 'import sys, zipfile\nz = zipfile.ZipFile(sys.argv[1])\n{}' {} 2>&1", script, path.string());
  std::string said;
  std::FILE* pipe = ::popen(command.c_str(), "r");
  std::array<char, 4096> buffer{};
  for (std::size_t got = 0; (got = std::fread(buffer.data(), 1, buffer.size(), pipe)) > 0;) said.append(buffer.data(), got);
  ::pclose(pipe);
  std::filesystem::remove(path);
  return said;
}

TEST(ZipStream, FilesComeOutAsTheyWentIn) {
  auto zip = must(ZipStream::begin());
  const Timestamp when(std::chrono::milliseconds(1'700'000'000'000));
  std::string bytes = must(zip.add("会议 記録.srt", "1\n你好\n", when));
  bytes += must(zip.add("plain.txt", "", when));
  bytes += must(zip.add("Zoë's.json", "{}", when));
  bytes += must(zip.end());
  EXPECT_EQ(python(bytes, "print(z.testzip(), [(i.filename, z.read(i).decode()) for i in z.infolist()])"),
            "None [('会议 記録.srt', '1\\n你好\\n'), ('plain.txt', ''), (\"Zoë's.json\", '{}')]\n")
      << "names are read by the flag that says UTF-8";
  EXPECT_EQ(python(bytes, "print([i.flag_bits >> 11 & 1 for i in z.infolist()], z.infolist()[0].date_time[0])"),
            "[1, 0, 1] 2023\n");
}

TEST(ZipStream, AnEmptyOneIsAZip) {
  auto zip = must(ZipStream::begin());
  EXPECT_EQ(python(must(zip.end()), "print(z.namelist())"), "[]\n");
}

TEST(ZipStream, KeepsNothingOfWhatWentIn) {
  auto zip = must(ZipStream::begin());
  std::string text;
  for (int i = 0; i < 20'000; ++i) text += fmt::format("{}\n00:00:{:02},000\nLine {} of it.\n\n", i, i % 60, i * 7919);
  std::size_t total = 0;
  std::size_t last = 0;
  for (int file = 0; file < 50; ++file) {
    const auto bytes = must(zip.add(fmt::format("{}.srt", file), text, Timestamp{}));
    EXPECT_GT(bytes.size(), 1000U) << "a file's bytes are there when it was added, not at the end";
    EXPECT_LT(bytes.size(), text.size() / 2) << "compressed";
    total += bytes.size();
  }
  last = must(zip.end()).size();
  EXPECT_LT(last, 50U * 200U) << "the names only";
  EXPECT_GT(total, 50U * 1000U);
}

}  // namespace
}  // namespace zimu::archive
