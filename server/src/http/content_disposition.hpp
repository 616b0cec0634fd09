#pragma once
#include <cstdint>
#include <string>
#include <string_view>

namespace zimu::http {

enum class Disposition : std::uint8_t { kInline, kAttachment };

/// Content-Disposition for a response (RFC 6266): `attachment; filename="ascii"; filename*=UTF-8''encoded`,
/// the second only when the name is not plain ASCII. Control characters and path separators are replaced by
/// '_'.
std::string content_disposition(Disposition disposition, std::string_view file_name);

}  // namespace zimu::http
