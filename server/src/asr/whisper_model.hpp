#pragma once
#include <memory>
#include <string>
#include <vector>

#include "asr/engine.hpp"
#include "asr/model_file.hpp"
#include "asr/thread_tuner.hpp"
#include "asr/vocabulary.hpp"
#include "base/result.hpp"

struct whisper_context;
struct whisper_state;

namespace zimu::asr {

struct FreeContext {
  void operator()(whisper_context* context) const;
};
struct FreeState {
  void operator()(whisper_state* state) const;
};

/// A model in memory with the buffers to run one window. Owner of everything libwhisper allocates.
struct WhisperModel {
  /// Errors as `load_whisper`.
  static Result<std::unique_ptr<WhisperModel>> load(const LoadOptions& options);

  static constexpr ThreadTuner::Pace kEncodePace{1, 6, 1};  ///< in windows
  static constexpr ThreadTuner::Pace kStepPace{2, 64, 6};   ///< in tokens

  std::unique_ptr<whisper_context, FreeContext> context;
  std::unique_ptr<whisper_state, FreeState> state;  // after the context: freed first
  ModelHeader header;
  std::unique_ptr<const Vocabulary> vocabulary;
  ThreadTuner encode_threads{1, kEncodePace};
  ThreadTuner step_threads{1, kStepPace};
  std::string device;           ///< "cpu" or "cuda"
  bool aligns_words = false;    ///< loaded for word times
  bool has_timestamps = true;   ///< the first distilled models never learned them
};

/// Number of the language's token counted from the first one; kInvalidArgument when the model lacks it.
Result<int> language_number(const WhisperModel& model, const std::string& code);

}  // namespace zimu::asr
