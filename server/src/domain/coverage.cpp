#include <algorithm>

#include "domain/transcript.hpp"

namespace zimu::domain {

double share_with_text(const Coverage& coverage) noexcept {
  if (coverage.audible.count() <= 0) return 1;
  const auto share = static_cast<double>(coverage.covered.count()) / static_cast<double>(coverage.audible.count());
  return std::clamp(share, 0.0, 1.0);
}

void append(Coverage& to, const Coverage& next) {
  to.audible += next.audible;
  to.covered += next.covered;
  for (const Coverage::Gap& gap : next.gaps) {
    if (!to.gaps.empty() && gap.start <= to.gaps.back().end) {
      to.gaps.back().end = std::max(to.gaps.back().end, gap.end);
    } else {
      to.gaps.push_back(gap);
    }
  }
  to.left_out.insert(to.left_out.end(), next.left_out.begin(), next.left_out.end());
}

}  // namespace zimu::domain
