#pragma once
#include <cstddef>
#include <span>
#include <vector>

#include "domain/captions/rules.hpp"
#include "domain/captions/tokens.hpp"

namespace zimu::domain::captions {

/// Sums over the tokens of a transcript, so that the width of any run of them is one subtraction.
class Widths {
 public:
  explicit Widths(const std::vector<Token>& tokens);
  /// Of the tokens from `begin` to before `end` on one line, without the blanks before the first.
  int line(std::size_t begin, std::size_t end) const;
  /// Reading columns; line ends count as `reading_columns` counts them.
  int reading(std::size_t begin, std::size_t end) const;

 private:
  std::vector<int> columns_{0}, leads_, reading_{0}, reading_leads_;
};

struct Layout {
  bool fits = false;                ///< no line is longer, and there are not more of them, than the rules allow
  int cost = 0;                     ///< of the line ends and of uneven lines
  std::vector<std::size_t> breaks;  ///< tokens that begin a line, but for the first
};

/// The tokens from `begin` to before `end` in as few lines as they need; among those, ends at good places, the lines
/// even, the upper ones not longer. `label` columns stand before the first line. `costs`: of a line end after each token.
/// A run that does not fit is laid out too: only tokens that are themselves over the limit make a line that is.
Layout lay_out(const Widths& widths, std::span<const int> costs, std::size_t begin, std::size_t end, int label,
               const CaptionRules& rules);

}  // namespace zimu::domain::captions
