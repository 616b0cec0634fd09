#include "protocol/messages.hpp"

#include <algorithm>

namespace zimu::protocol {

Result<> LineSplitter::feed(std::string_view bytes) {
  if (failed_) return fail(ErrorCode::kProtocol, "a line before was longer than 1 MiB");
  buffer_ += bytes;
  // Only the unfinished last line counts: whole lines wait to be taken.
  const auto last_newline = buffer_.rfind('\n');
  const std::size_t open = last_newline == std::string::npos ? buffer_.size() : buffer_.size() - last_newline - 1;
  std::size_t longest = open;
  for (std::size_t at = 0, end = buffer_.find('\n'); end != std::string::npos; at = end + 1, end = buffer_.find('\n', at)) {
    longest = std::max(longest, end - at);
  }
  if (longest > kMaxLineBytes) {
    failed_ = true;
    buffer_.clear();
    scanned_ = 0;
    return fail(ErrorCode::kProtocol, "a line is longer than 1 MiB");
  }
  return {};
}

std::optional<std::string> LineSplitter::next() {
  const auto end = buffer_.find('\n', scanned_);
  if (end == std::string::npos) {
    scanned_ = buffer_.size();
    return std::nullopt;
  }
  std::string line = buffer_.substr(0, end);
  buffer_.erase(0, end + 1);
  scanned_ = 0;
  return line;
}

}  // namespace zimu::protocol
