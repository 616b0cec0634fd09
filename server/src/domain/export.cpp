#include "domain/export.hpp"

#include <fmt/format.h>

#include "base/utf8.hpp"
#include "domain/captions/captions.hpp"
#include "domain/export_parts.hpp"

namespace zimu::domain {

const std::vector<ExportFormat>& export_formats() {
  static const std::vector<ExportFormat> formats{
      {"srt", "srt", "application/x-subrip; charset=utf-8"},
      {"vtt", "vtt", "text/vtt; charset=utf-8"},
      {"txt", "txt", "text/plain; charset=utf-8"},
      {"json", "json", "application/json"},
      {"tsv", "tsv", "text/tab-separated-values; charset=utf-8"},
      {"csv", "csv", "text/csv; charset=utf-8"},
      {"lrc", "lrc", "text/plain; charset=utf-8"},
      {"ass", "ass", "text/x-ssa; charset=utf-8"},
      {"sbv", "sbv", "text/plain; charset=utf-8"},
      {"ttml", "ttml", "application/ttml+xml; charset=utf-8"},
      {"md", "md", "text/markdown; charset=utf-8"},
  };
  return formats;
}

Result<ExportFormat> find_export_format(std::string_view name) {
  std::string known;
  for (const ExportFormat& format : export_formats()) {
    if (format.name == name) return format;
    known += fmt::format("{}{}", known.empty() ? "" : ", ", format.name);
  }
  return fail(ErrorCode::kUnsupported, fmt::format("'{}' is not an export format", to_utf8(name)),
              fmt::format("use one of {}", known));
}

namespace {

std::string write(const Transcript& transcript, std::string_view name, const ExportOptions& options) {
  if (name == "srt") return detail::write_srt(transcript);
  if (name == "vtt") return detail::write_vtt(transcript, options);
  if (name == "txt") return detail::write_txt(transcript);
  if (name == "json") return detail::write_json(transcript, options);
  if (name == "tsv") return detail::write_tsv(transcript);
  if (name == "csv") return detail::write_csv(transcript);
  if (name == "lrc") return detail::write_lrc(transcript, options);
  if (name == "sbv") return detail::write_sbv(transcript);
  if (name == "ttml") return detail::write_ttml(transcript);
  if (name == "md") return detail::write_markdown(transcript);
  return detail::write_ass(transcript, options);
}

}  // namespace

Result<std::string> export_transcript(const Transcript& transcript, std::string_view format,
                                      const ExportOptions& options) {
  ZIMU_TRY(const ExportFormat known, find_export_format(format));
  if (!options.rules) return write(transcript, known.name, options);
  return write(make_captions(transcript, *options.rules), known.name, options);
}

}  // namespace zimu::domain
