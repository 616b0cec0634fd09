// LINK: zimu_protocol
// The first byte chooses the chunking; whatever it is, the lines are the same. A line that is a message can be sent, and
// what is sent is read as the same message.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/check.hpp"
#include "protocol/messages.hpp"

namespace protocol = zimu::protocol;

namespace {

std::vector<std::string> lines_of(std::string_view bytes, std::size_t piece) {
  protocol::LineSplitter splitter;
  std::vector<std::string> lines;
  for (std::size_t at = 0; at < bytes.size(); at += piece) {
    const bool fed = splitter.feed(bytes.substr(at, piece)).has_value();
    while (auto line = splitter.next()) lines.push_back(std::move(*line));
    if (!fed) break;
  }
  return lines;
}

template <class Decode>
void check_message(const std::string& line, Decode decode) {
  const auto message = decode(line);
  if (!message) {
    ZIMU_CHECK(message.error().code == zimu::ErrorCode::kProtocol && !message.error().message.empty());
    return;
  }
  const std::string sent = protocol::encode(*message);
  ZIMU_CHECK(sent.find('\n') == std::string::npos);
  const auto again = decode(sent);
  ZIMU_CHECK(again.has_value() && again->index() == message->index());
  ZIMU_CHECK(protocol::encode(*again) == sent);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view bytes(reinterpret_cast<const char*>(data + 1), size - 1);
  const auto lines = lines_of(bytes, std::max<std::size_t>(1, bytes.size()));
  ZIMU_CHECK(lines_of(bytes, 1U + data[0]) == lines);
  ZIMU_CHECK(lines.size() == static_cast<std::size_t>(std::count(bytes.begin(), bytes.end(), '\n')));
  for (const std::string& line : lines) {
    check_message(line, protocol::decode_request);
    check_message(line, protocol::decode_event);
  }
  return 0;
}
