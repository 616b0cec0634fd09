#pragma once
#include "base/result.hpp"

namespace zimu::cli {

// sysexits(3), so that scripts can tell failures apart.
constexpr int kExitOk = 0;
constexpr int kExitDegraded = 1;
constexpr int kExitBroken = 2;
constexpr int kExitUsage = 64;
constexpr int kExitBadMedia = 65;
constexpr int kExitNoInput = 66;
constexpr int kExitUnavailable = 69;
constexpr int kExitInternal = 70;
constexpr int kExitCannotCreate = 73;
constexpr int kExitWriteFailed = 74;
constexpr int kExitInterrupted = 130;

int exit_code(ErrorCode code) noexcept;

/// Prints "zimu: message" and "  → action" to standard error and returns the exit status.
int report(const Error& error);

}  // namespace zimu::cli
