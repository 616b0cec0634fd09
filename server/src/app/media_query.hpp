#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "app/search_text.hpp"
#include "base/result.hpp"

/// What a list of recordings can be asked for. Pure; thread: any.
namespace zimu::app {

enum class MediaSort : std::uint8_t { kCreated, kTitle, kDuration, kSize };

/// What one word says of a recording: whether it can be read, then how its newest transcription stands. A recording with
/// a transcript and without a job (it was imported, or the job was deleted) is done. Jobs that only made a draft or a
/// film do not count.
enum class MediaStatus : std::uint8_t {
  kInspecting, kUnreadable, kUntranscribed, kQueued, kRunning, kPaused, kDone, kFailed, kCancelled
};
std::string_view media_status_name(MediaStatus status) noexcept;
/// kInvalidArgument that lists the names.
Result<MediaStatus> media_status_from_name(std::string_view name);

struct MediaOrder {
  MediaSort by = MediaSort::kCreated;
  bool descending = true;
};
/// "created", "-created" (the newest first), "title" …; kInvalidArgument that lists the names.
Result<MediaOrder> media_order_from_name(std::string_view name);
std::string media_order_name(const MediaOrder& order);

struct MediaQuery {
  int limit = 50;
  std::optional<std::string> after = {};  ///< `next` of the page before, of the same order
  MediaOrder order = {};
  std::optional<std::string> tag = {};
  std::optional<MediaStatus> status = {};
  std::optional<std::string> language = {};  ///< of one of its transcripts
  SearchQuery text = {};                     ///< every term is in its title, file name or tags
};

/// The last item of a page: where the next one goes on, also when that item is gone by then.
struct MediaCursor {
  std::string key;  ///< what it is sorted by; empty for kCreated, where the id says it
  std::string id;
};
/// The id alone for kCreated, else "<order>.<id>.<key in hex>".
std::string to_cursor(const MediaOrder& order, const MediaCursor& cursor);
/// kInvalidArgument unless it is a `next` of this order.
Result<MediaCursor> parse_media_cursor(const MediaOrder& order, std::string_view text);

}  // namespace zimu::app
