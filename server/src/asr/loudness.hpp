#pragma once
#include <span>
#include <vector>

#include "base/time.hpp"

namespace zimu::asr {

/// How loud each 10 ms of a window is, and where something can be heard. Times are within the window.
class Loudness {
 public:
  explicit Loudness(std::span<const float> audio);

  /// Nothing above the noise of a 16-bit converter: there is no point in decoding.
  bool silent() const noexcept;
  /// Time between `from` and `to` that is not more than about 24 dB below the window's loud parts.
  Milliseconds audible(Milliseconds from, Milliseconds to) const;
  /// Shrinks [from, to] to its audible part; leaves it when nothing in it is audible.
  void shrink_to_audible(Milliseconds& from, Milliseconds& to) const;

 private:
  std::size_t frame_at(Milliseconds time) const noexcept;

  std::vector<float> rms_;
  float loud_ = 0;       // 95th percentile
  float threshold_ = 0;
};

}  // namespace zimu::asr
