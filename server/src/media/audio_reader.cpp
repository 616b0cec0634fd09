#include "media/audio_reader.hpp"

#include <algorithm>
#include <deque>

#include <fmt/format.h>

#include "media/open_input.hpp"
#include "media/probe.hpp"

namespace zimu::media {
namespace {

constexpr std::size_t kPiece = kSampleRateHz;

}  // namespace

struct AudioReader::Impl {
  std::string path;
  av::Input input;
  av::Codec codec;
  av::Resampler resampler;
  av::Packet packet{av_packet_alloc()};
  av::Frame frame{av_frame_alloc()};
  int stream_index = -1;
  domain::MediaInfo info;
  int ordinal = 0;

  // What the resampler was made for; changes in mid-stream make a new one.
  int rate = 0;
  int format = -1;
  AVChannelLayout layout{};

  /// Samples, or a stretch of silence that is owed, not stored: a gap of an hour costs no memory.
  struct Chunk {
    std::int64_t zeros = 0;
    std::vector<float> samples;
  };
  std::deque<Chunk> ready;            ///< not handed out yet; holds what one packet gave
  std::vector<float> piece;           ///< what `read` returned last
  std::int64_t produced = 0;          ///< samples on the timeline so far, silence included
  std::int64_t clock_shift = 0;       ///< correction after damaged timestamps, in samples
  int bad = 0;
  bool decoded_any = false;
  bool draining = false;
  bool ended = false;

  ~Impl() { av_channel_layout_uninit(&layout); }

