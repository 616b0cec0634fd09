#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "base/time.hpp"

namespace zimu::domain {

/// A spoken word with its place in the recording. `text` keeps its leading space where the language has one.
struct Word {
  Milliseconds start{0};
  Milliseconds end{0};
  std::string text;
  float probability = 0;  ///< 0..1
};

/// A stretch of speech as the model cut it: the unit of display, editing and export. Times are media time
/// with the container's start offset compensated; start <= end; segments of a transcript are in order.
struct Segment {
  std::int64_t index = 0;  ///< 0-based place in the transcript
  Milliseconds start{0};
  Milliseconds end{0};
  std::string text;            ///< trimmed
  std::string speaker;         ///< empty when unknown
  std::vector<Word> words;     ///< empty unless word times were asked for
  float avg_logprob = 0;       ///< mean natural-log probability of the tokens
  float compression_ratio = 0; ///< bytes before / after zlib (openai/whisper utils.py)
  float no_speech_prob = 0;    ///< 0..1, read at the start-of-transcript row
  float temperature = 0;       ///< temperature of the decoding that was kept
  std::vector<int> tokens;     ///< model token ids, for OpenAI's verbose_json
};

/// One decoding of a window that was thrown away, and why.
struct Retry {
  float temperature = 0;
  std::string reason;  ///< "compression_ratio", "avg_logprob", "repetition", "no_speech"
  float value = 0;     ///< the measure that failed
};

/// Text that was decoded and left out of the segments.
struct LeftOut {
  Milliseconds start{0};
  Milliseconds end{0};
  std::string reason;  ///< as Retry's; "repetition": with the rounds of a loop after the first
  std::string text;
};

/// How much of what can be heard has text.
struct Coverage {
  struct Gap {
    Milliseconds start{0};
    Milliseconds end{0};
  };
  Milliseconds audible{0};
  Milliseconds covered{0};        ///< of it, what lies in segments
  std::vector<Gap> gaps;          ///< sound for a second and more, and no text
  std::vector<LeftOut> left_out;  ///< for whoever wants to review it
};

/// 0..1; 1 where nothing can be heard.
double share_with_text(const Coverage& coverage) noexcept;
/// What comes after it. Gaps that meet become one.
void append(Coverage& to, const Coverage& next);

/// A finished stretch of a recording, at most 65 s, of which at most 30 s were heard (the rest is silence): the unit of
/// commitment and of resuming.
struct Window {
  std::int64_t index = 0;
  Milliseconds start{0};
  Milliseconds end{0};      ///< the next window starts here; resume point
  std::vector<Segment> segments;
  std::vector<Retry> retries;
  bool silence = false;     ///< nothing audible: not decoded
  std::optional<Coverage> coverage = {};  ///< nullopt: not measured
};

enum class Task : std::uint8_t { kTranscribe, kTranslate };

/// Where a transcript came from. A draft is a span of its parent done again: nobody's text until it is taken over.
enum class Origin : std::uint8_t { kJob, kImport, kAlign, kDraft };

std::string_view origin_name(Origin origin) noexcept;  ///< "job" | "import" | "align" | "draft"
Result<Origin> origin_from_name(std::string_view name);

/// What export formats need: segments and a little about the recording.
struct Transcript {
  std::string id;
  std::string media_id;
  std::string job_id;
  std::string title;                ///< from the file name until somebody changes it
  std::string model;
  Task task = Task::kTranscribe;
  std::string language;             ///< ISO 639-1 ("en"), empty until detected
  float language_probability = 0;   ///< 1 when the user gave the language
  Milliseconds duration{0};         ///< of the recording
  bool complete = false;            ///< false while the job still adds windows, or when it failed half-way
  Timestamp created_at{};
  Timestamp updated_at{};
  std::int64_t revision = 0;             ///< number of the last change by a person; 0: as it was made
  Origin origin = Origin::kJob;
  std::optional<std::string> parent_id = {};  ///< of a draft
  std::vector<Segment> segments;    ///< may be empty in list answers
  std::optional<Coverage> coverage = {};  ///< as it was made; with the segments, where every window was measured
};

}  // namespace zimu::domain
