#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "api/checksum.hpp"
#include "http/types.hpp"

/// The headers of tus 1.0.0 (https://tus.io/protocols/resumable-upload). Pure.
namespace zimu::api {

inline constexpr std::string_view kTusVersion = "1.0.0";
inline constexpr std::string_view kTusExtensions =
    "creation,creation-with-upload,creation-defer-length,termination,checksum,expiration";
inline constexpr std::string_view kTusBodyType = "application/offset+octet-stream";

struct UploadMetadata {
  std::string file_name;     ///< "filename" or "name"; any bytes
  std::string content_type;  ///< "filetype" or "type"
};
/// `Upload-Metadata`: "key base64,key base64"; keys are ASCII and unique, a value may be missing.
Result<UploadMetadata> parse_upload_metadata(std::string_view header);

/// A header that holds a number of bytes; nullopt when absent, kInvalidArgument naming it when it is none.
Result<std::optional<std::uint64_t>> byte_header(const http::Request& request, std::string_view name);

/// `Upload-Length`, or nothing with `Upload-Defer-Length: 1`; kInvalidArgument for both, neither or another value.
Result<std::optional<std::uint64_t>> declared_length(const http::Request& request);

/// `Upload-Checksum`; nullopt when absent.
Result<std::optional<Checksum>> checksum_header(const http::Request& request);

/// Whether the request carries bytes of the file; kUnsupported (415) for a body of another type.
Result<bool> has_upload_body(const http::Request& request);

}  // namespace zimu::api
