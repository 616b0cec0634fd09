#include "media/seek.hpp"

#include <cstdint>

namespace zimu::media {
namespace {

/// What decoders need to sound right after a jump: MP3 keeps bits in earlier frames, AAC and Opus overlap theirs.
constexpr Milliseconds kSettle{2000};

bool seek_with(AVFormatContext& input, int stream_index, std::int64_t microseconds) {
  const AVRational base = input.streams[stream_index]->time_base;
  const std::int64_t at = av_rescale_q_rnd(microseconds, AV_TIME_BASE_Q, base, AV_ROUND_DOWN);
  return avformat_seek_file(&input, stream_index, INT64_MIN, at, at, 0) >= 0;
}

/// The stream whose index is the best: Matroska keeps the places of the pictures only.
int best_indexed(const AVFormatContext& input) {
  int best = -1;
  int most = 0;
  for (unsigned i = 0; i < input.nb_streams; ++i) {
    const int entries = avformat_index_get_entries_count(input.streams[i]);
    if (entries > most) {
      most = entries;
      best = static_cast<int>(i);
    }
  }
  return best;
}

}  // namespace

bool seek_before(AVFormatContext& input, int stream_index, Milliseconds to) {
  if ((input.iformat->flags & (AVFMT_TS_DISCONT | AVFMT_NOTIMESTAMPS)) != 0) return false;
  const std::int64_t start = input.start_time == AV_NOPTS_VALUE ? 0 : input.start_time;
  const std::int64_t at = start + (to - kSettle).count() * 1000;
  if (seek_with(input, stream_index, at)) return true;
  const int other = best_indexed(input);
  return other >= 0 && other != stream_index && seek_with(input, other, at);
}

}  // namespace zimu::media
