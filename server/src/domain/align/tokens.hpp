#pragma once
#include <string>
#include <string_view>
#include <vector>

/// Private to domain/.
namespace zimu::domain::align {

/// A word, or a character of a script without spaces, with the punctuation that clings to it.
struct Token {
  std::size_t begin = 0;  ///< bytes of the text
  std::size_t end = 0;
  std::string key;        ///< letters and digits alone, in lower case, half-width: what is compared
};
/// All of the text but its blanks. Punctuation alone belongs to the token before it, at the front to the first one; a
/// text of punctuation alone has no token.
std::vector<Token> tokens_of(std::string_view text);

/// Columns on a screen: the weight of a token where time is shared.
int columns(std::string_view text);

}  // namespace zimu::domain::align
