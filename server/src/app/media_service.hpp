#pragma once
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <filesystem>
#include <functional>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "app/event_bus.hpp"
#include "app/store.hpp"

namespace zimu::app {

constexpr std::size_t kMaxTags = 32;       ///< of one recording
constexpr std::size_t kMaxTagBytes = 100;
constexpr int kMaxListedTags = 1000;
constexpr std::size_t kMaxOutdated = 500;  ///< recordings that wait to be looked at again

struct MediaEdit {
  std::optional<std::string> title = {};
  std::optional<std::vector<std::string>> tags = {};  ///< all of them; an empty list takes them away
};
/// Clean text, each once (whatever its case), none empty; kInvalidArgument past the limits above.
Result<std::vector<std::string>> clean_tags(const std::vector<std::string>& tags);

/// The library: recordings and their files under `<data>/uploads/`. Blocking (disk, SQLite); thread: any.
class MediaService {
 public:
  MediaService(Store& store, EventBus& bus, std::filesystem::path uploads_dir);

  /// Takes over a finished file on the same file system (rename), and queues it for inspection.
  /// `file_name` is display text from the client: any bytes; made valid UTF-8 and at most 255 bytes.
  Result<domain::Media> adopt(const std::filesystem::path& staged, std::string file_name, std::string source);
  Result<domain::Media> get(const std::string& id);
  Result<Page<domain::Media>> list(const MediaQuery& query);
  Result<domain::Media> rename(const std::string& id, std::string title);  ///< 1..500 bytes
  /// What is given is changed. kInvalidArgument names the field.
  Result<domain::Media> edit(const std::string& id, const MediaEdit& wanted);
  Result<std::vector<TagCount>> tags();  ///< the kMaxListedTags most used ones, by name
  /// Files too. Jobs of it must be final: JobService::cancel_all_of is called through `before_remove` first.
  Result<> remove(const std::string& id);
  void set_before_remove(std::function<void(const std::string& media_id)> hook);

  std::filesystem::path content_path(const domain::Media& media) const;
  std::filesystem::path peaks_path(const std::string& media_id) const;
  std::filesystem::path poster_path(const std::string& media_id) const;  ///< JPEG; need not exist
  const std::filesystem::path& uploads_dir() const { return uploads_dir_; }
  /// A new empty place in `<uploads>/incoming/` for a file being received.
  std::filesystem::path new_staging_path() const;

  /// A file that `adopt` would take, under an id chosen before; asking twice for one id is one recording. For uploads,
  /// where a crash may fall between the last byte and the row.
  Result<domain::Media> adopt_as(const std::string& id, const std::filesystem::path& staged, std::string file_name,
                                 std::string source);

  /// At server start: recordings whose file is gone become unreadable with a sentence; folders without a recording are
  /// named, never touched.
  struct Check {
    std::vector<std::string> lost;                      ///< ids
    std::vector<std::filesystem::path> unknown_folders;
  };
  Result<Check> check_files();

  // For the supervisor.
  /// Oldest recording that waits for inspection; waits at most `at_most`, nullopt then or when stopped.
  Result<std::optional<domain::Media>> wait_to_inspect(std::chrono::milliseconds at_most);
  Result<> inspected(const std::string& id, const domain::MediaInfo& info, const std::string& sha256);
  /// Whether a new recording waits for inspection. Cheap.
  Result<bool> waits_to_inspect();
  /// A recording that was shown and was last looked at by an older Zimu: it may lack the picture, or have a coarse
  /// waveform. In the order in which they were shown, each at most once while the server runs; nullopt: none.
  std::optional<domain::Media> next_outdated();
  bool has_outdated();
  void put_back(const std::string& id);  ///< it was taken out, and could not be looked at now
  /// What `inspected` says for those that are. Without new facts (nullptr) the recording stays as it is, and is not
  /// looked at again.
  Result<> refreshed(const std::string& id, const domain::MediaInfo* info, const std::string& sha256);
  Result<> unreadable(const std::string& id, const Error& why);
  void wake();

 private:
  std::filesystem::path folder_of(const std::string& id) const;
  std::filesystem::path removed_path(const std::string& id) const;
  Result<> move_in(const std::filesystem::path& staged, const std::filesystem::path& target) const;
  Result<domain::Media> change(const std::string& id, const std::function<void(domain::Media&)>& edit);
  domain::Media with_poster(domain::Media media) const;  ///< says whether it has one
  void note_shown(const domain::Media& media);
  std::filesystem::path inspection_mark(const std::string& media_id) const;
  void mark_inspected(const std::string& media_id) const;
  void publish(domain::Media media);
  void publish_duplicates_of(const domain::Media& media);

  Store& store_;
  EventBus& bus_;
  std::filesystem::path uploads_dir_;
  std::function<void(const std::string&)> before_remove_;
  std::mutex mutex_;  ///< serialises changes of rows
  std::condition_variable changed_;
  std::uint64_t wakes_ = 0;

  std::mutex outdated_mutex_;                ///< guards the two below
  std::deque<std::string> outdated_;         ///< at most kMaxOutdated
  std::set<std::string> seen_outdated_;      ///< those and the ones that were taken out
};

}  // namespace zimu::app
