#pragma once
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <span>
#include <string>

#include "app/media_service.hpp"
#include "app/store.hpp"
#include "base/file.hpp"

namespace zimu::app {

/// Files being received, straight to `<uploads>/incoming/` on the same file system as their final place.
/// Blocking; thread: any. The file's length on disk is the one truth of a tus offset.
class UploadService {
 public:
  static constexpr std::chrono::hours kLifetime{24 * 7};
  static constexpr std::uint64_t kSyncEvery = 64U << 20U;      ///< fsync checkpoint
  static constexpr std::uint64_t kKeepFree = 64U << 20U;       ///< refused up front when the disk could not hold it
  static constexpr std::chrono::hours kLeftoverAge{1};         ///< younger files in incoming/ are never swept
  static constexpr std::size_t kMaxMetadataBytes = 8192;

  UploadService(Store& store, MediaService& media, std::uint64_t max_bytes,
                std::chrono::seconds leftover_age = kLeftoverAge);

  struct Create {
    std::optional<std::uint64_t> size;
    std::string file_name;
    std::string content_type;
    std::string metadata;
  };
  struct Status {
    Upload upload;
    std::uint64_t offset = 0;
  };
  /// kTooLarge over ZIMU_MAX_UPLOAD_BYTES, kNoSpace when the disk cannot hold the declared size.
  Result<Status> create(const Create& request);
  Result<Status> status(const std::string& id);
  Result<> set_size(const std::string& id, std::uint64_t size);
  Result<> terminate(const std::string& id);
  /// Deletes what has expired and what a crash left behind; returns how many.
  Result<int> sweep();

  /// One PATCH in progress. Bytes below `offset()` stay whatever happens. Destroying it releases the upload.
  class Writer {
   public:
    Writer(UploadService& service, std::string id, UniqueFd fd, std::uint64_t offset, std::optional<std::uint64_t> size,
           std::string path);
    ~Writer();
    Writer(const Writer&) = delete;
    Writer& operator=(const Writer&) = delete;
    Result<> append(std::span<const std::byte> bytes);  ///< kTooLarge past the size, kNoSpace on a full disk
    Result<> roll_back();                               ///< to the offset it was opened at (checksum mismatch)
    /// fsync; when all bytes are there the upload becomes a recording, which is returned.
    Result<std::optional<domain::Media>> close();
    std::uint64_t offset() const { return offset_; }

   private:
    UploadService& service_;
    std::string id_;
    UniqueFd fd_;
    std::uint64_t opened_at_;
    std::uint64_t offset_;
    std::uint64_t synced_;
    std::optional<std::uint64_t> size_;
    std::string path_;
    std::uint64_t limit_;  ///< the declared size, or the most there may be
  };
  /// kConflict when `offset` is not the file's length; kUnavailable when another PATCH is writing (tus: 423).
  Result<std::unique_ptr<Writer>> open(const std::string& id, std::uint64_t offset);

  /// A file that comes in one request (multipart): removed again unless adopted.
  class Staged {
   public:
    Staged(std::filesystem::path path, UniqueFd fd, std::uint64_t max_bytes);
    ~Staged();
    Staged(const Staged&) = delete;
    Staged& operator=(const Staged&) = delete;
    Result<> append(std::span<const std::byte> bytes);
    Result<domain::Media> adopt(MediaService& media, std::string file_name, std::string source);
    /// Under an id chosen before (MediaService::adopt_as): when there is a recording with it, that one, and this file goes.
    Result<domain::Media> adopt_as(const std::string& id, MediaService& media, std::string file_name, std::string source);
    std::uint64_t size() const { return size_; }

   private:
    std::filesystem::path path_;
    UniqueFd fd_;
    std::uint64_t size_ = 0;
    std::uint64_t synced_ = 0;
    std::uint64_t max_bytes_;
  };
  Result<std::unique_ptr<Staged>> stage();

 private:
  std::filesystem::path incoming() const;
  std::filesystem::path part_path(const std::string& id) const;
  Result<> check_size(std::optional<std::uint64_t> size) const;
  Result<> check_room(std::uint64_t wanted) const;
  Result<Upload> live_upload(const std::string& id);
  Result<std::uint64_t> offset_of(const Upload& upload) const;
  Result<domain::Media> adopt(Upload upload);
  bool begin_writing(const std::string& id);
  void end_writing(const std::string& id);
  int sweep_leftovers();

  Store& store_;
  MediaService& media_;
  std::uint64_t max_bytes_;
  std::chrono::seconds leftover_age_;
  std::mutex mutex_;
  std::set<std::string> writing_;  ///< uploads with a Writer, or just becoming a recording
};

}  // namespace zimu::app
