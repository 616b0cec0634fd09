#include "worker/coverage.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>

namespace zimu::worker {
namespace {

constexpr std::size_t kFrame = 320;            // 20 ms
constexpr Milliseconds kFrameTime{20};
constexpr float kAudible = 1e-5F;              // mean square: -50 dBFS
constexpr int kPauseFrames = 25;               // sound with pauses shorter than half a second is one stretch

bool is_audible(std::span<const float> frame) {
  float sum = 0;
  for (const float sample : frame) sum += sample * sample;
  return sum >= kAudible * static_cast<float>(frame.size());
}

}  // namespace

domain::Coverage measure_coverage(std::span<const float> samples, Milliseconds start, std::span<const Stretch> texts) {
  domain::Coverage out;
  auto text = texts.begin();
  Milliseconds open{-1};     // where a stretch of sound without text began
  Milliseconds last{start};  // where it was heard last
  const auto close = [&] {
    if (open.count() >= 0 && last - open >= kLeastGap) out.gaps.push_back({open, last});
    open = Milliseconds{-1};
  };
  Milliseconds at{start};
  for (std::size_t i = 0; i < samples.size(); i += kFrame, at += kFrameTime) {
    while (text != texts.end() && text->second + kReach <= at) ++text;
    const bool covered = text != texts.end() && text->first - kReach <= at;
    if (covered || (open.count() >= 0 && at - last > kPauseFrames * kFrameTime)) close();
    if (!is_audible(samples.subspan(i, std::min(kFrame, samples.size() - i)))) continue;
    out.audible += kFrameTime;
    if (covered) {
      out.covered += kFrameTime;
      continue;
    }
    if (open.count() < 0) open = at;
    last = at + kFrameTime;
  }
  close();
  return out;
}

}  // namespace zimu::worker
