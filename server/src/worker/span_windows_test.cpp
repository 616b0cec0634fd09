// Windows of a span, for any sound and any span: they lie side by side from its start to its end, and hold what the whole
// recording holds there.
#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "base/file.hpp"
#include "worker/window_feed.hpp"

namespace zimu::worker {
namespace {

namespace fs = std::filesystem;
constexpr int kSampleRateHz = media::kSampleRateHz;

std::string number(std::uint32_t value, int bytes) {
  std::string out;
  for (int i = 0; i < bytes; ++i) out += static_cast<char>((value >> (8 * i)) & 0xFFU);
  return out;
}

/// Speech-like sound in stretches of 0.1 to 8 s: loud, soft or silent. No two moments are the same.
std::vector<std::int16_t> any_sound(int seconds) {
  std::vector<std::int16_t> out;
  double phase = 0;
  while (out.size() < static_cast<std::size_t>(seconds) * kSampleRateHz) {
    const auto length = static_cast<std::size_t>(*rc::gen::inRange(1'600, 128'000));
    const double level = *rc::gen::element(0.0, 0.0, 20.0, 300.0, 9'000.0);
    for (std::size_t i = 0; i < length; ++i) {
      phase += 0.2 + 0.15 * std::sin(static_cast<double>(out.size()) * 1e-5);
      out.push_back(static_cast<std::int16_t>(level * std::sin(phase)));
    }
  }
  // Not a whole number of milliseconds, as recordings are.
  out.resize(out.size() - static_cast<std::size_t>(*rc::gen::inRange(0, 16)));
  return out;
}

class AnySound {
 public:
  explicit AnySound(int seconds) : samples(any_sound(seconds)) {
    const auto bytes = static_cast<std::uint32_t>(samples.size() * 2);
    std::string file = "RIFF" + number(36 + bytes, 4) + "WAVEfmt " + number(16, 4) + number(1, 2) + number(1, 2) +
                       number(kSampleRateHz, 4) + number(kSampleRateHz * 2, 4) + number(2, 2) + number(16, 2) + "data" +
                       number(bytes, 4);
    file.append(reinterpret_cast<const char*>(samples.data()), samples.size() * 2);
    RC_ASSERT(write_file_atomic(path, file).has_value());
  }
  ~AnySound() {
    std::error_code ec;
    fs::remove(path, ec);
  }
  AnySound(const AnySound&) = delete;
  AnySound& operator=(const AnySound&) = delete;

  Milliseconds duration() const { return Milliseconds{static_cast<std::int64_t>(samples.size() / kSamplesPerMs)}; }

  fs::path path = fs::temp_directory_path() / ("zimu-span-" + std::to_string(::getpid()) + ".wav");
  std::vector<std::int16_t> samples;
};

struct Place {
  std::uint64_t start;
  std::uint64_t end;
  bool silence;
  bool operator==(const Place&) const = default;
};

/// Cuts it up as a job does; `going_on`: from this moment, as after a crash. Places in the recording.
std::vector<Place> windows_of(const AnySound& sound, Part part, std::optional<std::uint64_t> going_on = {}) {
  const std::uint64_t first = static_cast<std::uint64_t>(part.start.count()) * kSamplesPerMs;
  const Milliseconds begin{static_cast<std::int64_t>(going_on.value_or(first) / kSamplesPerMs)};
  auto feed = WindowFeed::open(sound.path.string(), -1, nullptr, part, begin);
  RC_ASSERT(feed.has_value());
  std::vector<Place> places;
  while (const auto fed = (*feed)->next(true)) {
    const Place place{first + fed->window.start, first + fed->window.end, fed->audio.empty()};
    RC_ASSERT(place.end > place.start);
    RC_ASSERT(fed->span.size() == place.end - place.start);
    for (std::size_t i = 0; i < fed->span.size(); i += 997) {
      const float there = static_cast<float>(sound.samples[place.start + i]) / 32768.0F;
      RC_ASSERT(std::abs(fed->span[i] - there) < 1e-4F);
    }
    RC_ASSERT(fed->audio.size() <= 30U * kSampleRateHz);
    RC_ASSERT(fed->audio.size() == fed->window.length());
    places.push_back(place);
  }
  RC_ASSERT((*feed)->ended());
  RC_ASSERT((*feed)->end_result().has_value());
  return places;
}

RC_GTEST_PROP(SpanWindows, LieSideBySideFromItsStartToItsEnd, ()) {
  const AnySound sound(*rc::gen::inRange(5, 75));
  const auto length = sound.duration().count();
  const Milliseconds start{*rc::gen::inRange<std::int64_t>(0, length - 200)};
  // Now and then up to the end, and over it.
  const Milliseconds end{*rc::gen::oneOf(rc::gen::inRange<std::int64_t>(start.count() + 200, length + 1),
                                         rc::gen::just<std::int64_t>(length + 5'000))};
  const auto places = windows_of(sound, {start, end});
  RC_ASSERT(!places.empty());
  std::uint64_t at = static_cast<std::uint64_t>(start.count()) * kSamplesPerMs;
  for (const Place& place : places) {
    RC_ASSERT(place.start == at);
    RC_ASSERT(place.start % kSamplesPerMs == 0U);
    at = place.end;
  }
  RC_ASSERT(at == std::min<std::uint64_t>(static_cast<std::uint64_t>(end.count()) * kSamplesPerMs, sound.samples.size()));

  // Wherever a job is interrupted, it goes on with the same windows.
  const auto done = static_cast<std::size_t>(*rc::gen::inRange<std::size_t>(0, places.size()));
  const auto rest = windows_of(sound, {start, end}, places[done].start);
  RC_ASSERT(std::equal(rest.begin(), rest.end(), places.begin() + static_cast<std::ptrdiff_t>(done), places.end()));
}

RC_GTEST_PROP(SpanWindows, OfAllOfItAreThoseOfTheRecording, ()) {
  const AnySound sound(*rc::gen::inRange(5, 45));
  RC_ASSERT(windows_of(sound, {Milliseconds{0}, sound.duration() + Milliseconds{1}}) == windows_of(sound, {}));
}

}  // namespace
}  // namespace zimu::worker
