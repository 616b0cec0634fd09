#pragma once
#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <utility>

namespace zimu {

/// Every expected failure in Zimu. The stable text of each (`error_code_name`) is part of the HTTP API,
/// the worker protocol and the database; add, never rename.
enum class ErrorCode : std::uint8_t {
  kInvalidArgument,   ///< invalid_argument: the caller's input is wrong
  kNotFound,          ///< not_found
  kConflict,          ///< conflict: the state does not allow it (offset mismatch, job already running)
  kTooLarge,          ///< too_large: over a named limit
  kUnauthorized,      ///< unauthorized
  kUnsupported,       ///< unsupported: understood, but not offered (format, method, media type)
  kBadMedia,          ///< bad_media: the file is not media, or has no audio, or cannot be decoded
  kModelMissing,      ///< model_missing: the model is not installed
  kModelInvalid,      ///< model_invalid: the model file is damaged or of another kind
  kUnavailable,       ///< unavailable: try again later (busy, service down)
  kTimeout,           ///< timeout
  kCancelled,         ///< cancelled
  kNoSpace,           ///< no_space: the disk is full
  kPermission,        ///< permission: the file system refuses
  kIo,                ///< io: reading or writing failed
  kOutOfMemory,       ///< out_of_memory
  kWorkerCrashed,     ///< worker_crashed: the worker process died
  kProtocol,          ///< protocol: the other side broke the protocol
  kInternal,          ///< internal: a bug of ours
};

/// "bad_media" for kBadMedia and so on. Thread: any.
std::string_view error_code_name(ErrorCode code) noexcept;
/// Inverse of `error_code_name`; kInternal for unknown text.
ErrorCode error_code_from_name(std::string_view name) noexcept;

/// A failure a person can act on: `message` says what happened and to which file or field,
/// `action` says what to do about it (may be empty where nothing can be done).
struct Error {
  ErrorCode code = ErrorCode::kInternal;
  std::string message;
  std::string action = {};
};

template <class T = void>
using Result = std::expected<T, Error>;

/// `return fail(ErrorCode::kNotFound, "no job 018f… exists", "look at GET /api/v1/jobs");`
[[nodiscard]] inline std::unexpected<Error> fail(ErrorCode code, std::string message, std::string action = {}) {
  return std::unexpected(Error{code, std::move(message), std::move(action)});
}

/// Turns an `errno` value into the matching code: ENOSPC/EDQUOT → kNoSpace, EACCES/EPERM/EROFS → kPermission,
/// ENOENT → kNotFound, ENOMEM → kOutOfMemory, else kIo. `what` names the operation and the file.
Error error_from_errno(int errno_value, std::string_view what);

}  // namespace zimu

#define ZIMU_CONCAT_INNER(a, b) a##b
#define ZIMU_CONCAT(a, b) ZIMU_CONCAT_INNER(a, b)

/// `ZIMU_TRY(auto job, store.find(id));`: returns the error of `expr` from the enclosing function.
#define ZIMU_TRY(decl, expr) ZIMU_TRY_IMPL(ZIMU_CONCAT(zimu_try_, __LINE__), return, decl, expr)
#define ZIMU_TRY_VOID(expr) ZIMU_TRY_VOID_IMPL(ZIMU_CONCAT(zimu_try_, __LINE__), return, expr)
/// The same inside coroutines (`co_return`).
#define ZIMU_CO_TRY(decl, expr) ZIMU_TRY_IMPL(ZIMU_CONCAT(zimu_try_, __LINE__), co_return, decl, expr)
#define ZIMU_CO_TRY_VOID(expr) ZIMU_TRY_VOID_IMPL(ZIMU_CONCAT(zimu_try_, __LINE__), co_return, expr)

#define ZIMU_TRY_IMPL(tmp, ret, decl, expr)                    \
  auto tmp = (expr);                                           \
  if (!tmp) ret std::unexpected(std::move(tmp).error());       \
  decl = std::move(*tmp)
#define ZIMU_TRY_VOID_IMPL(tmp, ret, expr)                     \
  if (auto tmp = (expr); !tmp) ret std::unexpected(std::move(tmp).error())
