#pragma once
#include <cstddef>
#include <memory>
#include <span>
#include <vector>

#include "asr/sampler.hpp"

namespace zimu::asr {

/// One attempt at a window's text, along one way (branch) or several at once. It starts as one branch right after the
/// prompt. Thread: `hear` and `look` at different branches by different threads; everything else by one.
class Search {
 public:
  virtual ~Search() = default;
  virtual std::size_t branches() const = 0;
  virtual const std::vector<Token>& tokens(std::size_t branch) const = 0;
  /// Where the heads looked while the last token of `branch` went through the network.
  virtual void hear(std::size_t branch, std::shared_ptr<const AttentionRow> attention) = 0;
  /// What could follow `branch`.
  virtual void look(std::size_t branch, std::span<const float> logits) = 0;
  /// After a `look` at every branch. True: there are new ones, each a token longer, and `parents` says which of the old
  /// ones each goes on from. False: the search is over.
  virtual bool advance(std::vector<std::size_t>& parents) = 0;
  virtual Decoding take() = 0;
};

/// The likeliest token each time, or, at a temperature, one by chance.
class SingleSearch : public Search {
 public:
  SingleSearch(const Vocabulary& vocabulary, const SamplingRules& rules, float temperature, std::uint64_t seed)
      : sampler_(vocabulary, rules, temperature, seed), eot_(vocabulary.special().eot) {}

  std::size_t branches() const override { return 1; }
  const std::vector<Token>& tokens(std::size_t) const override { return sampler_.tokens(); }
  void hear(std::size_t, std::shared_ptr<const AttentionRow> attention) override {
    attention_.push_back(std::move(attention));
  }
  void look(std::size_t, std::span<const float> logits) override { goes_on_ = sampler_.next(logits) != eot_; }
  bool advance(std::vector<std::size_t>& parents) override {
    parents.assign(1, 0);
    return goes_on_;
  }
  Decoding take() override {
    Decoding decoding = sampler_.take();
    decoding.attention = std::move(attention_);
    return decoding;
  }

 private:
  Sampler sampler_;
  Token eot_;
  bool goes_on_ = true;
  std::vector<std::shared_ptr<const AttentionRow>> attention_;
};

}  // namespace zimu::asr
