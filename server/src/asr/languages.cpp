#include "asr/languages.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <limits>

namespace zimu::asr {
namespace {

/// In the order of their tokens. The first models know all but the last.
constexpr auto kCodes = std::to_array<std::string_view>(
    {"en", "zh", "de", "es", "ru", "ko", "fr", "ja", "pt", "tr", "pl", "ca", "nl", "ar", "sv", "it", "id", "hi",
     "fi", "vi", "he", "uk", "el", "ms", "cs", "ro", "da", "hu", "ta", "no", "th", "ur", "hr", "bg", "lt", "la",
     "mi", "ml", "cy", "sk", "te", "fa", "lv", "bn", "sr", "az", "sl", "kn", "et", "mk", "br", "eu", "is", "hy",
     "ne", "mn", "bs", "kk", "sq", "sw", "gl", "mr", "pa", "si", "km", "sn", "yo", "so", "af", "oc", "ka", "be",
     "tg", "sd", "gu", "am", "yi", "lo", "uz", "fo", "ht", "ps", "tk", "nn", "mt", "sa", "lb", "my", "bo", "tl",
     "mg", "as", "tt", "haw", "ln", "ha", "ba", "jw", "su", "yue"});

}  // namespace

std::string_view language_code(int number) noexcept {
  const auto i = static_cast<std::size_t>(number);
  return number >= 0 && i < kCodes.size() ? kCodes[i] : std::string_view{};
}

Result<int> language_number(const Vocabulary& vocabulary, std::string_view code) {
  const SpecialTokens& special = vocabulary.special();
  if (!special.multilingual) {
    if (code == "en") return 0;
    return fail(ErrorCode::kInvalidArgument, fmt::format("the model knows English only, not \"{}\"", code),
                "choose a multilingual model, such as base");
  }
  const auto number = static_cast<int>(std::ranges::find(kCodes, code) - kCodes.begin());
  if (number < special.language_count) return number;
  return fail(ErrorCode::kInvalidArgument, fmt::format("the model does not know the language \"{}\"", code),
              "choose another language, or auto");
}

Result<std::vector<int>> language_numbers(const Vocabulary& vocabulary, std::span<const std::string> codes) {
  std::vector<int> numbers;
  for (const std::string& code : codes) {
    ZIMU_TRY(const int number, language_number(vocabulary, code));
    numbers.push_back(number);
  }
  return numbers;
}

std::vector<float> language_odds(std::span<const float> row, const SpecialTokens& special, std::span<const int> among) {
  if (!special.multilingual) return {};
  const auto logits =
      row.subspan(static_cast<std::size_t>(special.sot) + 1, static_cast<std::size_t>(special.language_count));
  const auto counts = [&](std::size_t number) {
    return among.empty() || std::ranges::find(among, static_cast<int>(number)) != among.end();
  };
  float best = -std::numeric_limits<float>::infinity();
  for (std::size_t i = 0; i < logits.size(); ++i) {
    if (counts(i)) best = std::max(best, logits[i]);
  }
  std::vector<float> odds(logits.size(), 0.0F);
  double sum = 0;
  for (std::size_t i = 0; i < logits.size(); ++i) {
    if (!counts(i)) continue;
    odds[i] = std::exp(logits[i] - best);
    sum += static_cast<double>(odds[i]);
  }
  for (float& one : odds) one = static_cast<float>(static_cast<double>(one) / sum);
  return odds;
}

}  // namespace zimu::asr
