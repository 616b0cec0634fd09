#pragma once
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/result.hpp"
#include "domain/job.hpp"
#include "domain/media.hpp"
#include "domain/transcript.hpp"

/// The server↔worker protocol, version 1: newline-delimited JSON, requests on fd 3, events on fd 4.
/// Specification with examples: docs/formats/worker-protocol.md (tests parse every example there).
namespace zimu::protocol {

constexpr int kVersion = 1;
constexpr int kRequestFd = 3;
constexpr int kEventFd = 4;
constexpr std::size_t kMaxLineBytes = 1U << 20U;  ///< without the newline; longer lines are kProtocol

// ── requests (server → worker) ──────────────────────────────────────────────
struct TranscribeRequest {
  std::string job;
  std::string media_path;
  std::string model_path;
  domain::TranscribeOptions options;   ///< options.model is informative; model_path counts
  Milliseconds resume_at{0};           ///< media time of the last committed window's end
  std::int64_t next_window = 0;        ///< index to give the first new window
  std::int64_t next_segment = 0;       ///< index to give the first new segment
  std::string resume_language;         ///< language found before, empty at the first start
  float resume_language_probability = 0;
  Milliseconds span_start{0};          ///< nothing before it is transcribed; resume_at is not before it
  Milliseconds span_end{0};            ///< the last window ends here; 0: where the recording does
};
/// Streams, duration and waveform peaks of a file; no model needed.
struct InspectRequest {
  std::string job;                     ///< echoed in the answers
  std::string media_path;
  std::string peaks_path;              ///< where to write the peaks (docs/formats/worker-protocol.md); empty = none
  std::string poster_path = {};        ///< where to write a picture of it, a JPEG; empty = none
};
struct CancelRequest {
  std::string job;
};
using Request = std::variant<TranscribeRequest, InspectRequest, CancelRequest>;

// ── events (worker → server) ────────────────────────────────────────────────
struct HelloEvent {
  int version = kVersion;
  int pid = 0;
  std::string engine;                  ///< "libwhisper 1.9.1"
  std::vector<std::string> devices;    ///< {"cpu"} or {"cpu","cuda"}
  std::vector<std::string> features;   ///< {"words","inspect","translate","span"}
};
struct MediaEvent {
  std::string job;
  domain::MediaInfo info;
  int audio_stream = 0;                ///< chosen, index among audio streams
};
struct LanguageEvent {
  std::string job;
  std::string language;
  float probability = 0;
};
struct ProgressEvent {                 ///< also the heartbeat: at least every 5 s while a job runs
  std::string job;
  std::string stage;                   ///< "loading" | "decoding" | "transcribing" | "finishing" | "inspecting"
  Milliseconds done{0};                ///< media time
  Milliseconds total{0};               ///< 0 when unknown
  double speed = 0;                    ///< × real time since this start
  std::string device;                  ///< "cpu" | "cuda", empty before the model is loaded
};
struct WindowEvent {
  std::string job;
  domain::Window window;
};
struct StageTime {
  std::string stage;                   ///< "decode" "resample" "mel" "encode" "sample" …
  Milliseconds time{0};
};
struct DoneEvent {
  std::string job;
  Milliseconds duration{0};            ///< media time really decoded
  double audible_share_with_text = 1;  ///< coverage: 0..1 of the audible time that has text
  std::vector<StageTime> timings;
  std::string device;
  std::string sha256;                  ///< of the media file, for inspect only (may be empty)
};
struct FailedEvent {
  std::string job;
  ErrorCode code = ErrorCode::kInternal;
  std::string message;
  std::string action;
  bool retryable = false;
};
struct UnknownEvent {                  ///< a type this version does not know: to be logged and ignored
  std::string type;
};
using Event = std::variant<HelloEvent, MediaEvent, LanguageEvent, ProgressEvent, WindowEvent, DoneEvent, FailedEvent,
                           UnknownEvent>;

/// One line without the newline. Valid UTF-8 always (bad bytes become U+FFFD).
std::string encode(const Request& request);
std::string encode(const Event& event);
/// kProtocol with a sentence for anything that is not a valid message; unknown fields are ignored.
Result<Request> decode_request(std::string_view line);
Result<Event> decode_event(std::string_view line);

/// Cuts a byte stream into lines. kProtocol once a line passes kMaxLineBytes; afterwards it stays failed, and only the
/// whole lines before that one can still be taken.
class LineSplitter {
 public:
  Result<> feed(std::string_view bytes);
  std::optional<std::string> next();   ///< next whole line, without newline

 private:
  std::string buffer_;
  std::size_t taken_ = 0;              ///< bytes of buffer_ that were handed out
  std::size_t scanned_ = 0;            ///< no newline from taken_ to here
  std::size_t open_ = 0;               ///< bytes of the last line, which has no newline yet
  bool failed_ = false;
};

}  // namespace zimu::protocol
