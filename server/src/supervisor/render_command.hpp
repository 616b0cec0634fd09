#pragma once
#include <string>
#include <vector>

#include "domain/job.hpp"
#include "domain/media.hpp"

/// What ffmpeg is asked to do. Private to supervisor/. Pure.
namespace zimu::supervisor {

/// The files of a render, in its work folder; ffmpeg works there, so that no name of a user's gets into a filter.
inline constexpr const char* kAssFile = "subs.ass";
inline constexpr const char* kSrtFile = "subs.srt";

struct RenderInput {
  std::string media_path;        ///< absolute
  std::string language;          ///< ISO 639-1
  std::string track_title;
  domain::PictureSize picture;   ///< as shown; for a recording without one, what is drawn
  int threads = 0;               ///< 0: as ffmpeg likes
};

/// The picture that a recording without one gets when subtitles are burnt in.
inline constexpr domain::PictureSize kBlackPicture{1280, 720};

/// Whether the subtitles go in as ASS, else as SRT.
bool wants_ass(const domain::RenderOptions& options) noexcept;
/// Where an MP4 would refuse a stream it is encoded again (H.264, AAC); else streams are copied, but for the picture that
/// subtitles are drawn into.
std::vector<std::string> render_command(const std::string& ffmpeg, const domain::RenderOptions& options,
                                        const domain::MediaInfo& media, const RenderInput& input, const std::string& output);
/// ffprobe's question for the picture's size, and the answer's lines.
std::vector<std::string> picture_command(const std::string& ffprobe, const std::string& media_path);
void read_picture_line(std::string_view line, domain::PictureSize& picture, int& rotation);

}  // namespace zimu::supervisor
