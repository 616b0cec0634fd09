#include "asr/prompt.hpp"

#include <cstddef>

#include "asr/languages.hpp"

namespace zimu::asr {

bool knows_timestamps(const ModelHeader& header) noexcept {
  constexpr int kDistilledTextLayers = 2;
  constexpr int kThirdVersion = 51866;
  return header.text_layers != kDistilledTextLayers || header.vocab_size == kThirdVersion;
}

Result<Prompt> make_prompt(const Vocabulary& vocabulary, const ModelHeader& header, const WindowOptions& options) {
  const SpecialTokens& special = vocabulary.special();
  Prompt prompt;
  ZIMU_TRY(const int language, language_number(vocabulary, options.language));
  if (!options.prompt.empty()) {
    // openai/whisper: a leading space, and the last tokens when there are too many.
    prompt.hints = vocabulary.encode(" " + options.prompt);
    const auto most = static_cast<std::size_t>(header.text_context) / 2 - 1;
    if (prompt.hints.size() > most) {
      prompt.hints.erase(prompt.hints.begin(), prompt.hints.end() - static_cast<std::ptrdiff_t>(most));
    }
  }
  if (!prompt.hints.empty()) {
    prompt.up_to_sot.push_back(special.prev);
    prompt.up_to_sot.insert(prompt.up_to_sot.end(), prompt.hints.begin(), prompt.hints.end());
  }
  prompt.up_to_sot.push_back(special.sot);
  if (special.multilingual) {
    prompt.after_sot.push_back(special.sot + 1 + language);
    prompt.after_sot.push_back(options.task == domain::Task::kTranslate ? special.translate : special.transcribe);
  }
  if (!knows_timestamps(header)) prompt.after_sot.push_back(special.no_timestamps);
  return prompt;
}

}  // namespace zimu::asr
