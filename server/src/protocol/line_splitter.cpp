#include <algorithm>

#include "protocol/messages.hpp"

namespace zimu::protocol {

Result<> LineSplitter::feed(std::string_view bytes) {
  if (failed_) return fail(ErrorCode::kProtocol, "a line before was longer than 1 MiB");
  buffer_.erase(0, taken_);
  scanned_ -= taken_;
  taken_ = 0;
  for (std::size_t at = 0; at <= bytes.size();) {
    const std::size_t end = std::min(bytes.find('\n', at), bytes.size());
    if (open_ + (end - at) > kMaxLineBytes) {
      failed_ = true;
      // What is whole stays.
      if (at > 0) {
        buffer_ += bytes.substr(0, at);
      } else {
        buffer_.resize(buffer_.size() - open_);
      }
      scanned_ = std::min(scanned_, buffer_.size());
      return fail(ErrorCode::kProtocol, "a line is longer than 1 MiB");
    }
    open_ = end == bytes.size() ? open_ + (end - at) : 0;
    at = end + 1;
  }
  buffer_ += bytes;
  return {};
}

std::optional<std::string> LineSplitter::next() {
  const auto end = buffer_.find('\n', scanned_);
  if (end == std::string::npos) {
    scanned_ = buffer_.size();
    return std::nullopt;
  }
  std::string line = buffer_.substr(taken_, end - taken_);
  taken_ = scanned_ = end + 1;
  return line;
}

}  // namespace zimu::protocol
