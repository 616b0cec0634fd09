#include "media/poster.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>

#include "media/open_input.hpp"
#include "media/picture.hpp"

namespace zimu::media {
namespace {

using std::chrono::steady_clock;

/// Where to look, as shares of the length: titles and credits at the ends come last.
constexpr std::array kPlaces{0.1, 0.25, 0.5, 0.75, 0.03, 0.0};
constexpr double kGoodContrast = 20;
constexpr double kLeastContrast = 2;  ///< below it there is nothing to see
/// Of the film, from one place, until there must have been a frame that stands alone.
constexpr int kMaxPackets = 1000;
/// One after the other from the first place, when no frame that stands alone is good: every tenth is looked at.
constexpr int kFramesInARow = 3000;
constexpr int kLookedAt = 10;
constexpr std::int64_t kMaxPixels = std::int64_t{1} << 26U;

/// Ends reading when the job is cancelled or the time is over.
struct Watch {
  const std::atomic<bool>* cancel = nullptr;
  steady_clock::time_point end = steady_clock::now() + std::chrono::seconds(kPosterSeconds);
  bool cancelled() const { return cancel != nullptr && cancel->load(std::memory_order_relaxed); }
  bool over() const { return cancelled() || steady_clock::now() >= end; }
  static int interrupted(void* opaque) { return static_cast<const Watch*>(opaque)->over() ? 1 : 0; }
};

bool is_cover(const AVStream& stream) { return (stream.disposition & AV_DISPOSITION_ATTACHED_PIC) != 0; }

av::Codec open_decoder(const AVStream& stream) {
  const AVCodec* decoder = avcodec_find_decoder(stream.codecpar->codec_id);
  if (decoder == nullptr) return nullptr;
  av::Codec codec(avcodec_alloc_context3(decoder));
  if (!codec || avcodec_parameters_to_context(codec.get(), stream.codecpar) < 0) return nullptr;
  codec->pkt_timebase = stream.time_base;
  codec->thread_count = 1;
  codec->max_pixels = kMaxPixels;
  return avcodec_open2(codec.get(), decoder, nullptr) < 0 ? nullptr : std::move(codec);
}

class Search {
 public:
  Search(AVFormatContext& input, const Watch& watch, const std::function<void()>& tick)
      : input_(input), watch_(watch), tick_(tick) {}

  av::Frame cover() {
    for (unsigned i = 0; i < input_.nb_streams; ++i) {
      AVStream& stream = *input_.streams[i];
      if (!is_cover(stream) || stream.attached_pic.size <= 0) continue;
      const av::Codec codec = open_decoder(stream);
      const av::Frame frame(av_frame_alloc());
      if (!codec || !frame) continue;
      avcodec_send_packet(codec.get(), &stream.attached_pic);
      avcodec_send_packet(codec.get(), nullptr);
      if (avcodec_receive_frame(codec.get(), frame.get()) == 0) {
        if (av::Frame picture = small_picture(*frame, stream)) return picture;
      }
    }
    return nullptr;
  }

  av::Frame film() {
    const int best = av_find_best_stream(&input_, AVMEDIA_TYPE_VIDEO, -1, -1, nullptr, 0);
    if (best < 0 || is_cover(*input_.streams[best])) return nullptr;
    stream_ = input_.streams[best];
    for (unsigned i = 0; i < input_.nb_streams; ++i) {
      if (static_cast<int>(i) != best) input_.streams[i]->discard = AVDISCARD_ALL;
    }
    codec_ = open_decoder(*stream_);
    if (!codec_ || !packet_ || !frame_) return nullptr;
    for (const double place : kPlaces) {
      if (input_.duration <= 0 || watch_.over() || good()) break;
      if (go_to(place)) look_at_key_frame();
    }
    // Short films have one frame that stands alone, the first, and some containers cannot be searched.
    if (!good() && !watch_.over()) {
      go_to(kPlaces.front());
      look_from_here();
    }
    return best_contrast_ >= kLeastContrast ? std::move(best_) : nullptr;
  }

 private:
  bool good() const { return best_contrast_ >= kGoodContrast; }

  bool go_to(double place) {
    const std::int64_t start = input_.start_time != AV_NOPTS_VALUE ? input_.start_time : 0;
    const auto at = start + static_cast<std::int64_t>(place * static_cast<double>(std::max<std::int64_t>(0, input_.duration)));
    avcodec_flush_buffers(codec_.get());
    return avformat_seek_file(&input_, -1, INT64_MIN, at, at, 0) >= 0 || av_seek_frame(&input_, -1, at, AVSEEK_FLAG_BACKWARD) >= 0;
  }

  /// The next packet of the film; false at the end.
  bool read() {
    while (!watch_.over()) {
      tick_();
      av_packet_unref(packet_.get());
      if (av_read_frame(&input_, packet_.get()) < 0) return false;
      if (packet_->stream_index == stream_->index) return true;
    }
    return false;
  }

  void send(const AVPacket* packet, int every = 1) {
    avcodec_send_packet(codec_.get(), packet);
    while (avcodec_receive_frame(codec_.get(), frame_.get()) == 0) {
      if (frames_++ % every == 0) consider();
    }
  }

  /// The next frame that stands alone; the decoder is emptied at once, or it would hold it back for the frames after it.
  void look_at_key_frame() {
    for (int packets = 0; packets < kMaxPackets && read(); ++packets) {
      if ((packet_->flags & AV_PKT_FLAG_KEY) == 0) continue;
      send(packet_.get());
      send(nullptr);
      avcodec_flush_buffers(codec_.get());
      return;
    }
  }

  void look_from_here() {
    for (int packets = 0; packets < kFramesInARow && !good() && read(); ++packets) send(packet_.get(), kLookedAt);
    if (!good()) send(nullptr, kLookedAt);
  }

  void consider() {
    av::Frame picture = small_picture(*frame_, *stream_);
    if (!picture) return;
    const double found = contrast(*picture);
    if (best_ && found <= best_contrast_) return;
    best_ = std::move(picture);
    best_contrast_ = found;
  }

  AVFormatContext& input_;
  const Watch& watch_;
  const std::function<void()>& tick_;
  AVStream* stream_ = nullptr;
  av::Codec codec_;
  av::Packet packet_{av_packet_alloc()};
  av::Frame frame_{av_frame_alloc()};
  av::Frame best_;
  double best_contrast_ = -1;
  int frames_ = 0;
};

}  // namespace

Result<std::optional<std::string>> make_poster(const std::string& path, const std::atomic<bool>* cancel,
                                               const std::function<void()>& tick) {
  Watch watch{.cancel = cancel};  // outlives the input, whose reading it ends
  ZIMU_TRY(const av::Input input, open_input(path, cancel));
  input->interrupt_callback = {Watch::interrupted, &watch};
  const std::function<void()> called = tick ? tick : [] {};
  Search search(*input, watch, called);
  av::Frame picture = search.film();
  if (!picture) picture = search.cover();
  if (watch.cancelled()) return fail(ErrorCode::kCancelled, "cancelled");
  if (!picture) return std::nullopt;
  return to_jpeg(*picture);
}

}  // namespace zimu::media
