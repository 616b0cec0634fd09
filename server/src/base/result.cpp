#include "base/result.hpp"

#include <array>
#include <cerrno>
#include <cstring>

#include <fmt/format.h>

namespace zimu {
namespace {

struct Name {
  ErrorCode code;
  std::string_view text;
};

constexpr std::array kNames{
    Name{ErrorCode::kInvalidArgument, "invalid_argument"},
    Name{ErrorCode::kNotFound, "not_found"},
    Name{ErrorCode::kConflict, "conflict"},
    Name{ErrorCode::kTooLarge, "too_large"},
    Name{ErrorCode::kUnauthorized, "unauthorized"},
    Name{ErrorCode::kUnsupported, "unsupported"},
    Name{ErrorCode::kBadMedia, "bad_media"},
    Name{ErrorCode::kModelMissing, "model_missing"},
    Name{ErrorCode::kModelInvalid, "model_invalid"},
    Name{ErrorCode::kUnavailable, "unavailable"},
    Name{ErrorCode::kTimeout, "timeout"},
    Name{ErrorCode::kCancelled, "cancelled"},
    Name{ErrorCode::kNoSpace, "no_space"},
    Name{ErrorCode::kPermission, "permission"},
    Name{ErrorCode::kIo, "io"},
    Name{ErrorCode::kOutOfMemory, "out_of_memory"},
    Name{ErrorCode::kWorkerCrashed, "worker_crashed"},
    Name{ErrorCode::kProtocol, "protocol"},
    Name{ErrorCode::kInternal, "internal"},
};

}  // namespace

std::string_view error_code_name(ErrorCode code) noexcept {
  for (const Name& name : kNames) {
    if (name.code == code) return name.text;
  }
  return "internal";
}

ErrorCode error_code_from_name(std::string_view text) noexcept {
  for (const Name& name : kNames) {
    if (name.text == text) return name.code;
  }
  return ErrorCode::kInternal;
}

Error error_from_errno(int errno_value, std::string_view what) {
  std::array<char, 256> buffer{};
  const char* text = ::strerror_r(errno_value, buffer.data(), buffer.size());
  Error error{ErrorCode::kIo, fmt::format("{}: {}", what, text)};
  switch (errno_value) {
    case ENOSPC:
    case EDQUOT:
      error.code = ErrorCode::kNoSpace;
      error.action = "free some space on that disk; the work goes on by itself";
      break;
    case EACCES:
    case EPERM:
    case EROFS:
      error.code = ErrorCode::kPermission;
      error.action = "check the owner and the permissions of that path";
      break;
    case ENOENT:
      error.code = ErrorCode::kNotFound;
      break;
    case ENOMEM:
      error.code = ErrorCode::kOutOfMemory;
      break;
    default:
      break;
  }
  return error;
}

}  // namespace zimu
