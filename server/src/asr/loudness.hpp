#pragma once
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "base/time.hpp"

namespace zimu::asr {

/// How loud each 10 ms of a window is, and where something can be heard. Times are within the window.
class Loudness {
 public:
  explicit Loudness(std::span<const float> audio);

  /// Nothing above the noise of a 16-bit converter: there is no point in decoding.
  bool silent() const noexcept;
  /// Always equally loud: noise, hum or a tone, and nobody speaking over it. Speech rises and falls with its syllables.
  bool steady() const noexcept { return steady_; }
  /// Time between `from` and `to` that is not more than about 24 dB below the window's loud parts.
  Milliseconds audible(Milliseconds from, Milliseconds to) const;
  /// Shrinks [from, to] to its audible part; leaves it when nothing in it is audible.
  void shrink_to_audible(Milliseconds& from, Milliseconds& to) const;
  /// The longest stretch between `from` and `to` where nothing is audible, if it lasts at least `least`.
  std::optional<std::pair<Milliseconds, Milliseconds>> longest_pause(Milliseconds from, Milliseconds to,
                                                                     Milliseconds least) const;

 private:
  std::size_t frame_at(Milliseconds time) const noexcept;

  std::vector<float> rms_;
  float threshold_ = 0;
  bool steady_ = false;
};

}  // namespace zimu::asr
