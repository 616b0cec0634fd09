#include "media/decoder.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "media/audio_reader.hpp"
#include "media/open_input.hpp"
#include "media/seek.hpp"

namespace zimu::media {
namespace {

constexpr std::size_t kPiece = kSampleRateHz;

}  // namespace

Decoder::~Decoder() { av_channel_layout_uninit(&layout_); }

Result<std::unique_ptr<Decoder>> Decoder::open(const std::string& path, int audio_stream, const std::atomic<bool>* cancel) {
  std::unique_ptr<Decoder> decoder(new Decoder);
  decoder->path_ = path;
  ZIMU_TRY(decoder->input_, open_input(path, cancel));
  ZIMU_TRY(decoder->stream_index_, choose_audio_stream(*decoder->input_, audio_stream, path));
  for (unsigned i = 0; i < decoder->input_->nb_streams; ++i) {
    if (static_cast<int>(i) != decoder->stream_index_) decoder->input_->streams[i]->discard = AVDISCARD_ALL;
  }
  ZIMU_TRY_VOID(decoder->open_codec());
  return decoder;
}

Result<> Decoder::open_codec() {
  const AVCodecParameters& parameters = *input_->streams[stream_index_]->codecpar;
  const AVCodec* decoder = avcodec_find_decoder(parameters.codec_id);
  if (decoder == nullptr) {
    return fail(ErrorCode::kBadMedia,
                fmt::format("no decoder for the audio codec {} of {}", avcodec_get_name(parameters.codec_id), path_),
                "convert the file to a common format such as MP3, M4A or WAV");
  }
  codec_.reset(avcodec_alloc_context3(decoder));
  if (!codec_) return fail(ErrorCode::kOutOfMemory, "no memory for a decoder");
  avcodec_parameters_to_context(codec_.get(), &parameters);
  codec_->pkt_timebase = input_->streams[stream_index_]->time_base;
  codec_->thread_count = 1;
  if (const int opened = avcodec_open2(codec_.get(), decoder, nullptr); opened < 0) {
    return fail(ErrorCode::kBadMedia, fmt::format("the audio of {} cannot be decoded: {}", path_, av::error_text(opened)),
                "convert the file to a common format such as MP3, M4A or WAV");
  }
  return {};
}

Result<> Decoder::prepare_resampler(const AVFrame& from) {
  if (resampler_ && from.sample_rate == rate_ && from.format == format_ &&
      av_channel_layout_compare(&from.ch_layout, &layout_) == 0) {
    return {};
  }
  if (resampler_) ZIMU_TRY_VOID(convert(nullptr));  // what is still inside belongs before the change
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
  resampler_.reset(raw);
  av_channel_layout_uninit(&source);
  if (made < 0 || swr_init(resampler_.get()) < 0) {
    resampler_.reset();
    return fail(ErrorCode::kBadMedia, fmt::format("the audio of {} has a sample format that cannot be converted", path_));
  }
  rate_ = from.sample_rate;
  format_ = from.format;
  av_channel_layout_uninit(&layout_);
  av_channel_layout_copy(&layout_, &from.ch_layout);
  return {};
}

/// Compares the frame's timestamp with the samples made so far: a gap becomes silence.
Result<> Decoder::place(const AVFrame& from) {
  if (from.best_effort_timestamp == AV_NOPTS_VALUE) return {};
  const AVStream& stream = *input_->streams[stream_index_];
  const std::int64_t base = input_->start_time == AV_NOPTS_VALUE ? 0 : input_->start_time;
  const std::int64_t base_samples = av_rescale(base, kSampleRateHz, AV_TIME_BASE);
  const std::int64_t at =
      av_rescale_q(from.best_effort_timestamp, stream.time_base, AVRational{1, kSampleRateHz}) - base_samples + clock_shift_;
  if (landing_) {
    produced_ = at;
    landed_ = at;
    landing_ = false;
  }
  const std::int64_t drift = at - produced_ - swr_get_delay(resampler_.get(), kSampleRateHz);
  if (drift > AudioReader::kJitterSamples && drift <= static_cast<std::int64_t>(AudioReader::kMaxGapSeconds) * kSampleRateHz) {
    ZIMU_TRY_VOID(convert(nullptr));
    ready_.push_back({drift, {}});
    produced_ += drift;
  } else if (drift < -AudioReader::kJitterSamples || drift > AudioReader::kJitterSamples) {
    clock_shift_ -= drift;  // the clock jumped: keep every sample, go on from here
  }
  if (!decoded_any_) offset_ = at - produced_;
  return {};
}

/// Null flushes. New samples go to the end of `ready_`.
Result<> Decoder::convert(const AVFrame* from) {
  const int most = swr_get_out_samples(resampler_.get(), from != nullptr ? from->nb_samples : 0);
  if (most <= 0) return {};
  std::vector<float> samples(static_cast<std::size_t>(most));
  auto* out = reinterpret_cast<std::uint8_t*>(samples.data());
  const auto** in = from != nullptr ? const_cast<const std::uint8_t**>(from->extended_data) : nullptr;
  const int made = swr_convert(resampler_.get(), &out, most, in, from != nullptr ? from->nb_samples : 0);
  samples.resize(static_cast<std::size_t>(std::max(made, 0)));
  if (!samples.empty()) ready_.push_back({0, std::move(samples)});
  produced_ += std::max(made, 0);
  if (from == nullptr) swr_init(resampler_.get());  // usable again after a flush
  return made < 0 ? fail(ErrorCode::kBadMedia, fmt::format("resampling {} failed: {}", path_, av::error_text(made)))
                  : Result<>{};
}

Result<> Decoder::receive() {
  while (true) {
    const int got = avcodec_receive_frame(codec_.get(), frame_.get());
    if (got == AVERROR(EAGAIN)) return {};
    if (got == AVERROR_EOF) {
      if (resampler_) ZIMU_TRY_VOID(convert(nullptr));
      ended_ = true;
      return {};
    }
    if (got < 0) {
      ++bad_;
      return {};
    }
    if (frame_->sample_rate > 0 && frame_->nb_samples > 0) {
      ZIMU_TRY_VOID(prepare_resampler(*frame_));
      ZIMU_TRY_VOID(place(*frame_));
      decoded_any_ = true;
      ZIMU_TRY_VOID(convert(frame_.get()));
    }
    av_frame_unref(frame_.get());
  }
}

Result<> Decoder::send(const AVPacket* data) {
  const int sent = avcodec_send_packet(codec_.get(), data);
  if (sent < 0 && sent != AVERROR_EOF) ++bad_;
  return receive();
}

Result<> Decoder::step() {
  if (draining_) return receive();
  const int got = av_read_frame(input_.get(), packet_.get());
  if (got == AVERROR_EXIT) return fail(ErrorCode::kCancelled, "cancelled");
  if (got < 0) {  // the end, or a damaged rest: what was read counts
    draining_ = true;
    return send(nullptr);
  }
  Result<> done;
  if (packet_->stream_index == stream_index_) done = send(packet_.get());
  av_packet_unref(packet_.get());
  if (!done) return done;
  if (!decoded_any_ && bad_ > AudioReader::kMaxBadPackets) {
    return fail(ErrorCode::kBadMedia, fmt::format("the audio of {} is damaged: nothing in it decodes", path_),
                "check that the file plays in a media player");
  }
  return {};
}

Result<> Decoder::fill() {
  while (ready_.empty() && !ended_) ZIMU_TRY_VOID(step());
  return {};
}

Result<std::span<const float>> Decoder::next() {
  piece_.clear();
  ZIMU_TRY_VOID(fill());
  if (!ready_.empty() && ready_.front().zeros > 0) {
    auto& zeros = ready_.front().zeros;
    const auto n = std::min<std::int64_t>(zeros, static_cast<std::int64_t>(kPiece));
    piece_.assign(static_cast<std::size_t>(n), 0.0F);
    zeros -= n;
    if (zeros == 0) ready_.pop_front();
    return std::span<const float>(piece_);
  }
  if (!ready_.empty()) {
    piece_ = std::move(ready_.front().samples);
    ready_.pop_front();
  }
  if (piece_.empty() && !decoded_any_) {
    return fail(ErrorCode::kBadMedia, fmt::format("nothing in the audio of {} could be decoded", path_),
                "check that the file plays in a media player and is complete");
  }
  return std::span<const float>(piece_);
}

Result<std::optional<std::int64_t>> Decoder::jump(Milliseconds to) {
  ZIMU_TRY_VOID(fill());  // how the beginning lies to its timestamps
  if (ended_ || !seek_before(*input_, stream_index_, to)) return std::nullopt;
  avcodec_flush_buffers(codec_.get());
  resampler_.reset();
  ready_.clear();
  clock_shift_ = -offset_;
  landing_ = true;
  ZIMU_TRY_VOID(fill());
  if (landing_ || ended_ || !landed_ || *landed_ > to.count() * (kSampleRateHz / 1000)) return std::nullopt;
  return landed_;
}

}  // namespace zimu::media
