#pragma once
#include <string_view>

namespace zimu::http {

/// Content type by a file name's extension (without case), with charset for texts; application/octet-stream
/// for unknown ones.
std::string_view content_type_for(std::string_view file_name) noexcept;

}  // namespace zimu::http
