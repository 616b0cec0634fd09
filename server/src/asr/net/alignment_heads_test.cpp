#include <gtest/gtest.h>

#include "asr/net/net.hpp"

namespace zimu::asr {
namespace {

ModelHeader model(int vocab, int audio_layers, int text_layers, int width) {
  ModelHeader header;
  header.vocab_size = vocab;
  header.audio_layers = audio_layers;
  header.text_layers = text_layers;
  header.audio_width = header.text_width = width;
  header.audio_heads = header.text_heads = width / 64;
  return header;
}

TEST(AlignmentHeadsTest, PublishedModelsHaveTheirOwn) {
  const std::vector<AlignmentHead> base{{3, 1}, {4, 2}, {4, 3}, {4, 7}, {5, 1}, {5, 2}, {5, 4}, {5, 6}};
  EXPECT_EQ(alignment_heads(model(51865, 6, 6, 512)), base);
  EXPECT_EQ(alignment_heads(model(51864, 6, 6, 512)).size(), 5U);
  EXPECT_EQ(alignment_heads(model(51865, 32, 32, 1280)).size(), 23U);
  EXPECT_EQ(alignment_heads(model(51866, 32, 32, 1280)).size(), 10U);
  EXPECT_EQ(alignment_heads(model(51866, 32, 4, 1280)).size(), 6U);
}

TEST(AlignmentHeadsTest, EveryPublishedHeadIsInsideItsModel) {
  constexpr int kSizes[][3] = {{4, 4, 384}, {6, 6, 512}, {12, 12, 768}, {24, 24, 1024}, {32, 32, 1280}, {32, 4, 1280}};
  for (const auto& size : kSizes) {
    for (const int vocab : {51864, 51865, 51866}) {
      const ModelHeader header = model(vocab, size[0], size[1], size[2]);
      const auto heads = alignment_heads(header);
      EXPECT_FALSE(heads.empty());
      for (const AlignmentHead& head : heads) {
        EXPECT_LT(head.layer, header.text_layers);
        EXPECT_LT(head.head, header.text_heads);
      }
    }
  }
}

TEST(AlignmentHeadsTest, OtherModelsUseTheUpperHalfAsFarAsMemoryAllows) {
  const auto small = alignment_heads(model(51865, 12, 4, 768));
  ASSERT_EQ(small.size(), 24U);
  EXPECT_EQ(small.front(), (AlignmentHead{2, 0}));
  EXPECT_EQ(small.back(), (AlignmentHead{3, 11}));
  const auto large = alignment_heads(model(51866, 32, 16, 1280));
  ASSERT_EQ(large.size(), 40U);
  EXPECT_EQ(large.front(), (AlignmentHead{14, 0}));
  EXPECT_EQ(alignment_heads(model(51866, 32, 1, 1280)).size(), 20U);
}

}  // namespace
}  // namespace zimu::asr
