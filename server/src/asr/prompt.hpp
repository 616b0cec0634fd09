#pragma once
#include <vector>

#include "asr/engine.hpp"
#include "asr/model_file.hpp"
#include "asr/vocabulary.hpp"
#include "base/result.hpp"

namespace zimu::asr {

/// What a window's tokens follow: [<|startofprev|> words] <|startoftranscript|> [<|language|> <|task|>] …
struct Prompt {
  std::vector<Token> hints;      ///< the user's words, without <|startofprev|>
  std::vector<Token> up_to_sot;  ///< hints and their mark, when there are any, and <|startoftranscript|>
  std::vector<Token> after_sot;
  std::size_t size() const noexcept { return up_to_sot.size() + after_sot.size(); }
};

/// The first distilled models never learned timestamps.
bool knows_timestamps(const ModelHeader& header) noexcept;

/// kInvalidArgument for a language the model does not know.
Result<Prompt> make_prompt(const Vocabulary& vocabulary, const ModelHeader& header, const WindowOptions& options);

}  // namespace zimu::asr
