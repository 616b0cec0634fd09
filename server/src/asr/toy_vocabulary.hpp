#pragma once
#include <string>
#include <vector>

#include "asr/vocabulary.hpp"

namespace zimu::asr {

/// For tests: every single byte, then " a" to " z", then the given longer pieces, then the special tokens in
/// Whisper's order with two languages and 1501 times.
inline Vocabulary toy_vocabulary(const std::vector<std::string>& longer = {}) {
  std::vector<std::string> pieces;
  for (int byte = 1; byte < 256; ++byte) pieces.emplace_back(1, static_cast<char>(byte));
  for (char c = 'a'; c <= 'z'; ++c) pieces.push_back(std::string(" ") + c);
  pieces.insert(pieces.end(), longer.begin(), longer.end());
  SpecialTokens special;
  special.multilingual = true;
  special.language_count = 2;
  Token next = static_cast<Token>(pieces.size());
  for (Token* token : {&special.eot, &special.sot}) *token = next++;
  next += special.language_count;
  for (Token* token : {&special.translate, &special.transcribe, &special.prev, &special.no_speech,
                       &special.no_timestamps, &special.timestamp_begin}) {
    *token = next++;
  }
  pieces.resize(static_cast<std::size_t>(special.timestamp_begin) + 1501);
  return Vocabulary(std::move(pieces), special);
}

}  // namespace zimu::asr
