#pragma once
#include <cstddef>
#include <memory>
#include <span>
#include <vector>

#include "asr/search.hpp"

namespace zimu::asr {

/// Follows the likeliest few ways through a window at once (openai/whisper decoding.py: patience 1, ranked by the mean
/// log-probability of a token). A way that loops is given up as long as there is another one.
class BeamSearch : public Search {
 public:
  BeamSearch(const Vocabulary& vocabulary, const SamplingRules& rules, std::size_t width);

  std::size_t branches() const override { return beams_.size(); }
  const std::vector<Token>& tokens(std::size_t beam) const override { return beams_[beam].so_far.tokens; }
  void hear(std::size_t beam, std::shared_ptr<const AttentionRow> attention) override;
  void look(std::size_t beam, std::span<const float> logits) override;
  bool advance(std::vector<std::size_t>& parents) override;
  /// The best way; what is not over counts only while there are too few that are.
  Decoding take() override;

 private:
  struct Next {
    Token token = 0;
    float logprob = 0;
  };
  struct Beam {
    Decoding so_far;
    double sum = 0;
    std::vector<Next> next;
    Odds odds;
  };
  struct Way {
    std::size_t parent = 0;
    Next next;
    double sum = 0;
  };
  struct Finished {
    Decoding decoding;
    double sum = 0;
  };
  std::vector<Way> ways() const;
  Beam longer(const Way& way) const;
  void drop_loops(std::vector<Beam>& beams, std::vector<std::size_t>& parents);

  const Vocabulary& vocabulary_;
  SamplingRules rules_;
  std::size_t width_;
  std::vector<Beam> beams_;
  std::vector<Finished> finished_;
};

}  // namespace zimu::asr
