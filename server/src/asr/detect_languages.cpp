#include "asr/detect_languages.hpp"

#include <algorithm>
#include <cstddef>
#include <string>

#include "asr/languages.hpp"
#include "asr/odds.hpp"

namespace zimu::asr {
namespace {

LanguageGuess guess_by(std::span<const float> row, const SpecialTokens& special, std::span<const int> among) {
  const auto odds = language_odds(row, special, among);
  const auto best = std::ranges::max_element(odds);
  LanguageGuess guess;
  guess.code = std::string(language_code(static_cast<int>(best - odds.begin())));
  guess.probability = *best;
  guess.no_speech_prob = softmax_at(row, special.no_speech);
  return guess;
}

}  // namespace

Result<std::vector<LanguageGuess>> detect_languages(Net& net, const MelSpectrogram& mel, const Vocabulary& vocabulary,
                                                    std::span<const std::span<const float>> windows,
                                                    std::span<const int> among) {
  const SpecialTokens& special = vocabulary.special();
  if (!special.multilingual) return std::vector<LanguageGuess>(windows.size(), LanguageGuess{"en", 1});
  const auto places = std::min({static_cast<std::size_t>(net.windows()), static_cast<std::size_t>(net.slots()),
                                net.most_rows()});
  const auto width = static_cast<std::size_t>(vocabulary.size());
  std::vector<LanguageGuess> guesses;
  StepOutput output;
  for (std::size_t first = 0; first < windows.size(); first += places) {
    const auto group = windows.subspan(first, std::min(places, windows.size() - first));
    std::vector<StepRow> rows;
    for (const auto audio : group) {
      const auto place = static_cast<int>(rows.size());
      ZIMU_TRY_VOID(net.encode(place, mel(audio)));
      rows.push_back({.slot = place, .window = place, .token = special.sot});
    }
    ZIMU_TRY_VOID(net.step(rows, output));
    for (std::size_t i = 0; i < rows.size(); ++i) {
      guesses.push_back(guess_by(std::span<const float>(output.logits).subspan(i * width, width), special, among));
    }
  }
  return guesses;
}

}  // namespace zimu::asr
