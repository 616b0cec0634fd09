#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "base/time.hpp"

namespace zimu::domain {

/// One stream inside a recording, as libav names it.
struct Stream {
  int index = 0;              ///< in the container
  std::string kind;           ///< "audio" | "video" | "subtitle" | "other"
  std::string codec;          ///< "aac", "h264" …
  std::string language;       ///< from the container's metadata, may be empty
  int channels = 0;           ///< audio only
  int sample_rate_hz = 0;     ///< audio only
  int width = 0;              ///< video only; cover art is not video
  int height = 0;
  bool is_default = false;
};

struct MediaInfo {
  std::string format;               ///< container, "mov,mp4,m4a,3gp,3g2,mj2"
  Milliseconds duration{0};         ///< 0 when the container does not say
  Milliseconds start_offset{0};     ///< container start_time of the chosen audio against the file's start
  bool has_video = false;
  std::vector<Stream> streams;
};

enum class MediaState : std::uint8_t { kReady, kInspecting, kUnreadable };

/// A recording in the library. The file is `<data>/uploads/<id>/<stored_name>`.
struct Media {
  std::string id;
  std::string title;          ///< the file name without extension until somebody changes it
  std::string file_name;      ///< as uploaded, for display and Content-Disposition; never used as a path
  std::string content_type;   ///< guessed from the name; "application/octet-stream" when unknown
  std::uint64_t size_bytes = 0;
  std::string sha256;         ///< hex; empty until computed
  MediaState state = MediaState::kInspecting;
  std::string problem;        ///< a sentence when unreadable
  MediaInfo info;
  std::string source;         ///< "upload" | "url" | "openai" | "sample"
  std::vector<std::string> tags;  ///< each once, in order
  std::string duplicate_of;   ///< id of the oldest recording with the same bytes; empty when this is it
  bool has_poster = false;    ///< a picture lies beside the file
  Timestamp created_at{};
  Timestamp updated_at{};
};

}  // namespace zimu::domain
