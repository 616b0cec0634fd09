#pragma once
#include <string>

#include "base/result.hpp"
#include "domain/media.hpp"

struct AVFormatContext;

namespace zimu::media {

/// What a file says of itself, without decoding it. Errors as `open_input`.
Result<domain::MediaInfo> probe(const std::string& path);
/// The same of an open file; `audio_stream` (index in the container) decides the start offset, -1 for none.
domain::MediaInfo describe(const AVFormatContext& input, int audio_stream);

}  // namespace zimu::media
