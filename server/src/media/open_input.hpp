#pragma once
#include <atomic>
#include <string>

#include "base/result.hpp"
#include "media/av.hpp"

namespace zimu::media {

/// Opens a local media file and reads its streams. Playlists, image sequences, subtitle files and everything that could
/// open a second file or the network are refused. `cancel` (may be null) ends blocking reads.
/// kNotFound, kPermission, kBadMedia (names the file), kCancelled.
Result<av::Input> open_input(const std::string& path, const std::atomic<bool>* cancel);

/// Index in `streams` of the n-th audio stream, or of the default one for -1. kBadMedia when there is none.
Result<int> choose_audio_stream(AVFormatContext& input, int wanted, const std::string& path);
/// Its number among the audio streams.
int audio_ordinal(const AVFormatContext& input, int stream_index);

}  // namespace zimu::media
