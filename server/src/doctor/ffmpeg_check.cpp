#include "doctor/ffmpeg_check.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <filesystem>

#include "doctor/places.hpp"
#include "doctor/run_program.hpp"

namespace zimu::doctor {
namespace {

std::string find_in_path(const std::string& program) {
  std::string rest = environment("PATH");
  if (rest.empty()) rest = "/usr/local/bin:/usr/bin:/bin";
  while (!rest.empty()) {
    const auto colon = rest.find(':');
    const std::filesystem::path candidate = std::filesystem::path(rest.substr(0, colon)) / program;
    std::error_code ec;
    if (std::filesystem::is_regular_file(candidate, ec) && ::access(candidate.c_str(), X_OK) == 0)
      return candidate.string();
    rest = colon == std::string::npos ? "" : rest.substr(colon + 1);
  }
  return {};
}

}  // namespace

FfmpegFacts parse_ffmpeg_version(std::string_view text) {
  FfmpegFacts facts;
  constexpr std::string_view kVersion = "ffmpeg version ";
  if (const auto at = text.find(kVersion); at != std::string_view::npos) {
    const auto from = at + kVersion.size();
    facts.version = text.substr(from, text.find_first_of(" \n", from) - from);
  }
  const auto has = [&](std::string_view flag) { return text.find(flag) != std::string_view::npos; };
  facts.licence = has("--enable-gpl") ? "GPL" : "LGPL";
  if (has("--enable-version3")) facts.licence += "v3";
  if (has("--enable-nonfree")) facts.licence = "nonfree";
  return facts;
}

Check check_ffmpeg() {
  Check check{"ffmpeg"};
  const std::string install = "apt install ffmpeg; the images bring one";
  const std::string path = find_in_path("ffmpeg");
  if (path.empty()) {
    check.degraded("ffmpeg.missing",
        "no ffmpeg program in PATH (transcription does not need it, burning subtitles in does)",
                   install);
    return check;
  }
  check.fact(path);
  const auto end = run_program({path, "-hide_banner", "-version"}, {});
  const FfmpegFacts facts = end ? parse_ffmpeg_version(end->output) : FfmpegFacts{};
  if (!end || end->timed_out || end->by_signal || end->code != 0 || facts.version.empty()) {
    const std::string why = !end             ? end.error().message
                            : end->timed_out ? "it does not answer"
                            : end->by_signal ? fmt::format("it crashes (signal {})", end->code)
                            : end->code != 0 ? fmt::format("it ends with status {}", end->code)
                                             : "it names no version";
    check.degraded("ffmpeg.broken", fmt::format("{} does not work: {}", path, why), install);
    return check;
  }
  check.fact("version " + facts.version);
  check.fact("licence " + facts.licence);
  if (facts.licence == "nonfree") check.fact("this build may not be passed on to others");
  return check;
}

}  // namespace zimu::doctor
