#include <algorithm>
#include <span>

#include "asr/net/net.hpp"

namespace zimu::asr {
namespace {

using Heads = std::span<const AlignmentHead>;

constexpr AlignmentHead kTinyEn[] = {{1, 0}, {2, 0}, {2, 5}, {3, 0}, {3, 1}, {3, 2}, {3, 3}, {3, 4}};
constexpr AlignmentHead kTiny[] = {{2, 2}, {3, 0}, {3, 2}, {3, 3}, {3, 4}, {3, 5}};
constexpr AlignmentHead kBaseEn[] = {{3, 3}, {4, 7}, {5, 1}, {5, 5}, {5, 7}};
constexpr AlignmentHead kBase[] = {{3, 1}, {4, 2}, {4, 3}, {4, 7}, {5, 1}, {5, 2}, {5, 4}, {5, 6}};
constexpr AlignmentHead kSmallEn[] = {{6, 6},  {7, 0},  {7, 3},  {7, 8},  {8, 2},  {8, 5},  {8, 7},
                                      {9, 0},  {9, 4},  {9, 8},  {9, 10}, {10, 0}, {10, 1}, {10, 2},
                                      {10, 3}, {10, 6}, {10, 11}, {11, 2}, {11, 4}};
constexpr AlignmentHead kSmall[] = {{5, 3}, {5, 9}, {8, 0}, {8, 4}, {8, 7}, {8, 8}, {9, 0}, {9, 7}, {9, 9}, {10, 5}};
constexpr AlignmentHead kMediumEn[] = {{11, 4},  {14, 1},  {14, 12}, {14, 14}, {15, 4},  {16, 0},
                                       {16, 4},  {16, 9},  {17, 12}, {17, 14}, {18, 7},  {18, 10},
                                       {18, 15}, {20, 0},  {20, 3},  {20, 9},  {20, 14}, {21, 12}};
constexpr AlignmentHead kMedium[] = {{13, 15}, {15, 4}, {15, 15}, {16, 1}, {20, 0}, {23, 4}};
constexpr AlignmentHead kLargeV2[] = {{10, 12}, {13, 17}, {16, 11}, {16, 12}, {16, 13}, {17, 15}, {17, 16}, {18, 4},
                                      {18, 11}, {18, 19}, {19, 11}, {21, 2},  {21, 3},  {22, 3},  {22, 9},  {22, 12},
                                      {23, 5},  {23, 7},  {23, 13}, {25, 5},  {26, 1},  {26, 12}, {27, 15}};
constexpr AlignmentHead kLargeV3[] = {{7, 0},  {10, 17}, {12, 18}, {13, 12}, {16, 1},
                                      {17, 14}, {19, 11}, {21, 4},  {24, 1},  {25, 6}};
constexpr AlignmentHead kLargeV3Turbo[] = {{2, 4}, {2, 11}, {3, 3}, {3, 6}, {3, 11}, {3, 14}};

constexpr int kFirstMultilingual = 51865;
constexpr int kThirdVersion = 51866;

/// A model by its size; nothing else in a file tells which one it is.
struct Known {
  int audio_layers;
  int text_layers;
  int width;
  Heads english;
  Heads multilingual;
  Heads third_version;
};
const Known kKnown[] = {
    {4, 4, 384, kTinyEn, kTiny, kTiny},        {6, 6, 512, kBaseEn, kBase, kBase},
    {12, 12, 768, kSmallEn, kSmall, kSmall},   {24, 24, 1024, kMediumEn, kMedium, kMedium},
    {32, 32, 1280, {}, kLargeV2, kLargeV3},    {32, 4, 1280, {}, kLargeV3Turbo, kLargeV3Turbo},
};

Heads published(const ModelHeader& header) {
  for (const Known& known : kKnown) {
    if (known.audio_layers != header.audio_layers || known.text_layers != header.text_layers ||
        known.width != header.text_width) {
      continue;
    }
    if (header.vocab_size < kFirstMultilingual) return known.english;
    return header.vocab_size < kThirdVersion ? known.multilingual : known.third_version;
  }
  return {};
}

}  // namespace

std::vector<AlignmentHead> alignment_heads(const ModelHeader& header) {
  const Heads known = published(header);
  if (!known.empty()) return {known.begin(), known.end()};
  std::vector<AlignmentHead> heads;
  const int affordable = static_cast<int>(kMostAlignmentHeads) / header.text_heads;
  const int layers = std::max(1, std::min(header.text_layers / 2, affordable));
  for (int layer = header.text_layers - layers; layer < header.text_layers; ++layer) {
    for (int head = 0; head < header.text_heads && heads.size() < kMostAlignmentHeads; ++head) {
      heads.push_back({layer, head});
    }
  }
  return heads;
}

}  // namespace zimu::asr
