#include "app/media_service.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <set>

#include <fmt/format.h>

#include "app/file_name.hpp"
#include "app/search_text.hpp"
#include "base/file.hpp"
#include "base/uuid.hpp"

namespace zimu::app {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kIncoming = "incoming";

Result<> flush(const fs::path& path, int flags) {
  ZIMU_TRY(const UniqueFd fd, open_file(path, flags));
  if (::fsync(fd.get()) != 0) {
    return std::unexpected(error_from_errno(errno, fmt::format("cannot flush {}", path.string())));
  }
  return {};
}

Result<std::uint64_t> regular_size(const fs::path& path) {
  struct stat info {};
  if (::lstat(path.c_str(), &info) != 0) {
    return std::unexpected(error_from_errno(errno, fmt::format("cannot find {}", path.string())));
  }
  // A link could lead anywhere.
  if (!S_ISREG(info.st_mode)) {
    return fail(ErrorCode::kInvalidArgument, fmt::format("{} is not a plain file", path.string()));
  }
  return static_cast<std::uint64_t>(info.st_size);
}

Result<> rename_path(const fs::path& from, const fs::path& to) {
  if (::rename(from.c_str(), to.c_str()) == 0) return {};
  return std::unexpected(error_from_errno(errno, fmt::format("cannot rename {} to {}", from.string(), to.string())));
}

}  // namespace

MediaService::MediaService(Store& store, EventBus& bus, fs::path uploads_dir)
    : store_(store), bus_(bus), uploads_dir_(std::move(uploads_dir)) {}

fs::path MediaService::folder_of(const std::string& id) const { return uploads_dir_ / id; }

fs::path MediaService::removed_path(const std::string& id) const {
  return uploads_dir_ / kIncoming / ("removed-" + id);
}

fs::path MediaService::content_path(const domain::Media& media) const {
  return folder_of(media.id) / ("original" + stored_extension(media.file_name));
}

fs::path MediaService::peaks_path(const std::string& media_id) const { return folder_of(media_id) / "peaks"; }

fs::path MediaService::poster_path(const std::string& media_id) const { return folder_of(media_id) / "poster.jpg"; }

domain::Media MediaService::with_poster(domain::Media media) const {
  std::error_code ec;
  media.has_poster = fs::is_regular_file(poster_path(media.id), ec);
  return media;
}

void MediaService::publish(domain::Media media) { bus_.publish(with_poster(std::move(media))); }

/// Another recording of the same bytes came or went.
void MediaService::publish_duplicates_of(const domain::Media& media) {
  const auto same = store_.media_with_hash(media.sha256);
  if (!same) return;  // the next list says it
  for (const domain::Media& other : *same) {
    if (other.id != media.id) publish(other);
  }
}

fs::path MediaService::new_staging_path() const {
  const fs::path incoming = uploads_dir_ / kIncoming;
  std::error_code ec;  // the open that follows names the problem
  fs::create_directories(incoming, ec);
  return incoming / (new_uuid() + ".stage");
}

Result<domain::Media> MediaService::adopt(const fs::path& staged, std::string file_name, std::string source) {
  return adopt_as(new_uuid(), staged, std::move(file_name), std::move(source));
}

Result<> MediaService::move_in(const fs::path& staged, const fs::path& target) const {
  ZIMU_TRY_VOID(make_directories(target.parent_path()));
  ZIMU_TRY_VOID(rename_path(staged, target));
  ZIMU_TRY_VOID(flush(target.parent_path(), O_RDONLY | O_DIRECTORY));
  return flush(uploads_dir_, O_RDONLY | O_DIRECTORY);
}

Result<domain::Media> MediaService::adopt_as(const std::string& id, const fs::path& staged, std::string file_name,
                                             std::string source) {
  if (!is_uuid(id)) return fail(ErrorCode::kInvalidArgument, "a recording's id must be a UUID");
  domain::Media media;
  media.id = id;
  media.file_name = display_file_name(file_name);
  media.title = title_from(media.file_name);
  media.content_type = content_type_of(media.file_name);
  media.state = domain::MediaState::kInspecting;
  media.source = std::move(source);
  media.created_at = media.updated_at = now_utc();

  const fs::path target = content_path(media);
  // Before the lock: gigabytes may have to go to the disk.
  if (regular_size(staged)) ZIMU_TRY_VOID(flush(staged, O_RDONLY));
  const std::scoped_lock lock(mutex_);
  if (auto known = store_.media(id)) return known;
  const auto take = [&]() -> Result<> {
    if (const auto moved_before = regular_size(target)) {
      media.size_bytes = *moved_before;
    } else {
      ZIMU_TRY(media.size_bytes, regular_size(staged));
      ZIMU_TRY_VOID(move_in(staged, target));
    }
    return store_.insert_media(media);
  };
  if (auto taken = take(); !taken) {
    // The bytes stay where the caller knows them.
    static_cast<void>(::rename(target.c_str(), staged.c_str()));
    ::rmdir(folder_of(id).c_str());
    return std::unexpected(std::move(taken).error());
  }
  publish(media);
  changed_.notify_all();
  return media;
}

Result<domain::Media> MediaService::get(const std::string& id) {
  ZIMU_TRY(auto media, store_.media(id));
  note_shown(media);
  return with_poster(std::move(media));
}

