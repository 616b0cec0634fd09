#include "app/upload_service.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include <fmt/format.h>

#include "app/file_name.hpp"
#include "base/check.hpp"
#include "base/uuid.hpp"

namespace zimu::app {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kPartSuffix = ".part";

Result<std::uint64_t> length_of(int fd, const std::string& path) {
  struct stat info {};
  if (::fstat(fd, &info) != 0) {
    return std::unexpected(error_from_errno(errno, fmt::format("cannot look at {}", path)));
  }
  return static_cast<std::uint64_t>(info.st_size);
}

Result<> flush(int fd, const std::string& path) {
  if (::fsync(fd) == 0) return {};
  return std::unexpected(error_from_errno(errno, fmt::format("cannot flush {}", path)));
}

void flush_folder(const fs::path& folder) {
  if (const auto fd = open_file(folder, O_RDONLY | O_DIRECTORY)) static_cast<void>(::fsync(fd->get()));
}

Error too_large(std::uint64_t limit) {
  return {ErrorCode::kTooLarge, fmt::format("the file is larger than {} bytes", limit),
          "send a smaller file, or raise ZIMU_MAX_UPLOAD_BYTES"};
}

}  // namespace

UploadService::UploadService(Store& store, MediaService& media, std::uint64_t max_bytes,
                             std::chrono::seconds leftover_age)
    : store_(store), media_(media), max_bytes_(max_bytes), leftover_age_(leftover_age) {}

fs::path UploadService::incoming() const { return media_.uploads_dir() / "incoming"; }

fs::path UploadService::part_path(const std::string& id) const { return incoming() / (id + std::string(kPartSuffix)); }

Result<> UploadService::check_size(std::optional<std::uint64_t> size) const {
  if (size && *size > max_bytes_) return std::unexpected(too_large(max_bytes_));
  return {};
}

Result<> UploadService::check_room(std::uint64_t wanted) const {
  ZIMU_TRY_VOID(make_directories(incoming()));
  ZIMU_TRY(const std::uint64_t room, free_bytes(incoming()));
  if (room >= kKeepFree && wanted <= room - kKeepFree) return {};
  return fail(ErrorCode::kNoSpace,
              fmt::format("the file needs {} MiB, and {} MiB are free in {}", (wanted + kKeepFree) >> 20U, room >> 20U,
                          media_.uploads_dir().string()),
              "free some space on that disk and send it again");
}

bool UploadService::begin_writing(const std::string& id) {
  const std::scoped_lock lock(mutex_);
  return writing_.insert(id).second;
}

void UploadService::end_writing(const std::string& id) {
  const std::scoped_lock lock(mutex_);
  writing_.erase(id);
}

Result<Upload> UploadService::live_upload(const std::string& id) {
  ZIMU_TRY(auto upload, store_.upload(id));
  if (upload.expires_at <= now_utc()) {
    return fail(ErrorCode::kNotFound, fmt::format("upload {} has expired", id), "start the upload again");
  }
  return upload;
}

Result<std::uint64_t> UploadService::offset_of(const Upload& upload) const {
  if (!upload.media_id.empty()) return upload.size.value_or(0);
  struct stat info {};
  const fs::path path = part_path(upload.id);
  if (::lstat(path.c_str(), &info) == 0 && S_ISREG(info.st_mode)) return static_cast<std::uint64_t>(info.st_size);
  return fail(ErrorCode::kNotFound, fmt::format("the bytes of upload {} are gone", upload.id),
              "start the upload again");
}

Result<UploadService::Status> UploadService::create(const Create& request) {
  ZIMU_TRY_VOID(check_size(request.size));
  if (request.metadata.size() > kMaxMetadataBytes) {
    return fail(ErrorCode::kTooLarge, fmt::format("Upload-Metadata is longer than {} bytes", kMaxMetadataBytes));
  }
  ZIMU_TRY_VOID(check_room(request.size.value_or(0)));
  Upload upload;
  upload.id = new_uuid();
  upload.size = request.size;
  upload.file_name = display_file_name(request.file_name);
  upload.content_type = clean_line(request.content_type);
  upload.metadata = request.metadata;
  upload.created_at = now_utc();
  upload.expires_at = upload.created_at + kLifetime;
  const fs::path path = part_path(upload.id);
  {
    ZIMU_TRY(const UniqueFd made, open_file(path, O_WRONLY | O_CREAT | O_EXCL));
  }
  flush_folder(incoming());
  if (auto inserted = store_.insert_upload(upload); !inserted) {
    ::unlink(path.c_str());
    return std::unexpected(std::move(inserted).error());
  }
  if (upload.size == 0U) return status(upload.id);
  return Status{std::move(upload), 0};
}

