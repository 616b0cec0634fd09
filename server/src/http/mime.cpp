#include "http/mime.hpp"

#include <array>

#include "http/text.hpp"

namespace zimu::http {
namespace {

struct Entry {
  std::string_view extension;
  std::string_view type;
};

// Registered at IANA unless no registration exists (x-). Texts say their charset: without it browsers guess.
constexpr std::array kTypes{
    Entry{"html", "text/html; charset=utf-8"},
    Entry{"htm", "text/html; charset=utf-8"},
    Entry{"css", "text/css; charset=utf-8"},
    Entry{"js", "text/javascript; charset=utf-8"},
    Entry{"mjs", "text/javascript; charset=utf-8"},
    Entry{"json", "application/json"},
    Entry{"map", "application/json"},
    Entry{"webmanifest", "application/manifest+json"},
    Entry{"wasm", "application/wasm"},
    Entry{"xml", "application/xml"},
    Entry{"svg", "image/svg+xml"},
    Entry{"png", "image/png"},
    Entry{"jpg", "image/jpeg"},
    Entry{"jpeg", "image/jpeg"},
    Entry{"webp", "image/webp"},
    Entry{"avif", "image/avif"},
    Entry{"gif", "image/gif"},
    Entry{"ico", "image/vnd.microsoft.icon"},
    Entry{"woff", "font/woff"},
    Entry{"woff2", "font/woff2"},
    Entry{"ttf", "font/ttf"},
    Entry{"otf", "font/otf"},
    Entry{"txt", "text/plain; charset=utf-8"},
    Entry{"md", "text/markdown; charset=utf-8"},
    Entry{"csv", "text/csv; charset=utf-8"},
    Entry{"tsv", "text/tab-separated-values; charset=utf-8"},
    Entry{"srt", "application/x-subrip; charset=utf-8"},
    Entry{"vtt", "text/vtt; charset=utf-8"},
    Entry{"ass", "text/x-ssa; charset=utf-8"},
    Entry{"ssa", "text/x-ssa; charset=utf-8"},
    Entry{"ttml", "application/ttml+xml"},
    Entry{"lrc", "text/plain; charset=utf-8"},
    Entry{"sbv", "text/plain; charset=utf-8"},
    Entry{"pdf", "application/pdf"},
    Entry{"zip", "application/zip"},
    Entry{"wav", "audio/wav"},
    Entry{"mp3", "audio/mpeg"},
    Entry{"m4a", "audio/mp4"},
    Entry{"m4b", "audio/mp4"},
    Entry{"aac", "audio/aac"},
    Entry{"flac", "audio/flac"},
    Entry{"ogg", "audio/ogg"},
    Entry{"oga", "audio/ogg"},
    Entry{"opus", "audio/ogg"},
    Entry{"weba", "audio/webm"},
    Entry{"amr", "audio/AMR"},
    Entry{"wma", "audio/x-ms-wma"},
    Entry{"aiff", "audio/aiff"},
    Entry{"aif", "audio/aiff"},
    Entry{"mp4", "video/mp4"},
    Entry{"m4v", "video/mp4"},
    Entry{"mov", "video/quicktime"},
    Entry{"mkv", "video/matroska"},
    Entry{"mka", "audio/matroska"},
    Entry{"webm", "video/webm"},
    Entry{"ogv", "video/ogg"},
    Entry{"avi", "video/x-msvideo"},
    Entry{"mpg", "video/mpeg"},
    Entry{"mpeg", "video/mpeg"},
    Entry{"ts", "video/mp2t"},
    Entry{"3gp", "video/3gpp"},
    Entry{"wmv", "video/x-ms-wmv"},
    Entry{"flv", "video/x-flv"},
};

}  // namespace

std::string_view content_type_for(std::string_view file_name) noexcept {
  const std::size_t dot = file_name.find_last_of("./");
  if (dot != std::string_view::npos && file_name[dot] == '.') {
    const std::string_view extension = file_name.substr(dot + 1);
    for (const Entry& entry : kTypes) {
      if (equal_no_case(entry.extension, extension)) return entry.type;
    }
  }
  return "application/octet-stream";
}

}  // namespace zimu::http
