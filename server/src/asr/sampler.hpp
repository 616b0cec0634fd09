#pragma once
#include <cstdint>
#include <memory>
#include <random>
#include <span>
#include <string>
#include <vector>

#include "asr/odds.hpp"
#include "asr/timestamp_rules.hpp"
#include "asr/vocabulary.hpp"

namespace zimu::asr {

/// Where the alignment heads looked in the audio before one token was chosen (alignment.hpp).
struct AttentionRow;

/// One way through a window: what was sampled, and how sure the model was.
struct Decoding {
  std::vector<Token> tokens;    ///< text and timestamps, without the end of text
  std::vector<float> logprobs;  ///< natural logarithm, one per token, without temperature
  std::string text;
  float temperature = 0;
  float avg_logprob = 0;        ///< the end of text counts as a token (openai/whisper decoding.py)
  float no_speech_prob = 0;
  float compression_ratio = 0;
  bool looping = false;         ///< one unit over and over, by n-grams
  bool ended = false;           ///< false: cut at the token limit
  /// Of the prompt from <|startoftranscript|> on, then of each token. Empty when words are not asked for.
  std::vector<std::shared_ptr<const AttentionRow>> attention;
};

/// Gives the decoder its next token. Thread: one at a time.
class TokenSource {
 public:
  virtual ~TokenSource() = default;
  /// `logits`: one row over the vocabulary, untouched. The end-of-text token means: done.
  virtual Token next(std::span<const float> logits) = 0;
};

/// What holds for every token of a window.
struct SamplingRules {
  const Bias* bias = nullptr;  ///< of the model
  TimestampRules timestamps;
  bool with_timestamps = true;
  std::size_t max_tokens = 0;
};

/// What may follow `sampled`, by `logits`.
void weigh(Odds& odds, std::span<const float> logits, std::span<const Token> sampled, const SamplingRules& rules,
           const Vocabulary& vocabulary);
/// Whether it is time to look for a loop in `tokens`, and there is one: left early, a failed attempt costs little.
bool starts_to_loop(std::span<const Token> tokens, const Vocabulary& vocabulary);
/// Fills in the text and the measures. `sum_logprob`: of the tokens and the end of text.
void measure(Decoding& decoding, double sum_logprob, const Vocabulary& vocabulary);

/// Greedy at temperature 0, else random by a seed: the same window gives the same text on every run.
class Sampler : public TokenSource {
 public:
  Sampler(const Vocabulary& vocabulary, const SamplingRules& rules, float temperature, std::uint64_t seed);
  Token next(std::span<const float> logits) override;
  /// What came so far, with text and measures filled in.
  Decoding take();
  const std::vector<Token>& tokens() const noexcept { return decoding_.tokens; }

 private:
  const Vocabulary& vocabulary_;
  SamplingRules rules_;
  std::mt19937_64 random_;
  Odds odds_;
  Decoding decoding_;
  double sum_logprob_ = 0;
};

/// Says again what was said before, whatever the model would like to say.
class Replay : public TokenSource {
 public:
  Replay(std::span<const Token> tokens, Token eot) : tokens_(tokens), eot_(eot) {}
  Token next(std::span<const float>) override { return at_ < tokens_.size() ? tokens_[at_++] : eot_; }

 private:
  std::span<const Token> tokens_;
  Token eot_;
  std::size_t at_ = 0;
};

}  // namespace zimu::asr
