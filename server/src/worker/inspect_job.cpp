#include "worker/inspect_job.hpp"

#include <algorithm>
#include <cmath>
#include <string>

#include "base/file.hpp"
#include "media/audio_reader.hpp"
#include "media/poster.hpp"
#include "worker/heartbeat.hpp"

namespace zimu::worker {
namespace {

constexpr std::size_t kBucketSamples = media::kSampleRateHz / 50;  // 20 ms: cue edges are set by what one sees
constexpr std::size_t kMaxBuckets = 1'000'000;

/// Greatest |sample| of each 20 ms; pairs are merged whenever there would be too many.
class Peaks {
 public:
  void add(std::span<const float> samples) {
    for (const float sample : samples) {
      current_ = std::max(current_, std::min(std::abs(sample), 1.0F));
      if (++filled_ == bucket_samples_) close_bucket();
    }
  }
  /// "ZPK1", bucket in ms and count as little-endian 32-bit numbers, then one byte a bucket.
  std::string file() {
    if (filled_ > 0) close_bucket();
    std::string out = "ZPK1";
    for (const std::size_t number : {bucket_samples_ / 16, buckets_.size()}) {
      for (unsigned shift = 0; shift < 32; shift += 8) out += static_cast<char>((number >> shift) & 0xFFU);
    }
    return out + buckets_;
  }

 private:
  void close_bucket() {
    buckets_ += static_cast<char>(std::lround(current_ * 255.0F));
    current_ = 0;
    filled_ = 0;
    if (buckets_.size() < kMaxBuckets) return;
    std::string half;
    for (std::size_t i = 0; i + 1 < buckets_.size(); i += 2) {
      half += static_cast<char>(std::max(static_cast<unsigned char>(buckets_[i]), static_cast<unsigned char>(buckets_[i + 1])));
    }
    buckets_ = std::move(half);
    bucket_samples_ *= 2;
  }

  std::string buckets_;
  std::size_t bucket_samples_ = kBucketSamples;
  std::size_t filled_ = 0;
  float current_ = 0;
};

}  // namespace

Result<protocol::DoneEvent> run_inspection(const protocol::InspectRequest& request, EventWriter& events,
                                           const std::atomic<bool>& cancel) {
  ZIMU_TRY(const auto reader, media::AudioReader::open(request.media_path, -1, &cancel));
  domain::MediaInfo info = reader->info();
  events.write(protocol::MediaEvent{request.job, info, reader->audio_stream()});

  Peaks peaks;
  std::uint64_t samples = 0;
  Heartbeat heartbeat(events);
  const auto report = [&] {
    if (!heartbeat.is_due()) return;
    protocol::ProgressEvent event;
    event.job = request.job;
    event.stage = "inspecting";
    event.done = Milliseconds{static_cast<std::int64_t>(samples / 16)};
    event.total = info.duration;
    heartbeat.report(std::move(event), false);
  };
  while (true) {
    if (cancel) return fail(ErrorCode::kCancelled, "cancelled");
    ZIMU_TRY(const auto piece, reader->read());
    if (piece.empty()) break;
    samples += piece.size();
    peaks.add(piece);
    report();
  }
  if (!request.peaks_path.empty()) ZIMU_TRY_VOID(write_file_atomic(request.peaks_path, peaks.file()));
  if (!request.poster_path.empty()) {
    ZIMU_TRY(const auto poster, media::make_poster(request.media_path, &cancel, report));
    if (poster) ZIMU_TRY_VOID(write_file_atomic(request.poster_path, *poster));
  }

  protocol::DoneEvent done;
  done.job = request.job;
  done.duration = Milliseconds{static_cast<std::int64_t>(samples / 16)};
  if (info.duration.count() == 0) {
    info.duration = done.duration;
    events.write(protocol::MediaEvent{request.job, info, reader->audio_stream()});
  }
  ZIMU_TRY(done.sha256, sha256_file(request.media_path));
  return done;
}

}  // namespace zimu::worker
