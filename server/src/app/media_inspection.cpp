// Inspection: of new recordings, and of those that an older Zimu looked at, which miss what it did not look for.
#include <fcntl.h>

#include <fmt/format.h>

#include "app/media_service.hpp"
#include "base/file.hpp"

namespace zimu::app {
namespace {

namespace fs = std::filesystem;

/// Goes up whenever an inspection brings more than before. 1: a waveform of 20 ms, and a picture.
constexpr std::string_view kInspectionMark = "inspected-1";

}  // namespace

Result<std::optional<domain::Media>> MediaService::wait_to_inspect(std::chrono::milliseconds at_most) {
  const auto deadline = std::chrono::steady_clock::now() + at_most;
  std::unique_lock lock(mutex_);
  const std::uint64_t wakes = wakes_;
  while (wakes == wakes_) {
    ZIMU_TRY(auto waiting, store_.media_in_state(domain::MediaState::kInspecting));
    if (!waiting.empty()) return std::move(waiting.front());
    if (changed_.wait_until(lock, deadline) == std::cv_status::timeout) break;
  }
  return std::nullopt;
}

Result<> MediaService::inspected(const std::string& id, const domain::MediaInfo& info, const std::string& sha256) {
  ZIMU_TRY(const auto after, change(id, [&](domain::Media& one) {
             one.info = info;
             if (!sha256.empty()) one.sha256 = sha256;
             one.state = domain::MediaState::kReady;
             one.problem.clear();
           }));
  mark_inspected(after.id);
  return {};
}

Result<> MediaService::unreadable(const std::string& id, const Error& why) {
  ZIMU_TRY(const auto after, change(id, [&](domain::Media& one) {
             one.state = domain::MediaState::kUnreadable;
             one.problem = why.action.empty() ? why.message : fmt::format("{}; {}", why.message, why.action);
           }));
  static_cast<void>(after);
  return {};
}

void MediaService::wake() {
  {
    const std::scoped_lock lock(mutex_);
    ++wakes_;
  }
  changed_.notify_all();
}

fs::path MediaService::inspection_mark(const std::string& media_id) const { return folder_of(media_id) / kInspectionMark; }

void MediaService::mark_inspected(const std::string& media_id) const {
  // Where it cannot be written (a full disk) the recording is looked at once more some day.
  static_cast<void>(open_file(inspection_mark(media_id), O_WRONLY | O_CREAT));
}

void MediaService::note_shown(const domain::Media& media) {
  if (media.state != domain::MediaState::kReady) return;
  {
    const std::scoped_lock lock(outdated_mutex_);
    if (seen_outdated_.contains(media.id) || outdated_.size() >= kMaxOutdated) return;
  }
  std::error_code ec;
  if (fs::exists(inspection_mark(media.id), ec) && fs::exists(peaks_path(media.id), ec)) return;
  const std::scoped_lock lock(outdated_mutex_);
  if (outdated_.size() < kMaxOutdated && seen_outdated_.insert(media.id).second) outdated_.push_back(media.id);
}

Result<bool> MediaService::waits_to_inspect() {
  ZIMU_TRY(const auto waiting, store_.media_in_state(domain::MediaState::kInspecting));
  return !waiting.empty();
}

bool MediaService::has_outdated() {
  const std::scoped_lock lock(outdated_mutex_);
  return !outdated_.empty();
}

std::optional<domain::Media> MediaService::next_outdated() {
  while (true) {
    std::string id;
    {
      const std::scoped_lock lock(outdated_mutex_);
      if (outdated_.empty()) return std::nullopt;
      id = std::move(outdated_.front());
      outdated_.pop_front();
    }
    auto media = store_.media(id);
    if (media && media->state == domain::MediaState::kReady) return std::move(*media);  // not deleted meanwhile
  }
}

void MediaService::put_back(const std::string& id) {
  const std::scoped_lock lock(outdated_mutex_);
  outdated_.push_front(id);
}

Result<> MediaService::refreshed(const std::string& id, const domain::MediaInfo* info, const std::string& sha256) {
  if (info != nullptr) return inspected(id, *info, sha256);
  ZIMU_TRY(const auto media, store_.media(id));
  mark_inspected(media.id);
  return {};
}

}  // namespace zimu::app
