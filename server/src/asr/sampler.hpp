#pragma once
#include <cstdint>
#include <random>
#include <span>
#include <string>
#include <vector>

#include "asr/timestamp_rules.hpp"
#include "asr/vocabulary.hpp"

namespace zimu::asr {

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
  std::span<const Token> never;        ///< from `never_sampled`
  std::span<const Token> never_first;  ///< from `never_first`
  TimestampRules timestamps;
  bool with_timestamps = true;
  std::size_t max_tokens = 0;
};

/// Greedy at temperature 0, else random by a seed: the same window gives the same text on every run.
class Sampler : public TokenSource {
 public:
  Sampler(const Vocabulary& vocabulary, const SamplingRules& rules, float temperature, std::uint64_t seed);
  Token next(std::span<const float> logits) override;
  /// What came so far, with text and measures filled in.
  Decoding take();

 private:
  void restrict_row();
  Token pick();
  bool starts_to_loop() const;
  float logprob(Token token) const;

  const Vocabulary& vocabulary_;
  SamplingRules rules_;
  std::mt19937_64 random_;
  std::vector<float> row_;
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