Result<UploadService::Status> UploadService::status(const std::string& id) {
  ZIMU_TRY(auto upload, live_upload(id));
  if (upload.media_id.empty() && begin_writing(id)) {
    // Nobody writes. Stopped between the last byte and the recording? Then that is done now.
    auto offset = offset_of(upload);
    Result<> settled;
    if (upload.size && (!offset || *offset == *upload.size)) {
      if (auto media = adopt(upload)) {
        upload.media_id = media->id;
      } else if (offset) {
        settled = std::unexpected(media.error());
      }
    }
    end_writing(id);
    ZIMU_TRY_VOID(settled);
  }
  ZIMU_TRY(const std::uint64_t offset, offset_of(upload));
  return Status{std::move(upload), offset};
}

/// The caller has the id in `writing_`. The recording gets the upload's id, so that a crash at any point of this is
/// made good by doing it again.
Result<domain::Media> UploadService::adopt(Upload upload) {
  ZIMU_TRY(auto media, media_.adopt_as(upload.id, part_path(upload.id), upload.file_name, "upload"));
  upload.media_id = media.id;
  // Deleted meanwhile by its owner: the recording stays.
  if (auto stored = store_.update_upload(upload); !stored && stored.error().code != ErrorCode::kNotFound) {
    return std::unexpected(std::move(stored).error());
  }
  return media;
}

Result<> UploadService::set_size(const std::string& id, std::uint64_t size) {
  ZIMU_TRY_VOID(check_size(size));
  ZIMU_TRY(auto upload, live_upload(id));
  if (upload.size == size) return {};
  if (upload.size) {
    return fail(ErrorCode::kConflict, fmt::format("upload {} was declared with {} bytes before", id, *upload.size));
  }
  ZIMU_TRY(const std::uint64_t offset, offset_of(upload));
  if (size < offset) {
    return fail(ErrorCode::kConflict, fmt::format("upload {} already has {} bytes, more than {}", id, offset, size));
  }
  ZIMU_TRY_VOID(check_room(size - offset));
  upload.size = size;
  return store_.update_upload(upload);
}

Result<> UploadService::terminate(const std::string& id) {
  ZIMU_TRY(const auto upload, live_upload(id));
  if (!begin_writing(id)) {
    return fail(ErrorCode::kUnavailable, fmt::format("upload {} is being written", id), "try again in a moment");
  }
  auto deleted = store_.delete_upload(id);
  if (deleted) ::unlink(part_path(id).c_str());
  end_writing(id);
  return deleted;
}

Result<std::unique_ptr<UploadService::Writer>> UploadService::open(const std::string& id, std::uint64_t offset) {
  ZIMU_TRY_VOID(live_upload(id));
  if (!begin_writing(id)) {
    return fail(ErrorCode::kUnavailable, fmt::format("another request is writing upload {}", id),
                "wait for it to end, then ask for the offset");
  }
  const auto begin = [&]() -> Result<std::unique_ptr<Writer>> {
    ZIMU_TRY(const auto upload, live_upload(id));
    if (!upload.media_id.empty()) {
      return fail(ErrorCode::kConflict, fmt::format("upload {} is finished: it is recording {}", id, upload.media_id));
    }
    ZIMU_TRY(const std::uint64_t there, offset_of(upload));
    if (offset != there) {
      return fail(ErrorCode::kConflict, fmt::format("upload {} has {} bytes, and {} was sent as its offset", id, there,
                                                    offset),
                  "ask for the offset with HEAD and go on from there");
    }
    ZIMU_TRY(UniqueFd fd, open_file(part_path(id), O_WRONLY | O_NOFOLLOW));
    return std::make_unique<Writer>(*this, id, std::move(fd), offset, upload.size, part_path(id).string());
  };
  auto writer = begin();
  if (!writer) end_writing(id);
  return writer;
}

Result<std::unique_ptr<UploadService::Staged>> UploadService::stage() {
  ZIMU_TRY_VOID(check_room(0));
  fs::path path = media_.new_staging_path();
  ZIMU_TRY(UniqueFd fd, open_file(path, O_WRONLY | O_CREAT | O_EXCL));
  return std::make_unique<Staged>(std::move(path), std::move(fd), max_bytes_);
}

Result<int> UploadService::sweep() {
  ZIMU_TRY(const auto expired, store_.uploads_expired_at(now_utc()));
  int swept = 0;
  for (const Upload& upload : expired) {
    if (!begin_writing(upload.id)) continue;
    const auto deleted = store_.delete_upload(upload.id);
    if (deleted) {
      ::unlink(part_path(upload.id).c_str());
      ++swept;
    }
    end_writing(upload.id);
    if (!deleted && deleted.error().code != ErrorCode::kNotFound) return std::unexpected(deleted.error());
  }
  return swept + sweep_leftovers();
}

