#include "supervisor/log_lines.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace zimu::supervisor {

void LogLines::feed(std::string_view bytes, Clock::time_point now) {
  while (!bytes.empty()) {
    const auto end = bytes.find_first_of("\r\n");  // progress bars end their lines with a bare \r
    const std::string_view piece = bytes.substr(0, end);
    const std::size_t room = kMaxLine - std::min(kMaxLine, line_.size());
    line_.append(piece.substr(0, room));
    cut_ = cut_ || piece.size() > room;
    if (end == std::string_view::npos) return;
    end_line(now);
    bytes.remove_prefix(end + 1);
  }
}

void LogLines::finish(Clock::time_point now) {
  end_line(now);
  report_dropped();
}

void LogLines::end_line(Clock::time_point now) {
  std::string line = std::exchange(line_, {});
  const bool was_cut = std::exchange(cut_, false);
  if (line.empty()) return;
  if (now - second_began_ >= std::chrono::seconds(1)) {
    report_dropped();
    second_began_ = now;
    in_this_second_ = 0;
  }
  last_ = line;
  if (++in_this_second_ > kMaxPerSecond) {
    ++dropped_;
    return;
  }
  if (was_cut) {
    constexpr std::string_view kMark = "[…]";
    line.resize(kMaxLine - kMark.size());
    line += kMark;
  }
  if (on_line_) on_line_(line);
}

void LogLines::report_dropped() {
  if (dropped_ != 0 && on_line_) on_line_(fmt::format("[{} more lines were dropped]", dropped_));
  dropped_ = 0;
}

}  // namespace zimu::supervisor
