#pragma once
#include <optional>
#include <string>

#include "media/av.hpp"

/// One decoded frame made into a small picture. Private to media/.
namespace zimu::media {

/// Full-range 4:2:0, small, upright. nullptr when libav cannot convert it or memory is short.
av::Frame small_picture(const AVFrame& frame, const AVStream& stream);

/// How much there is to see: about 0 for black, white or any single colour, over 20 for most scenes.
double contrast(const AVFrame& picture);

/// nullopt when it cannot be encoded.
std::optional<std::string> to_jpeg(const AVFrame& picture);

}  // namespace zimu::media
