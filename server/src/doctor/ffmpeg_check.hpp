#pragma once
#include <string>
#include <string_view>

#include "doctor/check.hpp"

namespace zimu::doctor {

/// What `ffmpeg -version` says of itself.
struct FfmpegFacts {
  std::string version;  ///< "5.1.6-0+deb12u1"
  std::string licence;  ///< "LGPL", "GPL", "GPLv3", "LGPLv3" or "nonfree"
};
FfmpegFacts parse_ffmpeg_version(std::string_view text);

/// Path, version and licence of the ffmpeg program in PATH. Starts it. Blocking, 5 s at most.
Check check_ffmpeg();

}  // namespace zimu::doctor