  Result<> open_codec();
  Result<> prepare_resampler(const AVFrame& from);
  Result<> place(const AVFrame& from);
  Result<> convert(const AVFrame* from);
  Result<> receive();
  Result<> step();
  Result<> send(const AVPacket* data);
};

Result<> AudioReader::Impl::open_codec() {
  const AVCodecParameters& parameters = *input->streams[stream_index]->codecpar;
  const AVCodec* decoder = avcodec_find_decoder(parameters.codec_id);
  if (decoder == nullptr) {
    return fail(ErrorCode::kBadMedia,
                fmt::format("no decoder for the audio codec {} of {}", avcodec_get_name(parameters.codec_id), path),
                "convert the file to a common format such as MP3, M4A or WAV");
  }
  codec.reset(avcodec_alloc_context3(decoder));
  if (!codec) return fail(ErrorCode::kOutOfMemory, "no memory for a decoder");
  avcodec_parameters_to_context(codec.get(), &parameters);
  codec->pkt_timebase = input->streams[stream_index]->time_base;
  codec->thread_count = 1;
  if (const int opened = avcodec_open2(codec.get(), decoder, nullptr); opened < 0) {
    return fail(ErrorCode::kBadMedia, fmt::format("the audio of {} cannot be decoded: {}", path, av::error_text(opened)),
                "convert the file to a common format such as MP3, M4A or WAV");
  }
  return {};
}

Result<> AudioReader::Impl::prepare_resampler(const AVFrame& from) {
  if (resampler && from.sample_rate == rate && from.format == format &&
      av_channel_layout_compare(&from.ch_layout, &layout) == 0) {
    return {};
  }
  if (resampler) ZIMU_TRY_VOID(convert(nullptr));  // what is still inside belongs before the change
  AVChannelLayout source{};
  if (from.ch_layout.order == AV_CHANNEL_ORDER_UNSPEC) {
    av_channel_layout_default(&source, from.ch_layout.nb_channels);
  } else {
    av_channel_layout_copy(&source, &from.ch_layout);
  }
  AVChannelLayout mono = AV_CHANNEL_LAYOUT_MONO;
  SwrContext* raw = nullptr;
  const int made = swr_alloc_set_opts2(&raw, &mono, AV_SAMPLE_FMT_FLT, kSampleRateHz, &source,
                                       static_cast<AVSampleFormat>(from.format), from.sample_rate, 0, nullptr);
  resampler.reset(raw);
  av_channel_layout_uninit(&source);
  if (made < 0 || swr_init(resampler.get()) < 0) {
    resampler.reset();
    return fail(ErrorCode::kBadMedia, fmt::format("the audio of {} has a sample format that cannot be converted", path));
  }
  rate = from.sample_rate;
  format = from.format;
  av_channel_layout_uninit(&layout);
  av_channel_layout_copy(&layout, &from.ch_layout);
  return {};
}

/// Compares the frame's timestamp with the samples made so far: a gap becomes silence.
Result<> AudioReader::Impl::place(const AVFrame& from) {
  if (from.best_effort_timestamp == AV_NOPTS_VALUE) return {};
  const AVStream& stream = *input->streams[stream_index];
  const std::int64_t base = input->start_time == AV_NOPTS_VALUE ? 0 : input->start_time;
  const std::int64_t base_samples = av_rescale(base, kSampleRateHz, AV_TIME_BASE);
  const std::int64_t at =
      av_rescale_q(from.best_effort_timestamp, stream.time_base, AVRational{1, kSampleRateHz}) - base_samples + clock_shift;
  const std::int64_t drift = at - produced - swr_get_delay(resampler.get(), kSampleRateHz);
  if (drift > kJitterSamples && drift <= static_cast<std::int64_t>(kMaxGapSeconds) * kSampleRateHz) {
    ZIMU_TRY_VOID(convert(nullptr));
    ready.push_back({drift, {}});
    produced += drift;
  } else if (drift < -kJitterSamples || drift > kJitterSamples) {
    clock_shift -= drift;  // the clock jumped: keep every sample, go on from here
  }
  return {};
}

/// Null flushes. New samples go to the end of `ready`.
Result<> AudioReader::Impl::convert(const AVFrame* from) {
  const int most = swr_get_out_samples(resampler.get(), from != nullptr ? from->nb_samples : 0);
  if (most <= 0) return {};
  std::vector<float> samples(static_cast<std::size_t>(most));
  auto* out = reinterpret_cast<std::uint8_t*>(samples.data());
  const auto** in = from != nullptr ? const_cast<const std::uint8_t**>(from->extended_data) : nullptr;
  const int made = swr_convert(resampler.get(), &out, most, in, from != nullptr ? from->nb_samples : 0);
  samples.resize(static_cast<std::size_t>(std::max(made, 0)));
  if (!samples.empty()) ready.push_back({0, std::move(samples)});
  produced += std::max(made, 0);
  if (from == nullptr) swr_init(resampler.get());  // usable again after a flush
  return made < 0 ? fail(ErrorCode::kBadMedia, fmt::format("resampling {} failed: {}", path, av::error_text(made)))
                  : Result<>{};
}

Result<> AudioReader::Impl::receive() {
  while (true) {
    const int got = avcodec_receive_frame(codec.get(), frame.get());
    if (got == AVERROR(EAGAIN)) return {};
    if (got == AVERROR_EOF) {
      if (resampler) ZIMU_TRY_VOID(convert(nullptr));
      ended = true;
      return {};
    }
    if (got < 0) {
      ++bad;
      return {};
    }
    if (frame->sample_rate > 0 && frame->nb_samples > 0) {
      ZIMU_TRY_VOID(prepare_resampler(*frame));
      ZIMU_TRY_VOID(place(*frame));
      decoded_any = true;
      ZIMU_TRY_VOID(convert(frame.get()));
    }
    av_frame_unref(frame.get());
  }
}

Result<> AudioReader::Impl::send(const AVPacket* data) {
  const int sent = avcodec_send_packet(codec.get(), data);
  if (sent < 0 && sent != AVERROR_EOF) ++bad;
  return receive();
}

Result<> AudioReader::Impl::step() {
  if (draining) return receive();
  const int got = av_read_frame(input.get(), packet.get());
  if (got == AVERROR_EXIT) return fail(ErrorCode::kCancelled, "cancelled");
  if (got < 0) {  // the end, or a damaged rest: what was read counts
    draining = true;
    return send(nullptr);
  }
  Result<> done;
  if (packet->stream_index == stream_index) done = send(packet.get());
  av_packet_unref(packet.get());
  if (!done) return done;
  if (!decoded_any && bad > kMaxBadPackets) {
    return fail(ErrorCode::kBadMedia, fmt::format("the audio of {} is damaged: nothing in it decodes", path),
                "check that the file plays in a media player");
  }
  return {};
}

AudioReader::AudioReader(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
AudioReader::~AudioReader() = default;

Result<std::unique_ptr<AudioReader>> AudioReader::open(const std::string& path, int audio_stream,
                                                       const std::atomic<bool>* cancel) {
  auto impl = std::make_unique<Impl>();
  impl->path = path;
  ZIMU_TRY(impl->input, open_input(path, cancel));
  ZIMU_TRY(impl->stream_index, choose_audio_stream(*impl->input, audio_stream, path));
  impl->ordinal = audio_ordinal(*impl->input, impl->stream_index);
  impl->info = describe(*impl->input, impl->stream_index);
  for (unsigned i = 0; i < impl->input->nb_streams; ++i) {
    if (static_cast<int>(i) != impl->stream_index) impl->input->streams[i]->discard = AVDISCARD_ALL;
  }
  ZIMU_TRY_VOID(impl->open_codec());
  return std::unique_ptr<AudioReader>(new AudioReader(std::move(impl)));
}

Result<std::span<const float>> AudioReader::read() {
  Impl& d = *impl_;
  d.piece.clear();
  while (d.ready.empty() && !d.ended) ZIMU_TRY_VOID(d.step());
  if (!d.ready.empty() && d.ready.front().zeros > 0) {
    auto& zeros = d.ready.front().zeros;
    const auto n = std::min<std::int64_t>(zeros, static_cast<std::int64_t>(kPiece));
    d.piece.assign(static_cast<std::size_t>(n), 0.0F);
    zeros -= n;
    if (zeros == 0) d.ready.pop_front();
    return std::span<const float>(d.piece);
  }
  if (!d.ready.empty()) {
    d.piece = std::move(d.ready.front().samples);
    d.ready.pop_front();
  }
  if (d.piece.empty() && !d.decoded_any) {
    return fail(ErrorCode::kBadMedia, fmt::format("nothing in the audio of {} could be decoded", d.path),
                "check that the file plays in a media player and is complete");
  }
  return std::span<const float>(d.piece);
}

const domain::MediaInfo& AudioReader::info() const { return impl_->info; }
int AudioReader::audio_stream() const { return impl_->ordinal; }
int AudioReader::bad_packets() const { return impl_->bad; }

}  // namespace zimu::media
