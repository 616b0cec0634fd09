#pragma once
#include <string>
#include <string_view>

/// What is made of a name that a client sent: it may hold any bytes, and none of them ever reaches a path. Pure.
namespace zimu::app {

constexpr std::size_t kMaxFileNameBytes = 255;
constexpr std::size_t kMaxTitleBytes = 500;

/// The last part of a path ('/' or '\'), valid UTF-8, no control characters, at most kMaxFileNameBytes with the
/// extension kept; "recording" when nothing is left.
std::string display_file_name(std::string_view raw);
/// A display name without its extension, at most kMaxTitleBytes.
std::string title_from(std::string_view file_name);
/// Valid UTF-8 without control characters and outer blanks.
std::string clean_line(std::string_view raw);
/// ".mp4" for "Talk.MP4"; empty unless the extension is 1 to 8 of [A-Za-z0-9].
std::string stored_extension(std::string_view file_name);
/// By extension; "application/octet-stream" when unknown.
std::string_view content_type_of(std::string_view file_name);

}  // namespace zimu::app
