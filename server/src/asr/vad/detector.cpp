#include "asr/vad/detector.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

#include "asr/mean_square.hpp"
#include "base/check.hpp"

namespace zimu::asr::vad {
namespace {

constexpr std::size_t kChunkSamples = Detector::kChunkFrames * kFrameSamples;
constexpr std::uint64_t kBlockChunks = Detector::kBlockFrames / Detector::kChunkFrames;
static_assert(Detector::kBlockFrames % Detector::kChunkFrames == 0);

double from_db(double db) { return std::pow(10.0, db / 10.0); }

/// What a chunk whose loudest frame has this mean square is to be multiplied by.
float gain(double loudest) {
  static const double kSoft = from_db(Detector::kSoftDb);
  return loudest <= 0 || loudest >= kSoft ? 1.0F : static_cast<float>(std::sqrt(kSoft / loudest));
}

}  // namespace

std::uint64_t Detector::listen_from(std::uint64_t position) {
  const std::uint64_t block = position / kChunkSamples / kBlockChunks * kBlockChunks;
  return block == 0 ? 0 : (block - 1) * kChunkSamples;
}

Detector::Detector(std::uint64_t from, const Network& network)
    : network_(network), audio_(kContextSamples), chunk_(from / kChunkSamples) {
  ZIMU_CHECK(from % kChunkSamples == 0);
}

void Detector::push(std::span<const float> samples) {
  audio_.insert(audio_.end(), samples.begin(), samples.end());
  while (audio_.size() >= kContextSamples + kChunkSamples) run_chunk(kChunkFrames);
}

void Detector::finish() {
  const std::size_t left = audio_.size() - kContextSamples;
  if (left == 0) return;
  const std::size_t frames = (left + kFrameSamples - 1) / kFrameSamples;
  audio_.resize(kContextSamples + frames * kFrameSamples);
  run_chunk(frames);
}

void Detector::run_chunk(std::size_t frames) {
  static const double kGate = from_db(kGateDb);
  const auto seen = static_cast<std::ptrdiff_t>(kContextSamples + frames * kFrameSamples);
  std::vector<float> audio(audio_.begin(), audio_.begin() + seen);
  std::array<bool, kChunkFrames> wanted{};
  double loudest = 0;
  for (std::size_t i = 0; i < frames; ++i) {
    const double square = mean_square(std::span(audio).subspan(kContextSamples + i * kFrameSamples, kFrameSamples));
    wanted[i] = square > kGate;
    loudest = std::max(loudest, square);
  }
  if (const float factor = gain(loudest); factor > 1 && loudest > kGate) {
    for (float& sample : audio) sample *= factor;
  }
  const auto gates = network_.gates(audio, std::span(wanted).first(frames));
  const std::size_t before = known_.size();
  known_.resize(before + frames);
  const auto probabilities = std::span(known_).subspan(before);
  network_.recur(gates, memory_, probabilities);
  for (std::size_t i = 0; i < frames; ++i) {
    if (!wanted[i]) probabilities[i] = 0;
  }
  if (++chunk_ % kBlockChunks == 0) {
    // A new block. Of its warm-up all but the first frame: that one saw what came before the chunk.
    memory_ = {};
    network_.recur(std::span(gates).subspan(Network::kGates), memory_, {});
  }
  audio_.erase(audio_.begin(), audio_.begin() + static_cast<std::ptrdiff_t>(frames * kFrameSamples));
}

std::vector<float> Detector::take() { return std::exchange(known_, {}); }

}  // namespace zimu::asr::vad
