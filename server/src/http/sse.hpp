#pragma once
#include <chrono>
#include <string>
#include <string_view>

/// Server-sent events framing (WHATWG HTML §9.2). The texts are for StreamWriter::write.
namespace zimu::http {

/// "id: …\nevent: …\ndata: …\n\n"; an empty id or event is left out; data is split at CR, LF and CRLF.
/// Line breaks and NUL in id and event are dropped.
std::string sse_event(std::string_view id, std::string_view event, std::string_view data);
/// A comment line (": text\n\n"): the heartbeat.
std::string sse_comment(std::string_view text);
/// Tells the client how long to wait before it comes back ("retry: 1000\n\n").
std::string sse_retry(std::chrono::milliseconds delay);

}  // namespace zimu::http
