#include "asr/vad/network.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "asr/vad/weights.hpp"

namespace zimu::asr::vad {
namespace {

constexpr std::size_t kColumns = 4;        // spectra of a frame
constexpr std::size_t kColumnHop = 128;
constexpr std::size_t kMirrorSamples = 64;  // after a frame its end once more, backwards
constexpr std::size_t kSeenSamples = kContextSamples + kFrameSamples;
constexpr std::size_t kPaddedSamples = kSeenSamples + kMirrorSamples;
constexpr std::size_t kFramesAtATime = kLanes / kColumns;
constexpr std::size_t kTaps = 3;

SpectrumTables spectrum_tables() {
  SpectrumTables tables{};
  constexpr double kTurn = 2 * std::numbers::pi;
  for (std::size_t i = 0; i < kColumnSamples; ++i) {
    tables.window[i] = static_cast<float>(0.5 - 0.5 * std::cos(kTurn * static_cast<double>(i) / kColumnSamples));
  }
  for (unsigned i = 0; i < 128; ++i) {
    unsigned reversed = 0;
    for (unsigned bit = 0; bit < 7; ++bit) reversed |= ((i >> bit) & 1U) << (6 - bit);
    tables.order[i] = static_cast<unsigned char>(reversed);
  }
  for (std::size_t i = 0; i < 64; ++i) {
    tables.cosine[i] = static_cast<float>(std::cos(kTurn * static_cast<double>(i) / 128));
    tables.sine[i] = static_cast<float>(std::sin(kTurn * static_cast<double>(i) / 128));
  }
  for (std::size_t i = 0; i < kBins; ++i) {
    tables.split_cosine[i] = static_cast<float>(std::cos(kTurn * static_cast<double>(i) / kColumnSamples));
    tables.split_sine[i] = static_cast<float>(std::sin(kTurn * static_cast<double>(i) / kColumnSamples));
  }
  return tables;
}

/// Unit and gate of output `n` where every kLanes units have their four gates side by side: its row in the file.
std::size_t gate_row(std::size_t n) {
  const std::size_t group = n / (4 * kLanes);
  const std::size_t gate = n / kLanes % 4;
  return gate * kUnits + group * kLanes + n % kLanes;
}

}  // namespace

/// From [output][input][tap].
Network::Layer Network::packed(std::span<const float> weights, std::span<const float> bias, std::size_t inputs,
                               std::size_t taps) {
  Layer layer{std::vector<float>(weights.size()), {bias.begin(), bias.end()}, inputs, bias.size(), taps};
  for (std::size_t n = 0; n < layer.outputs; ++n) {
    for (std::size_t input = 0; input < inputs; ++input) {
      for (std::size_t tap = 0; tap < taps; ++tap) {
        const std::size_t row = n / kLanes * taps * inputs + tap * inputs + input;
        layer.weights[row * kLanes + n % kLanes] = weights[(n * inputs + input) * taps + tap];
      }
    }
  }
  return layer;
}

Network::Network(const Kernels& kernels) : kernels_(kernels), tables_(spectrum_tables()) {
  WeightReader reader;
  constexpr std::array<std::size_t, 5> kWidths{kBins, 128, 64, 64, kUnits};
  for (std::size_t i = 0; i < convolutions_.size(); ++i) {
    const auto weights = reader.next(kWidths[i + 1] * kWidths[i] * kTaps);
    convolutions_[i] = packed(weights, reader.next(kWidths[i + 1]), kWidths[i], kTaps);
  }
  const auto from_input = reader.next(kGates * kUnits);
  const auto from_before = reader.next(kGates * kUnits);
  const auto bias_input = reader.next(kGates);
  const auto bias_before = reader.next(kGates);
  std::vector<float> ordered(from_input.size());
  std::vector<float> bias(kGates);
  recurrent_.resize(from_before.size());
  for (std::size_t n = 0; n < kGates; ++n) {
    const std::size_t row = gate_row(n);
    bias[n] = bias_input[row] + bias_before[row];
    const std::size_t group = n / (4 * kLanes);
    for (std::size_t k = 0; k < kUnits; ++k) {
      ordered[n * kUnits + k] = from_input[row * kUnits + k];
      recurrent_[(group * kUnits + k) * 4 * kLanes + n % (4 * kLanes)] = from_before[row * kUnits + k];
    }
  }
  input_gates_ = packed(ordered, bias, kUnits, 1);
  std::ranges::copy(reader.next(kUnits), head_.begin());
  head_bias_ = reader.next(1).front();
  silent_gates_ = frames_gates(std::vector<float>(kPaddedSamples), 1);
}

const Network& Network::instance() {
  static const Network kNetwork(*usable_kernels().front());
  return kNetwork;
}

/// `in`: of each of `count` frames `length` moments with all their inputs. Gives the same with the layer's outputs; what
/// is beside the frame counts as zero and costs nothing.
std::vector<float> Network::convolve(const Layer& layer, std::span<const float> in, std::size_t count,
                                     std::size_t length, std::size_t stride) const {
  const std::size_t moments = (length + stride - 1) / stride;
  std::vector<float> out(count * moments * layer.outputs);
  for (std::size_t moment = 0; moment < moments; ++moment) {
    const std::size_t middle = moment * stride + 1;  // as if there were one moment before
    const std::size_t first = std::max<std::size_t>(middle - 1, 1);
    const std::size_t last = std::min(middle + 1, length);
    Product product{};
    product.in = in.data() + (first - 1) * layer.inputs;
    product.in_stride = length * layer.inputs;
    product.depth = (last - first + 1) * layer.inputs;
    product.weights = layer.weights.data() + (first - (middle - 1)) * layer.inputs * kLanes;
    product.panel_stride = kTaps * layer.inputs * kLanes;
    product.bias = layer.bias.data();
    product.out = out.data() + moment * layer.outputs;
    product.out_stride = moments * layer.outputs;
    product.rows = count;
    product.panels = layer.outputs / kLanes;
    product.relu = true;
    kernels_.product(product);
  }
  return out;
}

/// `frames`: kPaddedSamples each.
std::vector<float> Network::frames_gates(std::span<const float> frames, std::size_t count) const {
  const std::vector<float> silence(kColumnSamples);
  const std::size_t rounds = (count + kFramesAtATime - 1) / kFramesAtATime;
  std::vector<float> spectra(rounds * kLanes * kBins);
  for (std::size_t round = 0; round < rounds; ++round) {
    std::array<const float*, kLanes> columns{};
    for (std::size_t i = 0; i < kLanes; ++i) {
      const std::size_t frame = round * kFramesAtATime + i / kColumns;
      columns[i] = frame < count ? frames.data() + frame * kPaddedSamples + i % kColumns * kColumnHop : silence.data();
    }
    kernels_.spectra(tables_, columns.data(), spectra.data() + round * kLanes * kBins);
  }
  auto features = convolve(convolutions_[0], spectra, count, 4, 1);
  features = convolve(convolutions_[1], features, count, 4, 2);
  features = convolve(convolutions_[2], features, count, 2, 2);
  features = convolve(convolutions_[3], features, count, 1, 1);
  std::vector<float> out(count * kGates);
  kernels_.product({features.data(), kUnits, kUnits, input_gates_.weights.data(), kUnits * kLanes,
                    input_gates_.bias.data(), out.data(), kGates, count, kGates / kLanes, false});
  return out;
}

std::vector<float> Network::gates(std::span<const float> audio, std::span<const bool> wanted) const {
  std::vector<float> padded;
  for (std::size_t frame = 0; frame < wanted.size(); ++frame) {
    if (!wanted[frame]) continue;
    const auto seen = audio.subspan(frame * kFrameSamples, kSeenSamples);
    padded.insert(padded.end(), seen.begin(), seen.end());
    padded.insert(padded.end(), seen.rbegin() + 1, seen.rbegin() + 1 + kMirrorSamples);
  }
  const std::vector<float> computed = frames_gates(padded, padded.size() / kPaddedSamples);
  std::vector<float> out(wanted.size() * kGates);
  auto from = computed.begin();
  auto to = out.begin();
  for (const bool is_wanted : wanted) {
    to = is_wanted ? std::copy_n(from, kGates, to) : std::ranges::copy(silent_gates_, to).out;
    if (is_wanted) from += kGates;
  }
  return out;
}

void Network::recur(std::span<const float> gates, Memory& memory, std::span<float> probabilities) const {
  kernels_.recur({gates.data(), recurrent_.data(), head_.data(), head_bias_, memory.hidden.data(), memory.cell.data(),
                  probabilities.empty() ? nullptr : probabilities.data(), gates.size() / kGates});
}

}  // namespace zimu::asr::vad
