#pragma once
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "domain/job.hpp"
#include "domain/transcript.hpp"

/// The seam behind which speech becomes text. Nothing outside asr/ sees libwhisper or ggml.
namespace zimu::asr {

constexpr int kSampleRateHz = 16000;

struct LoadOptions {
  std::string model_path;
  std::string device = "auto";  ///< "auto" | "cpu" | "cuda"
  int threads = 0;              ///< 0 = all cores
  bool words = false;           ///< word timestamps will be asked for
};

struct LanguageGuess {
  std::string code;
  float probability = 0;
  float no_speech_prob = 0;  ///< whether there was a language to hear
};

struct WindowOptions {
  std::string language;         ///< ISO code; never "auto" here
  domain::Task task = domain::Task::kTranscribe;
  std::string prompt;
  bool words = false;
  float temperature = 0;
};

/// What one window of audio became. Times are relative to the window's first sample.
struct WindowResult {
  std::vector<domain::Segment> segments;
  std::vector<domain::Retry> retries;
  /// Audio before this is finished with; less than the window's length when speech after it should be
  /// decoded again as the start of the next window.
  Milliseconds consumed{0};
  Milliseconds encode_time{0};
  Milliseconds sample_time{0};
};

/// A loaded model. Thread: one call at a time, any thread. `abort` is polled between tokens: returns true to stop.
class Engine {
 public:
  virtual ~Engine() = default;
  /// Audio: mono float PCM, 16 kHz, at most 30 s.
  virtual Result<LanguageGuess> detect_language(std::span<const float> audio) = 0;
  virtual Result<WindowResult> transcribe(std::span<const float> audio, const WindowOptions& options,
                                          const std::function<bool()>& abort) = 0;
  virtual std::string device() const = 0;       ///< really used
  virtual bool multilingual() const = 0;
  virtual std::string name() const = 0;         ///< "libwhisper 1.9.1"
};

/// kModelMissing, kModelInvalid, kOutOfMemory, or kUnavailable when CUDA was asked for by name and is not there.
Result<std::unique_ptr<Engine>> load_whisper(const LoadOptions& options);
std::string engine_version();
std::vector<std::string> engine_devices();

}  // namespace zimu::asr
