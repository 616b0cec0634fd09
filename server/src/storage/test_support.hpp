#pragma once
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/mount.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string>

#include "base/uuid.hpp"
#include "storage/sqlite_store.hpp"

/// For the tests of storage and app.
namespace zimu::storage::testing {

#define ASSERT_OK(expression)                                                             \
  do {                                                                                    \
    const auto& zimu_result = (expression);                                               \
    ASSERT_TRUE(zimu_result.has_value()) << zimu_result.error().message;                  \
  } while (false)

/// The value, or an aborted test program that says why.
template <class T>
T must(Result<T> result) {
  if (!result) {
    ADD_FAILURE() << error_code_name(result.error().code) << ": " << result.error().message;
    std::abort();
  }
  return std::move(*result);
}

/// A folder of its own, gone afterwards.
class TempDir {
 public:
  TempDir() {
    std::string name = (std::filesystem::temp_directory_path() / "zimu-test-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) std::abort();
    path_ = name;
  }
  TempDir(const TempDir&) = delete;
  TempDir& operator=(const TempDir&) = delete;
  ~TempDir() {
    std::error_code ec;
    std::filesystem::remove_all(path_, ec);
  }
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

/// A file system that is really small; `mounted()` is false where this process may not mount.
class TinyDisk {
 public:
  explicit TinyDisk(const std::string& size) {
    mounted_ = ::mount("zimu", dir_.path().c_str(), "tmpfs", 0, ("size=" + size).c_str()) == 0;
  }
  TinyDisk(const TinyDisk&) = delete;
  TinyDisk& operator=(const TinyDisk&) = delete;
  ~TinyDisk() {
    if (mounted_) ::umount2(dir_.path().c_str(), MNT_DETACH);
  }
  bool mounted() const { return mounted_; }
  const std::filesystem::path& path() const { return dir_.path(); }
  /// Takes all room that is left.
  void fill() const {
    const auto fd = must(open_file(dir_.path() / "ballast", O_WRONLY | O_CREAT));
    const std::string block(4096, 'x');
    while (::write(fd.get(), block.data(), block.size()) > 0) {
    }
  }
  void make_room() const { std::filesystem::remove(dir_.path() / "ballast"); }

 private:
  TempDir dir_;
  bool mounted_ = false;
};

inline OpenOptions options_in(const std::filesystem::path& folder) {
  OpenOptions options;
  options.path = folder / "zimu.db";
  return options;
}

inline std::unique_ptr<SqliteStore> open_store(const std::filesystem::path& folder) {
  return must(SqliteStore::open(options_in(folder)));
}

inline domain::Media sample_media() {
  domain::Media media;
  media.id = new_uuid();
  media.title = "会议 Meeting";
  media.file_name = "会议 Meeting.mp4";
  media.content_type = "video/mp4";
  media.size_bytes = 12'345'678'901;
  media.source = "upload";
  media.created_at = media.updated_at = now_utc();
  return media;
}

inline domain::Transcript sample_transcript(const domain::Media& media) {
  domain::Transcript transcript;
  transcript.id = new_uuid();
  transcript.media_id = media.id;
  transcript.title = media.title;
  transcript.model = "base";
  transcript.created_at = transcript.updated_at = now_utc();
  return transcript;
}

inline domain::Job sample_job(const domain::Media& media, domain::Transcript& transcript) {
  domain::Job job;
  job.id = new_uuid();
  job.media_id = media.id;
  job.transcript_id = transcript.id;
  job.stage = "queued";
  job.created_at = job.updated_at = now_utc();
  transcript.job_id = job.id;
  return job;
}

/// Window `index` of 30 s with two segments of three words each.
inline domain::Window sample_window(std::int64_t index) {
  domain::Window window;
  window.index = index;
  window.start = Milliseconds(index * 30'000);
  window.end = window.start + Milliseconds(30'000);
  for (int half = 0; half < 2; ++half) {
    domain::Segment segment;
    segment.index = index * 2 + half;
    segment.start = window.start + Milliseconds(half * 15'000);
    segment.end = segment.start + Milliseconds(14'000);
    segment.text = "one two 三";
    segment.avg_logprob = -0.25F;
    segment.compression_ratio = 1.5F;
    segment.no_speech_prob = 0.0625F;
    segment.tokens = {50364, 220, 7, 50864};
    for (int word = 0; word < 3; ++word) {
      segment.words.push_back({segment.start + Milliseconds(word * 1'000), segment.start + Milliseconds(word * 1'000 + 900),
                               word == 2 ? " 三" : " one", 0.75F});
    }
    window.segments.push_back(std::move(segment));
  }
  window.retries.push_back({0.2F, "compression_ratio", 2.5F});
  const auto at = [&window](int ms) { return window.start + Milliseconds(ms); };
  window.coverage = domain::Coverage{Milliseconds(29'000), Milliseconds(28'000), {{at(14'000), at(15'000)}},
                                     {{at(14'000), at(15'000), "no_speech", "谢谢 thanks"}}};
  return window;
}

}  // namespace zimu::storage::testing
