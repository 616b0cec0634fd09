#include "supervisor/render_command.hpp"

#include <algorithm>
#include <charconv>

#include <fmt/format.h>

namespace zimu::supervisor {
namespace {

using domain::MediaInfo;
using domain::RenderContainer;
using domain::RenderMode;
using Words = std::vector<std::string>;

void add(Words& to, std::initializer_list<std::string> more) { to.insert(to.end(), more); }

/// The demuxer that the worker found, and no other: a file that names other files is not read as such.
void add_input(Words& to, const MediaInfo& media, const std::string& path) {
  add(to, {"-protocol_whitelist", "file"});
  if (!media.format.empty()) add(to, {"-f", media.format.substr(0, media.format.find(','))});
  add(to, {"-i", "file:" + path});
}

bool all_of_kind(const MediaInfo& media, std::string_view kind, std::string_view codecs) {
  return std::ranges::all_of(media.streams, [&](const domain::Stream& stream) {
    return stream.kind != kind || codecs.find(" " + stream.codec + " ") != std::string_view::npos;
  });
}

void add_audio_codec(Words& to, const domain::RenderOptions& options, const MediaInfo& media) {
  constexpr std::string_view kInMp4 = " aac mp3 ac3 eac3 alac opus ";
  const bool copied = options.container == RenderContainer::kMkv || all_of_kind(media, "audio", kInMp4);
  if (copied) {
    add(to, {"-c:a", "copy"});
  } else {
    add(to, {"-c:a", "aac", "-b:a", "192k"});
  }
}

void add_h264(Words& to) { add(to, {"-c:v", "libx264", "-preset", "fast", "-crf", "20", "-pix_fmt", "yuv420p"}); }

void add_container(Words& to, const domain::RenderOptions& options, const std::string& output) {
  if (options.container == RenderContainer::kMkv) {
    add(to, {"-f", "matroska", output});
  } else {
    add(to, {"-movflags", "+faststart", "-f", "mp4", output});
  }
}

void burn(Words& to, const MediaInfo& media, const RenderInput& input) {
  const std::string ass = fmt::format("ass={}", kAssFile);
  if (media.has_video) {
    add_input(to, media, input.media_path);
    add(to, {"-map", "0:V:0", "-map", "0:a?"});
    // libx264 takes even sizes only with 4:2:0.
    const bool odd = input.picture.width % 2 != 0 || input.picture.height % 2 != 0;
    add(to, {"-vf", odd ? ass + ",scale=trunc(iw/2)*2:trunc(ih/2)*2" : ass});
  } else {
    const std::string length = media.duration.count() > 0 ? fmt::format(":d={}ms", media.duration.count()) : "";
    add(to, {"-f", "lavfi", "-i", fmt::format("color=c=black:s={}x{}:r=10{}", input.picture.width, input.picture.height, length)});
    add_input(to, media, input.media_path);
    add(to, {"-map", "0:v", "-map", "1:a", "-shortest", "-vf", ass, "-tune", "stillimage"});
  }
  add_h264(to);
}

void mux(Words& to, const domain::RenderOptions& options, const MediaInfo& media, const RenderInput& input) {
  constexpr std::string_view kInMp4 = " h264 hevc av1 vp9 mpeg4 mpeg2video ";
  add_input(to, media, input.media_path);
  add(to, {"-i", wants_ass(options) ? kAssFile : kSrtFile});
  add(to, {"-map", "0:V?", "-map", "0:a?", "-map", "1:0"});
  const bool mkv = options.container == RenderContainer::kMkv;
  if (mkv || all_of_kind(media, "video", kInMp4)) {
    add(to, {"-c:v", "copy"});
    if (!mkv && !all_of_kind(media, "video", " h264 av1 vp9 mpeg4 mpeg2video ")) add(to, {"-tag:v", "hvc1"});
  } else {
    add_h264(to);
  }
  add(to, {"-c:s", !mkv ? "mov_text" : wants_ass(options) ? "ass" : "srt"});
  add(to, {"-metadata:s:s:0", fmt::format("language={}", domain::iso639_2(input.language))});
  // MP4 keeps no title of a stream, but the name of its handler.
  add(to, {"-metadata:s:s:0", fmt::format("{}={}", mkv ? "title" : "handler_name", input.track_title)});
  add(to, {"-disposition:s:0", "default"});
}

}  // namespace

bool wants_ass(const domain::RenderOptions& options) noexcept {
  return options.mode == RenderMode::kBurn || (options.container == RenderContainer::kMkv && options.style.has_value());
}

Words render_command(const std::string& ffmpeg, const domain::RenderOptions& options, const MediaInfo& media,
                     const RenderInput& input, const std::string& output) {
  Words words{ffmpeg, "-hide_banner", "-nostdin", "-nostats", "-y", "-loglevel", "level+info", "-progress", "pipe:4",
              "-stats_period", "0.5"};
  if (options.mode == RenderMode::kBurn) {
    burn(words, media, input);
  } else {
    mux(words, options, media, input);
  }
  add_audio_codec(words, options, media);
  if (input.threads > 0) add(words, {"-threads", std::to_string(input.threads)});
  add(words, {"-dn", "-map_metadata", media.has_video || options.mode == RenderMode::kMux ? "0" : "1"});
  add_container(words, options, output);
  return words;
}

Words picture_command(const std::string& ffprobe, const std::string& media_path) {
  return {ffprobe, "-hide_banner", "-loglevel", "error", "-protocol_whitelist", "file", "-select_streams", "V:0", "-show_entries",
          "stream=width,height:stream_tags=rotate:stream_side_data=rotation", "-of", "default=noprint_wrappers=1",
          "file:" + media_path};
}

void read_picture_line(std::string_view line, domain::PictureSize& picture, int& rotation) {
  const auto equals = line.find('=');
  if (equals == std::string_view::npos) return;
  const std::string_view name = line.substr(0, equals);
  const std::string_view value = line.substr(equals + 1);
  int number = 0;
  if (std::from_chars(value.data(), value.data() + value.size(), number).ec != std::errc()) return;
  if (name == "width" && number > 0) picture.width = number;
  if (name == "height" && number > 0) picture.height = number;
  if (name == "rotation" || name == "TAG:rotate") rotation = number;
}

}  // namespace zimu::supervisor
