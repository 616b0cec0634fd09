#include "asr/thread_tuner.hpp"

#include <algorithm>

namespace zimu::asr {
namespace {

constexpr double kClearlyFaster = 0.9;
constexpr double kHopeless = 2.0;   // times the best mean: the trial ends at once
constexpr double kSlowSeconds = 1;  // a period of slow calls is over after this: the machine may have become busy
constexpr int kLeastCalls = 2;
constexpr int kMostPatience = 32;

}  // namespace

ThreadTuner::ThreadTuner(int most, Pace pace) : pace_(pace), wanted_(pace.first) {
  for (int count = std::max(most, 1); count >= 1; count /= 2) choices_.push_back(count);
}

void ThreadTuner::took(std::chrono::duration<double> time) {
  if (choices_.size() == 1) return;
  seconds_ += time.count();
  ++calls_;
  const double mean = seconds_ / calls_;
  if (!on_trial()) {
    const bool slow = calls_ >= kLeastCalls && seconds_ > kSlowSeconds * patience_ && wanted_ > pace_.trial;
    if (calls_ < wanted_ && !slow) return;
    best_mean_ = mean;
    begin_trial();
  } else if (mean > best_mean_ * kHopeless) {
    end_trial(false);
  } else if (calls_ >= pace_.trial) {
    end_trial(mean < best_mean_ * kClearlyFaster);
  }
}

/// All others in turn: a machine gets busy, and idle again.
void ThreadTuner::begin_trial() {
  do last_tried_ = (last_tried_ + 1) % choices_.size();
  while (last_tried_ == best_);
  trying_ = last_tried_;
  calls_ = 0;
  seconds_ = 0;
}

void ThreadTuner::end_trial(bool better) {
  const std::size_t last_other = best_ + 1 == choices_.size() ? best_ - 1 : choices_.size() - 1;
  if (better) {
    patience_ = 1;
    best_ = trying_;
  } else if (trying_ == last_other) {
    patience_ = std::min(patience_ * 2, kMostPatience);
  }
  trying_ = best_;
  wanted_ = pace_.period * patience_;
  calls_ = 0;
  seconds_ = 0;
}

}  // namespace zimu::asr
