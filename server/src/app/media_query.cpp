#include "app/media_query.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include <fmt/format.h>

#include "base/uuid.hpp"

namespace zimu::app {
namespace {

constexpr std::array<std::pair<MediaSort, std::string_view>, 4> kSorts{{
    {MediaSort::kCreated, "created"},
    {MediaSort::kTitle, "title"},
    {MediaSort::kDuration, "duration"},
    {MediaSort::kSize, "size"},
}};

constexpr std::array<std::pair<MediaStatus, std::string_view>, 9> kStatuses{{
    {MediaStatus::kInspecting, "inspecting"},
    {MediaStatus::kUnreadable, "unreadable"},
    {MediaStatus::kUntranscribed, "untranscribed"},
    {MediaStatus::kQueued, "queued"},
    {MediaStatus::kRunning, "running"},
    {MediaStatus::kPaused, "paused"},
    {MediaStatus::kDone, "done"},
    {MediaStatus::kFailed, "failed"},
    {MediaStatus::kCancelled, "cancelled"},
}};

std::string to_hex(std::string_view bytes) {
  std::string out;
  for (const char c : bytes) out += fmt::format("{:02x}", static_cast<unsigned char>(c));
  return out;
}

std::optional<unsigned> digit(char c) {
  if (c >= '0' && c <= '9') return static_cast<unsigned>(c - '0');
  if (c >= 'a' && c <= 'f') return static_cast<unsigned>(c - 'a') + 10;
  return std::nullopt;
}

std::optional<std::string> from_hex(std::string_view text) {
  if (text.size() % 2 != 0) return std::nullopt;
  std::string out;
  for (std::size_t i = 0; i < text.size(); i += 2) {
    const auto high = digit(text[i]);
    const auto low = digit(text[i + 1]);
    if (!high || !low) return std::nullopt;
    out += static_cast<char>(*high * 16 + *low);
  }
  return out;
}

bool is_number(std::string_view text) {
  constexpr std::size_t kMostDigits = 18;
  return !text.empty() && text.size() <= kMostDigits &&
         std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

}  // namespace

std::string_view media_status_name(MediaStatus status) noexcept {
  for (const auto& [value, name] : kStatuses) {
    if (value == status) return name;
  }
  return "untranscribed";
}

Result<MediaStatus> media_status_from_name(std::string_view name) {
  std::string known;
  for (const auto& [value, text] : kStatuses) {
    if (text == name) return value;
    known += known.empty() ? std::string(text) : fmt::format(", {}", text);
  }
  return fail(ErrorCode::kInvalidArgument, "'state' is not the state of a recording", fmt::format("use one of {}", known));
}

Result<MediaOrder> media_order_from_name(std::string_view name) {
  MediaOrder order;
  order.descending = name.starts_with('-');
  if (order.descending) name.remove_prefix(1);
  for (const auto& [value, text] : kSorts) {
    order.by = value;
    if (text == name) return order;
  }
  return fail(ErrorCode::kInvalidArgument, "'sort' is not an order of recordings",
              "use created, title, duration or size, with - before it for the other direction");
}

std::string media_order_name(const MediaOrder& order) {
  for (const auto& [value, text] : kSorts) {
    if (value == order.by) return fmt::format("{}{}", order.descending ? "-" : "", text);
  }
  return "-created";
}

std::string to_cursor(const MediaOrder& order, const MediaCursor& cursor) {
  if (order.by == MediaSort::kCreated) return cursor.id;
  return fmt::format("{}.{}.{}", media_order_name(order), cursor.id, to_hex(cursor.key));
}

Result<MediaCursor> parse_media_cursor(const MediaOrder& order, std::string_view text) {
  const auto wrong = fail(ErrorCode::kInvalidArgument, "'after' must be the 'next' of a page with the same 'sort'");
  if (order.by == MediaSort::kCreated) {
    if (!is_uuid(text)) return wrong;
    return MediaCursor{"", std::string(text)};
  }
  const std::size_t first = text.find('.');
  const std::size_t last = text.rfind('.');
  if (first == std::string_view::npos || first == last || text.substr(0, first) != media_order_name(order)) return wrong;
  const std::string_view id = text.substr(first + 1, last - first - 1);
  auto key = from_hex(text.substr(last + 1));
  if (!is_uuid(id) || !key || (order.by != MediaSort::kTitle && !is_number(*key))) return wrong;
  return MediaCursor{std::move(*key), std::string(id)};
}

}  // namespace zimu::app
