#pragma once
#include <optional>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "domain/job.hpp"
#include "domain/transcript.hpp"

/// What JobService is asked for.
namespace zimu::app {

/// To transcribe a part again. What the request leaves open is as the parent has it.
struct SpanRequest {
  domain::JobSpan span;
  bool language_given = false;
  bool task_given = false;
  bool audio_stream_given = false;
};

struct CreateJob {
  std::string media_id;
  domain::TranscribeOptions options;
  int priority = 0;  ///< -100..100
  std::optional<SpanRequest> part = {};
};

constexpr int kMaxPriority = 100;
Result<> check_priority(int priority);  ///< kInvalidArgument naming the bounds

/// A film with the subtitles of a transcript. `media_id` may be empty; else it must be the transcript's.
struct CreateRender {
  std::string transcript_id;
  std::string media_id = {};
  domain::RenderOptions options;
  int priority = 0;  ///< -100..100
};

/// A transcript that somebody brings along, or that is made of another: no job stands behind it.
struct NewTrack {
  std::string media_id;
  std::string title;     ///< empty: the recording's
  std::string language;  ///< a code, or empty
  domain::Origin origin = domain::Origin::kImport;
  std::string model = {};  ///< whose word times it has; empty: nobody's
  std::vector<domain::Segment> segments;
};

}  // namespace zimu::app
