#pragma once
#include <cstdint>
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
};

struct LanguageGuess {
  std::string code;
  float probability = 0;
  float no_speech_prob = 0;  ///< whether there was a language to hear
};

struct WindowOptions {
  std::string language;         ///< ISO code; never "auto" here
  bool language_heard = false;  ///< it was heard in the recording, not given: a window that is clearly in another keeps its own
  std::vector<std::string> languages;  ///< that there may be; empty: all
  domain::Task task = domain::Task::kTranscribe;
  std::string prompt;
  bool words = false;
  float temperature = 0;
  int beam_size = 5;            ///< 1: greedy, and a beam search of five only where that fails; at most five
};

/// What one window of audio became. Times are relative to the window's first sample.
struct WindowResult {
  std::vector<domain::Segment> segments;
  std::vector<domain::Retry> retries;
  std::string language;  ///< that it was decoded in
  std::vector<domain::LeftOut> left_out;  ///< for whoever wants to review it
  /// Audio before this is finished with; less than the window's length when speech after it should be
  /// decoded again as the start of the next window.
  Milliseconds consumed{0};
  Milliseconds encode_time{0};
  Milliseconds sample_time{0};  ///< its share of the steps that it took part in
  Milliseconds batch_time{0};   ///< all of these steps: over all windows, batch / sample is how full the batch was
};

/// A window on its way to the engine.
struct SpeechWindow {
  std::uint64_t tag = 0;     ///< the caller's name for it
  std::vector<float> audio;  ///< mono, 16 kHz, at most 30 s
  WindowOptions options;
};

enum class Pull : std::uint8_t { kWindow, kNotYet, kEnd };

/// Where windows come from.
class WindowSource {
 public:
  virtual ~WindowSource() = default;
  /// `wait`: there is nothing else to do until there is a window or the end.
  virtual Pull next(SpeechWindow& into, bool wait) = 0;
};

/// Takes what a window became.
using WindowSink = std::function<Result<>(std::uint64_t tag, WindowResult result)>;

/// A loaded model. Thread: one call at a time, any thread.
class Engine {
 public:
  virtual ~Engine() = default;
  /// Audio: mono float PCM, 16 kHz, at most 30 s. The likeliest of the languages `among` which it must be; none: all.
  virtual Result<LanguageGuess> detect_language(std::span<const float> audio, std::span<const std::string> among) = 0;
  /// Many windows at once, until the source ends; each reaches the sink once, in any order. `abort` is polled between
  /// steps: true ends it with kCancelled. What a window becomes does not depend on the others.
  virtual Result<> transcribe(WindowSource& source, const WindowSink& sink, const std::function<bool()>& abort) = 0;
  virtual std::string device() const = 0;       ///< really used
  virtual bool multilingual() const = 0;
  virtual std::string name() const = 0;         ///< "zimu (ggml of whisper.cpp 1.9.1)"
};

/// kModelMissing, kModelInvalid, kOutOfMemory, or kUnavailable when CUDA was asked for by name and is not there.
Result<std::unique_ptr<Engine>> load_engine(const LoadOptions& options);
std::string engine_version();
std::vector<std::string> engine_devices();

}  // namespace zimu::asr
