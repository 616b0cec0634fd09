#include "api/tus.hpp"

#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "api/fields.hpp"

namespace zimu::api {
namespace {

bool is_key(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c < 0x7F && c != ','; });
}

Error bad_metadata(const std::string& why) {
  return {ErrorCode::kInvalidArgument, "Upload-Metadata " + why, "send it as 'key base64,key base64'"};
}

}  // namespace

Result<UploadMetadata> parse_upload_metadata(std::string_view header) {
  UploadMetadata metadata;
  std::set<std::string, std::less<>> seen;
  while (!header.empty()) {
    const auto comma = header.find(',');
    std::string_view pair = header.substr(0, comma);
    header.remove_prefix(comma == std::string_view::npos ? header.size() : comma + 1);
    pair.remove_prefix(std::min(pair.find_first_not_of(' '), pair.size()));
    const auto space = pair.find(' ');
    const std::string_view key = pair.substr(0, space);
    if (!is_key(key)) return std::unexpected(bad_metadata("has a key that is empty or no plain ASCII"));
    if (!seen.emplace(key).second) return std::unexpected(bad_metadata(fmt::format("has the key '{}' twice", key)));
    auto value = decode_base64(space == std::string_view::npos ? std::string_view{} : pair.substr(space + 1));
    if (!value) return std::unexpected(bad_metadata(fmt::format("has a value for '{}' that is not base64", key)));
    if (key == "filename" || (key == "name" && metadata.file_name.empty())) metadata.file_name = std::move(*value);
    if (key == "filetype" || (key == "type" && metadata.content_type.empty())) metadata.content_type = std::move(*value);
  }
  return metadata;
}

Result<std::optional<std::uint64_t>> byte_header(const http::Request& request, std::string_view name) {
  const auto text = request.headers.find(name);
  if (!text) return std::nullopt;
  const auto value = parse_u64(*text);
  if (!value) return fail(ErrorCode::kInvalidArgument, fmt::format("{} must be a number of bytes", name));
  return value;
}

Result<std::optional<std::uint64_t>> declared_length(const http::Request& request) {
  ZIMU_TRY(const auto length, byte_header(request, "Upload-Length"));
  const auto deferred = request.headers.find("Upload-Defer-Length");
  if (deferred && *deferred != "1") return fail(ErrorCode::kInvalidArgument, "Upload-Defer-Length must be 1");
  if (length.has_value() == deferred.has_value()) {
    return fail(ErrorCode::kInvalidArgument, "exactly one of Upload-Length and Upload-Defer-Length must be given");
  }
  return length;
}

Result<std::optional<Checksum>> checksum_header(const http::Request& request) {
  const auto text = request.headers.find("Upload-Checksum");
  if (!text) return std::nullopt;
  ZIMU_TRY(auto checksum, Checksum::parse(*text));
  return checksum;
}

Result<bool> has_upload_body(const http::Request& request) {
  if (media_type(request) == kTusBodyType) return true;
  if (request.body->content_length() == 0U) return false;
  return fail(ErrorCode::kUnsupported, fmt::format("the body's Content-Type must be {}", kTusBodyType));
}

}  // namespace zimu::api
