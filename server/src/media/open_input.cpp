#include "media/open_input.hpp"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <filesystem>
#include <mutex>

#include <fmt/format.h>

namespace zimu::media {
namespace {

/// Demuxers that read what a file names instead of what it holds, or that are not recordings.
bool is_refused(std::string_view name) {
  constexpr std::array<std::string_view, 24> refused{
      "hls",  "dash", "concat", "concatf", "imf",    "sdp",    "rtsp", "rtp",  "sap",    "lavfi",   "tty",   "ffmetadata",
      "webm_dash_manifest", "image2", "image2pipe", "alias_pix", "brender_pix", "vobsub", "bin", "xbin", "idf", "adf",
      "srt",  "webvtt"};
  return std::ranges::find(refused, name) != refused.end() || name.ends_with("_pipe");
}

const std::string& allowed_formats() {
  static const std::string list = [] {
    std::string out;
    void* state = nullptr;
    while (const AVInputFormat* format = av_demuxer_iterate(&state)) {
      if (is_refused(format->name)) continue;
      out += out.empty() ? "" : ",";
      out += format->name;
    }
    return out;
  }();
  return list;
}

int interrupted(void* opaque) {
  const auto* cancel = static_cast<const std::atomic<bool>*>(opaque);
  return cancel != nullptr && cancel->load(std::memory_order_relaxed) ? 1 : 0;
}

void quiet_libav() {
  static std::once_flag once;
  std::call_once(once, [] { av_log_set_level(AV_LOG_FATAL); });
}

Error not_media(const std::string& path, const std::string& why) {
  return {ErrorCode::kBadMedia, fmt::format("{} is not a recording that can be read: {}", path, why),
          "check that the file plays in a media player and is complete"};
}

}  // namespace

Result<av::Input> open_input(const std::string& path, const std::atomic<bool>* cancel) {
  quiet_libav();
  if (::access(path.c_str(), R_OK) != 0) {
    return std::unexpected(error_from_errno(errno, fmt::format("cannot read {}", path)));
  }
  AVFormatContext* raw = avformat_alloc_context();
  if (raw == nullptr) return fail(ErrorCode::kOutOfMemory, "no memory to open a media file");
  raw->interrupt_callback = {interrupted, const_cast<std::atomic<bool>*>(cancel)};
  AVDictionary* options = nullptr;
  av_dict_set(&options, "protocol_whitelist", "file", 0);
  av_dict_set(&options, "format_whitelist", allowed_formats().c_str(), 0);
  // A "file:" prefix keeps names such as "http:x" or "a:b" names.
  const std::string url = "file:" + path;
  const int opened = avformat_open_input(&raw, url.c_str(), nullptr, &options);  // frees raw on failure
  av_dict_free(&options);
  if (opened == AVERROR_EXIT) return fail(ErrorCode::kCancelled, "cancelled");
  if (opened == AVERROR(ENOMEM)) return fail(ErrorCode::kOutOfMemory, fmt::format("no memory to open {}", path));
  if (opened < 0) {
    std::error_code ec;
    const bool empty = std::filesystem::file_size(path, ec) == 0 && !ec;
    return std::unexpected(not_media(path, empty ? "it is empty" : av::error_text(opened)));
  }
  av::Input input(raw);
  const int found = avformat_find_stream_info(input.get(), nullptr);
  if (found == AVERROR_EXIT) return fail(ErrorCode::kCancelled, "cancelled");
  if (found < 0) return std::unexpected(not_media(path, av::error_text(found)));
  return input;
}

Result<int> choose_audio_stream(AVFormatContext& input, int wanted, const std::string& path) {
  int count = 0;
  for (unsigned i = 0; i < input.nb_streams; ++i) {
    if (input.streams[i]->codecpar->codec_type != AVMEDIA_TYPE_AUDIO) continue;
    if (count == wanted) return static_cast<int>(i);
    ++count;
  }
  if (count == 0) {
    return fail(ErrorCode::kBadMedia, fmt::format("there is no sound in {}", path), "choose a file with an audio track");
  }
  if (wanted >= 0) {
    return fail(ErrorCode::kBadMedia, fmt::format("{} has {} audio streams, not a number {}", path, count, wanted),
                fmt::format("choose audio stream 0 to {}, or -1 for the default one", count - 1));
  }
  const int best = av_find_best_stream(&input, AVMEDIA_TYPE_AUDIO, -1, -1, nullptr, 0);
  if (best < 0) return std::unexpected(not_media(path, "its audio track cannot be decoded"));
  return best;
}

int audio_ordinal(const AVFormatContext& input, int stream_index) {
  int ordinal = 0;
  for (int i = 0; i < stream_index; ++i) ordinal += input.streams[i]->codecpar->codec_type == AVMEDIA_TYPE_AUDIO ? 1 : 0;
  return ordinal;
}

}  // namespace zimu::media
