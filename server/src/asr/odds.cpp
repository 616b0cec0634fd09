#include "asr/odds.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "asr/fast_exp.hpp"
#include "asr/simd.hpp"

namespace zimu::asr {
namespace odds_kernels {

constexpr std::size_t kBlock = 512;
/// What is this much less likely than the best in a whole block does not show in a sum of floats.
constexpr float kNegligible = -32;

ZIMU_FOR_EACH_CPU void block_maxima(const float* logits, const float* bias, std::size_t size, float* maxima) {
  for (std::size_t at = 0; at < size; at += kBlock) {
    const std::size_t end = std::min(size, at + kBlock);
    float most = -std::numeric_limits<float>::infinity();
#pragma omp simd reduction(max : most)
    for (std::size_t i = at; i < end; ++i) {
      const float weight = logits[i] + bias[i];
      most = weight > most ? weight : most;
    }
    maxima[at / kBlock] = most;
  }
}

/// Sums of exp((logit - shift) * scale).
ZIMU_FOR_EACH_CPU void block_sums(const float* logits, const float* bias, std::size_t size, float shift, float scale,
                                  const float* maxima, float* sums) {
  for (std::size_t at = 0; at < size; at += kBlock) {
    float total = 0;
    const std::size_t end = std::min(size, at + kBlock);
    if ((maxima[at / kBlock] - shift) * scale > kNegligible) {
#pragma omp simd reduction(+ : total)
      for (std::size_t i = at; i < end; ++i) total += fast_exp((logits[i] + bias[i] - shift) * scale);
    }
    sums[at / kBlock] = total;
  }
}

}  // namespace odds_kernels

namespace {

using odds_kernels::kBlock;
constexpr float kNever = -std::numeric_limits<float>::infinity();

}  // namespace

Bias::Bias(const Vocabulary& vocabulary, std::span<const Token> never, std::span<const Token> never_first)
    : always(static_cast<std::size_t>(vocabulary.size())) {
  const auto forbid = [](std::span<const Token> tokens, std::vector<float>& bias) {
    for (const Token token : tokens) {
      if (token >= 0 && static_cast<std::size_t>(token) < bias.size()) bias[static_cast<std::size_t>(token)] = kNever;
    }
  };
  forbid(never, always);
  first = always;
  forbid(never_first, first);
}

void Odds::scan(Stretch& stretch, std::size_t from, std::size_t to) const {
  stretch.from = from;
  stretch.to = std::max(from, to);
  stretch.maxima.resize((stretch.size() + kBlock - 1) / kBlock);
  stretch.sums.resize(stretch.maxima.size());
  odds_kernels::block_maxima(logits_.data() + from, bias_.data() + from, stretch.size(), stretch.maxima.data());
  stretch.best = kNever;
  for (const float most : stretch.maxima) stretch.best = std::max(stretch.best, most);
}

double Odds::sum(Stretch& stretch, float shift, float scale) const {
  odds_kernels::block_sums(logits_.data() + stretch.from, bias_.data() + stretch.from, stretch.size(), shift, scale,
                      stretch.maxima.data(), stretch.sums.data());
  double total = 0;
  for (const float block : stretch.sums) total += block;
  return total;
}

void Odds::read(std::span<const float> logits, std::span<const float> bias, const Choice& choice,
                const SpecialTokens& special) {
  logits_ = logits;
  bias_ = bias;
  const auto place = [](Token token) { return static_cast<std::size_t>(token); };
  scan(text_, place(choice.text_from), place(special.timestamp_begin));
  scan(times_, place(choice.times_from), place(choice.times_to));
  // The softmax's denominator is the same on both sides, so raw logits do.
  double of_times = 0;
  if (times_.best > kNever) {
    of_times = sum(times_, times_.best, 1);
    if (times_.best + static_cast<float>(std::log(of_times)) > text_.best) {
      scan(text_, place(special.timestamp_begin), place(special.timestamp_begin));
    }
  }
  best_ = std::max(text_.best, times_.best);
  if (!any()) return;
  double total = text_.best > kNever ? sum(text_, best_, 1) : 0;
  if (of_times > 0) total += of_times * std::exp(static_cast<double>(times_.best) - best_);
  log_total_ = static_cast<float>(std::log(total));
}

bool Odds::any() const noexcept { return best_ > kNever; }

bool Odds::allows(Token token) const noexcept {
  const auto i = static_cast<std::size_t>(token);
  const bool in_range = (i >= text_.from && i < text_.to) || (i >= times_.from && i < times_.to);
  return in_range && weight(i) > kNever;
}

Token Odds::first_equal(const Stretch& stretch, float value) const {
  const auto block = std::find(stretch.maxima.begin(), stretch.maxima.end(), value) - stretch.maxima.begin();
  std::size_t i = stretch.from + static_cast<std::size_t>(block) * kBlock;
  while (weight(i) != value) ++i;
  return static_cast<Token>(i);
}

Token Odds::likeliest() const { return first_equal(text_.best == best_ ? text_ : times_, best_); }

float Odds::logprob(Token token) const { return weight(static_cast<std::size_t>(token)) - best_ - log_total_; }

Token Odds::draw(float temperature, double share) {
  const float scale = 1 / temperature;
  const double total = sum(text_, best_, scale) + sum(times_, best_, scale);
  double left = share * total;
  for (const Stretch* stretch : {&text_, &times_}) {
    for (std::size_t block = 0; block < stretch->sums.size(); ++block) {
      if (left >= stretch->sums[block]) {
        left -= stretch->sums[block];
        continue;
      }
      const std::size_t end = std::min(stretch->to, stretch->from + (block + 1) * kBlock);
      for (std::size_t i = stretch->from + block * kBlock; i < end; ++i) {
        if (weight(i) == kNever) continue;
        left -= fast_exp((weight(i) - best_) * scale);
        if (left < 0) return static_cast<Token>(i);
      }
    }
  }
  return likeliest();
}

void Odds::best(std::size_t count, std::vector<Token>& out) const {
  out.clear();
  const auto likelier = [this](Token a, Token b) {
    return weight(static_cast<std::size_t>(a)) > weight(static_cast<std::size_t>(b));
  };
  for (const Stretch* stretch : {&text_, &times_}) {
    for (std::size_t block = 0; block < stretch->maxima.size(); ++block) {
      const std::size_t end = std::min(stretch->to, stretch->from + (block + 1) * kBlock);
      float least = out.size() < count ? kNever : weight(static_cast<std::size_t>(out.back()));
      if (!(stretch->maxima[block] > least)) continue;
      for (std::size_t i = stretch->from + block * kBlock; i < end; ++i) {
        if (!(weight(i) > least)) continue;
        const auto token = static_cast<Token>(i);
        out.insert(std::upper_bound(out.begin(), out.end(), token, likelier), token);
        if (out.size() > count) out.pop_back();
        if (out.size() == count) least = weight(static_cast<std::size_t>(out.back()));
      }
    }
  }
}

float softmax_at(std::span<const float> row, Token token) {
  const float most = *std::max_element(row.begin(), row.end());
  double sum = 0;
  for (const float logit : row) sum += fast_exp(logit - most);
  return static_cast<float>(std::exp(row[static_cast<std::size_t>(token)] - most) / sum);
}

}  // namespace zimu::asr
