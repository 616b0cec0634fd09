#pragma once
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "asr/sampler.hpp"
#include "asr/whisper_model.hpp"
#include "base/result.hpp"

namespace zimu::asr {

/// What a window's tokens follow: [<|startofprev|> words] <|startoftranscript|> [<|language|> <|task|>] …
struct Prompt {
  std::vector<Token> hints;      ///< the user's words, without <|startofprev|>
  std::vector<Token> up_to_sot;  ///< hints and their mark, when there are any, and <|startoftranscript|>
  std::vector<Token> after_sot;
};

/// kInvalidArgument for a language the model does not know.
Result<Prompt> make_prompt(const WhisperModel& model, const WindowOptions& options);

/// One window through the model, step by step. Nothing of an earlier window is used: `encode` and `begin` overwrite
/// all that later steps read. Thread: one at a time.
class WindowDecoder {
 public:
  explicit WindowDecoder(WhisperModel& model) : model_(model) {}

  /// Audio: 1 to 30 s.
  Result<> encode(std::span<const float> audio);
  /// Puts the prompt before the tokens. After `encode`.
  Result<> begin(const Prompt& prompt);
  /// Softmax of <|nospeech|> right after <|startoftranscript|>, where OpenAI reads it. (libwhisper's own value is that
  /// of another row.) After `begin`.
  float no_speech_prob() const noexcept { return no_speech_prob_; }
  /// Makes up its mind about the number of threads, for those who cannot change it between tokens.
  Result<> end_thread_trial();
  /// A token's work for nothing.
  Result<> idle_step();
  /// Asks `source` for tokens until it says end of text. Any number of times after `begin`. kCancelled by `abort`.
  Result<> decode(TokenSource& source, const std::function<bool()>& abort);
  struct Languages {
    std::vector<float> probabilities;  ///< of each language of the model
    float no_speech_prob = 0;
  };
  /// After `encode`; `begin` has to come after it.
  Result<Languages> hear_language();

 private:
  Result<std::span<const float>> step(std::span<const Token> tokens, std::size_t past);

  WhisperModel& model_;
  std::size_t prompt_size_ = 0;
  std::vector<float> first_row_;  // logits after the prompt: every attempt starts from them
  float no_speech_prob_ = 0;
};

}  // namespace zimu::asr
