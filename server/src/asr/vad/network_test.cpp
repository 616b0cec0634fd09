#include "asr/vad/network.hpp"

#include <gtest/gtest.h>

#include <memory>

#include "asr/speech_like_test.hpp"

namespace zimu::asr::vad {
namespace {

std::vector<float> probabilities(const Network& network, std::span<const float> samples) {
  const std::size_t frames = samples.size() / kFrameSamples;
  std::vector<float> audio(kContextSamples);
  audio.insert(audio.end(), samples.begin(), samples.end());
  const auto wanted = std::make_unique<bool[]>(frames);
  std::fill_n(wanted.get(), frames, true);
  Memory memory;
  std::vector<float> out(frames);
  network.recur(network.gates(audio, {wanted.get(), frames}), memory, out);
  return out;
}

/// What the package's own ONNX file gives for this sound under ONNX Runtime 1.32, every fifth frame.
TEST(Network, IsSilerosOnEveryKindOfProcessor) {
  const std::vector<float> expected{
      0.00167F, 0.00596F, 0.00505F, 0.06824F, 0.99708F, 0.99998F, 0.99999F, 0.99992F, 0.99986F, 0.99994F, 0.17051F,
      0.02017F, 0.01477F, 0.10092F, 0.04272F, 0.04489F, 0.01683F, 0.01308F, 0.00702F, 0.01197F, 0.99796F, 0.99960F,
      0.99985F, 0.99933F, 0.03697F};
  const auto sound = Voice().say(".....aeiouaoeia......nnnnnnnnnneioaue...");
  for (const Kernels* kernels : usable_kernels()) {
    const auto found = probabilities(Network(*kernels), sound);
    ASSERT_EQ(found.size(), 5 * expected.size());
    for (std::size_t i = 0; i < expected.size(); ++i) {
      EXPECT_NEAR(found[5 * i], expected[i], 5e-4F) << kernels->name << ", frame " << 5 * i;
    }
  }
}

TEST(Network, AFrameThatIsNotWantedIsADigitallySilentOne) {
  const auto& network = Network::instance();
  std::vector<float> audio(kContextSamples + 3 * kFrameSamples);
  const bool all[] = {true, true, true};
  const bool none[] = {false, false, false};
  EXPECT_EQ(network.gates(audio, all), network.gates(audio, none));
  audio[700] = 0.5F;
  EXPECT_NE(network.gates(audio, all), network.gates(audio, none));
}

}  // namespace
}  // namespace zimu::asr::vad
