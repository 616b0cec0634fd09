#include "cli/exit_code.hpp"

#include <cstdio>

#include <fmt/format.h>

namespace zimu::cli {

int exit_code(ErrorCode code) noexcept {
  switch (code) {
    case ErrorCode::kInvalidArgument:
    case ErrorCode::kUnsupported:
      return kExitUsage;
    case ErrorCode::kBadMedia:
    case ErrorCode::kTooLarge:
      return kExitBadMedia;
    case ErrorCode::kNotFound:
    case ErrorCode::kPermission:
      return kExitNoInput;
    case ErrorCode::kModelMissing:
    case ErrorCode::kModelInvalid:
    case ErrorCode::kUnavailable:
    case ErrorCode::kTimeout:
    case ErrorCode::kConflict:
      return kExitUnavailable;
    case ErrorCode::kNoSpace:
    case ErrorCode::kIo:
      return kExitWriteFailed;
    case ErrorCode::kCancelled:
      return kExitInterrupted;
    case ErrorCode::kUnauthorized:
    case ErrorCode::kOutOfMemory:
    case ErrorCode::kWorkerCrashed:
    case ErrorCode::kProtocol:
    case ErrorCode::kInternal:
      break;
  }
  return kExitInternal;
}

int report(const Error& error) {
  fmt::print(stderr, "zimu: {}\n", error.message);
  if (!error.action.empty()) fmt::print(stderr, "  → {}\n", error.action);
  return exit_code(error.code);
}

}  // namespace zimu::cli