/// Only in incoming/, only what Zimu itself names so, and only when nobody touched it for `leftover_age_`.
int UploadService::sweep_leftovers() {
  constexpr std::string_view kRemoved = "removed-";
  constexpr std::size_t kUuidLength = 36;
  const auto old = std::chrono::system_clock::to_time_t(std::chrono::system_clock::now() - leftover_age_);
  int swept = 0;
  std::error_code ec;
  for (fs::directory_iterator entry(incoming(), ec), end; !ec && entry != end; entry.increment(ec)) {
    const fs::path& path = entry->path();
    const std::string name = path.filename().string();
    struct stat info {};
    if (::lstat(path.c_str(), &info) != 0 || std::max(info.st_mtim.tv_sec, info.st_ctim.tv_sec) > old) continue;
    std::error_code ignored;
    if (name.starts_with(kRemoved) && is_uuid(std::string_view(name).substr(kRemoved.size()))) {
      const auto media = media_.get(name.substr(kRemoved.size()));
      if (media || media.error().code != ErrorCode::kNotFound) continue;  // check_files puts it back
      swept += fs::remove_all(path, ignored) > 0 && !ignored ? 1 : 0;
      continue;
    }
    const std::string id = name.substr(0, kUuidLength);
    if (!is_uuid(id) || !S_ISREG(info.st_mode)) continue;
    if (name == id + ".stage") {
      swept += fs::remove(path, ignored) ? 1 : 0;
    } else if (name == id + std::string(kPartSuffix)) {
      const auto upload = store_.upload(id);
      if (!upload && upload.error().code == ErrorCode::kNotFound) swept += fs::remove(path, ignored) ? 1 : 0;
    }
  }
  return swept;
}

UploadService::Writer::Writer(UploadService& service, std::string id, UniqueFd fd, std::uint64_t offset,
                              std::optional<std::uint64_t> size, std::string path)
    : service_(service),
      id_(std::move(id)),
      fd_(std::move(fd)),
      opened_at_(offset),
      offset_(offset),
      synced_(offset),
      size_(size),
      path_(std::move(path)),
      limit_(size.value_or(service.max_bytes_)) {}

UploadService::Writer::~Writer() {
  // A cut connection: what came in stays.
  if (fd_) static_cast<void>(::fsync(fd_.get()));
  fd_.reset();
  service_.end_writing(id_);
}

Result<> UploadService::Writer::append(std::span<const std::byte> bytes) {
  ZIMU_CHECK(fd_);
  if (offset_ > limit_ || bytes.size() > limit_ - offset_) {
    if (size_) {
      return fail(ErrorCode::kTooLarge, fmt::format("upload {} was declared with {} bytes and gets more", id_, *size_),
                  "declare the right Upload-Length");
    }
    return std::unexpected(too_large(limit_));
  }
  if (auto written = pwrite_all(fd_.get(), bytes, offset_, path_); !written) {
    // A full disk takes a part of it: that part counts, the file's length is the truth.
    if (const auto length = length_of(fd_.get(), path_)) offset_ = *length;
    return written;
  }
  offset_ += bytes.size();
  if (offset_ - synced_ < kSyncEvery) return {};
  ZIMU_TRY_VOID(flush(fd_.get(), path_));
  synced_ = offset_;
  return {};
}

Result<> UploadService::Writer::roll_back() {
  ZIMU_CHECK(fd_);
  if (::ftruncate(fd_.get(), static_cast<off_t>(opened_at_)) != 0) {
    return std::unexpected(error_from_errno(errno, fmt::format("cannot shorten {}", path_)));
  }
  offset_ = opened_at_;
  synced_ = std::min(synced_, offset_);
  return flush(fd_.get(), path_);
}

Result<std::optional<domain::Media>> UploadService::Writer::close() {
  ZIMU_CHECK(fd_);
  ZIMU_TRY_VOID(flush(fd_.get(), path_));
  fd_.reset();
  ZIMU_TRY(auto upload, service_.store_.upload(id_));
  if (upload.size != offset_) return std::nullopt;
  ZIMU_TRY(auto media, service_.adopt(std::move(upload)));
  return media;
}

UploadService::Staged::Staged(fs::path path, UniqueFd fd, std::uint64_t max_bytes)
    : path_(std::move(path)), fd_(std::move(fd)), max_bytes_(max_bytes) {}

UploadService::Staged::~Staged() {
  // Adopted, it has another name, and nobody else is ever given this one.
  ::unlink(path_.c_str());
}

Result<> UploadService::Staged::append(std::span<const std::byte> bytes) {
  ZIMU_CHECK(fd_);
  if (bytes.size() > max_bytes_ - size_) return std::unexpected(too_large(max_bytes_));
  ZIMU_TRY_VOID(pwrite_all(fd_.get(), bytes, size_, path_.string()));
  size_ += bytes.size();
  // In steps, so that the flush at the end does not take minutes.
  if (size_ - synced_ < kSyncEvery) return {};
  ZIMU_TRY_VOID(flush(fd_.get(), path_.string()));
  synced_ = size_;
  return {};
}

Result<domain::Media> UploadService::Staged::adopt(MediaService& media, std::string file_name, std::string source) {
  return adopt_as(new_uuid(), media, std::move(file_name), std::move(source));
}

Result<domain::Media> UploadService::Staged::adopt_as(const std::string& id, MediaService& media, std::string file_name,
                                                      std::string source) {
  ZIMU_CHECK(fd_);
  ZIMU_TRY_VOID(flush(fd_.get(), path_.string()));
  fd_.reset();
  return media.adopt_as(id, path_, std::move(file_name), std::move(source));
}

}  // namespace zimu::app
