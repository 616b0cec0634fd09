#pragma once
#include <span>
#include <vector>

#include "asr/engine.hpp"
#include "asr/net/mel.hpp"
#include "asr/net/net.hpp"
#include "asr/vocabulary.hpp"

namespace zimu::asr {

/// What language each of `windows` (mono, 16 kHz, at most 30 s) is in: a step for as many of them as the network has
/// places. `among`: the numbers of those that there may be, none for all. English for models that know nothing else.
Result<std::vector<LanguageGuess>> detect_languages(Net& net, const MelSpectrogram& mel, const Vocabulary& vocabulary,
                                                    std::span<const std::span<const float>> windows,
                                                    std::span<const int> among = {});

}  // namespace zimu::asr
