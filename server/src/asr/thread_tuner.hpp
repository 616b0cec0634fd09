#pragma once
#include <chrono>
#include <cstddef>
#include <vector>

namespace zimu::asr {

/// Finds by trying how many threads make one kind of work fastest. ggml's threads wait for each other by spinning: on
/// cores that somebody else uses too, one thread instead of two has been fifty times faster. Results do not depend on
/// the number. Thread: one at a time.
class ThreadTuner {
 public:
  struct Pace {
    int first;   ///< calls before the first trial
    int period;  ///< calls between trials; more and more as long as trials fail
    int trial;   ///< calls a trial takes
  };
  /// Tries `most`, its half, and so on.
  ThreadTuner(int most, Pace pace);

  int threads() const noexcept { return choices_[trying_]; }
  /// Whether `threads()` is on trial.
  bool on_trial() const noexcept { return trying_ != best_; }
  /// What a call with `threads()` threads took.
  void took(std::chrono::duration<double> time);

 private:
  void begin_trial();
  void end_trial(bool better);

  std::vector<int> choices_;
  Pace pace_;
  std::size_t best_ = 0;
  std::size_t trying_ = 0;
  std::size_t last_tried_ = 0;
  int wanted_ = 0;     // calls until the next trial
  int patience_ = 1;   // doubles whenever every other number has failed
  int calls_ = 0;
  double seconds_ = 0;
  double best_mean_ = 0;
};

}  // namespace zimu::asr
