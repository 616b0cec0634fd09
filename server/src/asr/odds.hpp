#pragma once
#include <cstddef>
#include <span>
#include <vector>

#include "asr/timestamp_rules.hpp"
#include "asr/vocabulary.hpp"

namespace zimu::asr {

/// Added to every row of logits: nothing, or minus infinity for what is never said. Worked out once for a model.
struct Bias {
  Bias(const Vocabulary& vocabulary, std::span<const Token> never, std::span<const Token> never_first);
  std::vector<float> always;
  std::vector<float> first;  ///< for the first token: `never_first` too
};

/// The probabilities of what may come next, from a row of logits that stays as it is. The row has to live as long as
/// the answers are asked for. Thread: one at a time.
class Odds {
 public:
  /// A time is due, and text is out of the question, when all times together are likelier than any text
  /// (openai/whisper decoding.py).
  void read(std::span<const float> logits, std::span<const float> bias, const Choice& choice,
            const SpecialTokens& special);
  /// False when nothing may come.
  bool any() const noexcept;
  bool allows(Token token) const noexcept;
  /// The first of several that are equally likely. These need `any`.
  Token likeliest() const;
  /// By the probabilities at `temperature`, with `share` in [0, 1) for chance.
  Token draw(float temperature, double share);
  /// Natural logarithm, among what is allowed.
  float logprob(Token token) const;
  /// The likeliest ones, most likely first.
  void best(std::size_t count, std::vector<Token>& out) const;

 private:
  /// A range of the row, looked at in blocks.
  struct Stretch {
    std::size_t from = 0;
    std::size_t to = 0;
    float best = 0;
    std::vector<float> maxima;
    std::vector<float> sums;
    std::size_t size() const noexcept { return to - from; }
  };
  void scan(Stretch& stretch, std::size_t from, std::size_t to) const;
  double sum(Stretch& stretch, float shift, float scale) const;
  Token first_equal(const Stretch& stretch, float value) const;
  float weight(std::size_t i) const { return logits_[i] + bias_[i]; }

  std::span<const float> logits_;
  std::span<const float> bias_;
  Stretch text_;
  Stretch times_;
  float best_ = 0;
  float log_total_ = 0;
};

/// Softmax of one token over the whole row, whatever is allowed.
float softmax_at(std::span<const float> row, Token token);

}  // namespace zimu::asr