Result<Page<domain::Media>> MediaService::list(const MediaQuery& query) {
  ZIMU_TRY(auto page, store_.list_media(query));
  for (domain::Media& media : page.items) {
    note_shown(media);
    media = with_poster(std::move(media));
  }
  return page;
}

Result<std::vector<TagCount>> MediaService::tags() { return store_.list_tags(kMaxListedTags); }

Result<domain::Media> MediaService::change(const std::string& id, const std::function<void(domain::Media&)>& edit) {
  const std::scoped_lock lock(mutex_);
  ZIMU_TRY(auto media, store_.media(id));
  edit(media);
  media.updated_at = now_utc();
  ZIMU_TRY_VOID(store_.update_media(media));
  ZIMU_TRY(media, store_.media(id));  // as the database has it now: tags in order, duplicates seen
  media = with_poster(std::move(media));
  bus_.publish(media);
  return media;
}

Result<domain::Media> MediaService::rename(const std::string& id, std::string title) {
  return edit(id, MediaEdit{.title = std::move(title), .tags = std::nullopt});
}

Result<domain::Media> MediaService::edit(const std::string& id, const MediaEdit& wanted) {
  const std::string title = clean_line(wanted.title.value_or(""));
  if (wanted.title && (title.empty() || title.size() > kMaxTitleBytes)) {
    return fail(ErrorCode::kInvalidArgument, fmt::format("title must have 1 to {} bytes", kMaxTitleBytes));
  }
  ZIMU_TRY(const auto tags, clean_tags(wanted.tags.value_or(std::vector<std::string>())));
  return change(id, [&](domain::Media& media) {
    if (wanted.title) media.title = title;
    if (wanted.tags) media.tags = tags;
  });
}

Result<std::vector<std::string>> clean_tags(const std::vector<std::string>& tags) {
  std::vector<std::string> clean;
  std::set<std::string> seen;
  for (const std::string& tag : tags) {
    const std::string text = clean_line(tag);
    if (text.empty() || text.size() > kMaxTagBytes) {
      return fail(ErrorCode::kInvalidArgument, fmt::format("each of 'tags' must have 1 to {} bytes", kMaxTagBytes));
    }
    if (seen.insert(fold_for_search(text)).second) clean.push_back(text);
  }
  if (clean.size() > kMaxTags) {
    return fail(ErrorCode::kInvalidArgument, fmt::format("a recording has at most {} 'tags'", kMaxTags));
  }
  return clean;
}

void MediaService::set_before_remove(std::function<void(const std::string&)> hook) {
  before_remove_ = std::move(hook);
}

Result<> MediaService::remove(const std::string& id) {
  ZIMU_TRY(const auto media, store_.media(id));
  if (before_remove_) before_remove_(id);
  const std::scoped_lock lock(mutex_);
  // Out of the way in one step: what a crash leaves in incoming/ is swept, or put back while its row is there.
  const fs::path folder = folder_of(id);
  const fs::path away = removed_path(id);
  ZIMU_TRY_VOID(make_directories(away.parent_path()));
  const bool moved = ::rename(folder.c_str(), away.c_str()) == 0;
  if (!moved && errno != ENOENT) {
    return std::unexpected(error_from_errno(errno, fmt::format("cannot remove {}", folder.string())));
  }
  auto deleted = store_.delete_media(id);
  std::error_code ec;
  if (!deleted && deleted.error().code == ErrorCode::kNoSpace) {
    // On a full disk the file itself makes the room that forgetting it needs.
    fs::remove_all(away, ec);
    deleted = store_.delete_media(id);
  }
  if (!deleted && deleted.error().code != ErrorCode::kNotFound) {
    if (moved) ::rename(away.c_str(), folder.c_str());
    return deleted;
  }
  fs::remove_all(away, ec);
  bus_.publish(MediaRemoved{id});
  publish_duplicates_of(media);
  return {};
}

Result<MediaService::Check> MediaService::check_files() {
  Check check;
  MediaQuery query{.limit = kMaxPageSize};
  do {
    ZIMU_TRY(const auto page, store_.list_media(query));
    for (const domain::Media& media : page.items) {
      std::error_code ec;
      if (fs::is_directory(removed_path(media.id), ec) && !fs::exists(folder_of(media.id), ec)) {
        // Stopped in the middle of a removal: the row is still there, so the recording is.
        ZIMU_TRY_VOID(rename_path(removed_path(media.id), folder_of(media.id)));
      }
      if (fs::is_regular_file(content_path(media), ec) || media.state == domain::MediaState::kUnreadable) continue;
      ZIMU_TRY_VOID(unreadable(media.id, Error{ErrorCode::kBadMedia,
                                               fmt::format("the file {} is gone", content_path(media).string()),
                                               "put it back, or delete the recording"}));
      check.lost.push_back(media.id);
    }
    query.after = page.next;
  } while (query.after);

  std::error_code ec;
  for (fs::directory_iterator entry(uploads_dir_, ec), end; !ec && entry != end; entry.increment(ec)) {
    const std::string name = entry->path().filename().string();
    if (name == kIncoming || name.starts_with('.')) continue;  // .zimu marks the mounted folder (server/entrypoint.sh)
    if (is_uuid(name)) {
      const auto known = store_.media(name);
      if (known || known.error().code != ErrorCode::kNotFound) continue;
    }
    check.unknown_folders.push_back(entry->path());
  }
  return check;
}

}  // namespace zimu::app
