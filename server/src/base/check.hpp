#pragma once

namespace zimu {

/// Prints the failed condition with its place and aborts. Never reachable from input.
[[noreturn]] void check_failed(const char* condition, const char* file, int line) noexcept;

}  // namespace zimu

/// For bugs only, in every build type. Expected failures are `Result`.
#define ZIMU_CHECK(condition) \
  (static_cast<bool>(condition) ? static_cast<void>(0) : ::zimu::check_failed(#condition, __FILE__, __LINE__))
