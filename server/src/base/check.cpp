#include "base/check.hpp"

#include <cstdio>
#include <cstdlib>

namespace zimu {

void check_failed(const char* condition, const char* file, int line) noexcept {
  std::fprintf(stderr, "zimu: check failed: %s (%s:%d)\n", condition, file, line);
  std::abort();
}

}  // namespace zimu
