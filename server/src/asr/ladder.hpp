#pragma once
#include <cstdint>
#include <optional>
#include <vector>

#include "asr/sampler.hpp"
#include "domain/transcript.hpp"

namespace zimu::asr {

constexpr float kMaxCompressionRatio = 2.4F;  ///< openai/whisper transcribe.py
constexpr float kMinAvgLogprob = -1.0F;
/// Two ways to be silent. OpenAI asks for 0.6 and -1; but on noise, hum and music the base model stays between 0.15
/// and 0.7 with a mean log-probability below -1.2, while speech, even 6 dB below noise, stays above -0.85.
constexpr float kUnsureNoSpeechProb = 0.15F;  ///< with a mean log-probability below kMinAvgLogprob
constexpr float kMaxNoSpeechProb = 0.5F;      ///< with one below kSureLogprob: "you", "Thank you." and their like
constexpr float kSureLogprob = -0.7F;
/// Temperatures tried in turn. 1.0 is left out: what 0.8 cannot save it replaces by invention.
constexpr float kTemperatureStep = 0.2F;
constexpr float kLastTemperature = 0.8F;

/// The model doubts that anybody speaks, and is unsure of what it wrote nevertheless.
bool is_silence(const Decoding& decoding);
/// Why a decoding should not be kept; nothing when it is good.
std::optional<domain::Retry> find_fault(const Decoding& decoding);

struct LadderOutcome {
  Decoding kept;
  std::vector<domain::Retry> retries;  ///< the decodings thrown away
};

/// How a window is to be decoded next.
struct Rung {
  float temperature = 0;
  std::uint64_t seed = 0;
  bool beam = false;
};

/// Which decodings of a window are tried, and which is kept: the first good one, else the surest one that does not
/// loop, else the surest. At temperature 0 there is a beam search, first or after the greedy try; then temperatures rise.
class Ladder {
 public:
  enum class Beam : std::uint8_t { kNever, kAfterGreedy, kFirst };
  Ladder(float first_temperature, Beam beam);
  const Rung& rung() const noexcept { return rung_; }
  /// Takes what `rung` gave. True: try `rung`, which is another one now. False: `outcome` is there.
  bool climb(Decoding decoding);
  LadderOutcome outcome();

 private:
  bool next_rung();

  Rung rung_;
  bool beam_is_next_;
  bool good_ = false;
  LadderOutcome outcome_;
  std::vector<Decoding> tried_;  // the bad ones, in the order of the retries
};

}  // namespace zimu::asr
