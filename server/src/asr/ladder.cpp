#include "asr/ladder.hpp"

#include <cstddef>
#include <utility>

namespace zimu::asr {
namespace {

bool repeats_itself(const Decoding& decoding) {
  return decoding.looping || decoding.compression_ratio > kMaxCompressionRatio;
}

/// Index of the decoding to keep when every one has a fault.
std::size_t least_bad(const std::vector<Decoding>& tried) {
  std::size_t best = 0;
  for (std::size_t i = 1; i < tried.size(); ++i) {
    const bool best_repeats = repeats_itself(tried[best]);
    const bool repeats = repeats_itself(tried[i]);
    if (best_repeats != repeats ? best_repeats : tried[i].avg_logprob > tried[best].avg_logprob) best = i;
  }
  return best;
}

}  // namespace

bool is_silence(const Decoding& decoding) {
  return (decoding.no_speech_prob > kUnsureNoSpeechProb && decoding.avg_logprob < kMinAvgLogprob) ||
         (decoding.no_speech_prob > kMaxNoSpeechProb && decoding.avg_logprob < kSureLogprob);
}

std::optional<domain::Retry> find_fault(const Decoding& decoding) {
  // Silence is thrown away as a whole: a second attempt would only invent something else.
  if (is_silence(decoding)) return std::nullopt;
  if (decoding.looping) return domain::Retry{decoding.temperature, "repetition", decoding.compression_ratio};
  if (decoding.compression_ratio > kMaxCompressionRatio) {
    return domain::Retry{decoding.temperature, "compression_ratio", decoding.compression_ratio};
  }
  if (decoding.avg_logprob < kMinAvgLogprob) {
    return domain::Retry{decoding.temperature, "avg_logprob", decoding.avg_logprob};
  }
  return std::nullopt;
}

Result<LadderOutcome> climb(float first_temperature,
                            const std::function<Result<Decoding>(float temperature, int rung)>& attempt) {
  constexpr float kRounding = 1e-3F;
  LadderOutcome outcome;
  std::vector<Decoding> tried;
  int rung = 0;
  for (float temperature = first_temperature; rung == 0 || temperature < kLastTemperature + kRounding;
       temperature += kTemperatureStep) {
    ZIMU_TRY(Decoding decoding, attempt(temperature, rung++));
    const auto fault = find_fault(decoding);
    if (!fault) {
      outcome.kept = std::move(decoding);
      return outcome;
    }
    tried.push_back(std::move(decoding));
    outcome.retries.push_back(*fault);
  }
  const std::size_t kept = least_bad(tried);
  outcome.retries.erase(outcome.retries.begin() + static_cast<std::ptrdiff_t>(kept));
  outcome.kept = std::move(tried[kept]);
  return outcome;
}

}  // namespace zimu::asr
