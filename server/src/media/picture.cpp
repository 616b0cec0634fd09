#include "media/picture.hpp"

extern "C" {
#include <libavutil/display.h>
#include <libswscale/swscale.h>
}

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <memory>

#include "media/poster.hpp"

namespace zimu::media {
namespace {

constexpr AVPixelFormat kFormat = AV_PIX_FMT_YUVJ420P;
/// libav's scale of 1 (best) to 31.
constexpr int kJpegQuality = 4;

struct FreeSws {
  void operator()(SwsContext* context) const { sws_freeContext(context); }
};
using Scaler = std::unique_ptr<SwsContext, FreeSws>;

struct Size {
  int width = 0;
  int height = 0;
};

const std::int32_t* display_matrix(const AVFrame& frame, const AVStream& stream) {
  constexpr std::size_t kMatrixBytes = 9 * sizeof(std::int32_t);
  if (const AVFrameSideData* of_frame = av_frame_get_side_data(&frame, AV_FRAME_DATA_DISPLAYMATRIX);
      of_frame != nullptr && of_frame->size >= kMatrixBytes) {
    return reinterpret_cast<const std::int32_t*>(of_frame->data);
  }
#if LIBAVFORMAT_VERSION_MAJOR >= 61
  const AVPacketSideData* data = av_packet_side_data_get(
      stream.codecpar->coded_side_data, stream.codecpar->nb_coded_side_data, AV_PKT_DATA_DISPLAYMATRIX);
  if (data == nullptr || data->size < kMatrixBytes) return nullptr;
  return reinterpret_cast<const std::int32_t*>(data->data);
#else
  std::size_t size = 0;
  const std::uint8_t* data = av_stream_get_side_data(&stream, AV_PKT_DATA_DISPLAYMATRIX, &size);
  return size < kMatrixBytes ? nullptr : reinterpret_cast<const std::int32_t*>(data);
#endif
}

/// Quarter turns clockwise that make it upright.
int quarter_turns(const AVFrame& frame, const AVStream& stream) {
  const std::int32_t* matrix = display_matrix(frame, stream);
  if (matrix == nullptr) return 0;
  const double counterclockwise = av_display_rotation_get(matrix);
  if (!std::isfinite(counterclockwise)) return 0;
  const int turns = static_cast<int>(std::lround(-counterclockwise / 90.0)) % 4;
  return turns < 0 ? turns + 4 : turns;
}

int even(double value) { return std::max(2, static_cast<int>(std::lround(value / 2)) * 2); }

/// As it is shown, with square pixels, before it is turned upright.
Size small_size(const AVFrame& frame, bool turned) {
  double width = frame.width;
  const double height = frame.height;
  const AVRational pixel = frame.sample_aspect_ratio;
  if (pixel.num > 0 && pixel.den > 0) {
    // Damaged files say the strangest shapes.
    width *= std::clamp(av_q2d(pixel), 0.1, 10.0);
  }
  const double most_wide = turned ? kPosterHeight : kPosterWidth;
  const double most_high = turned ? kPosterWidth : kPosterHeight;
  const double scale = std::min({1.0, most_wide / width, most_high / height});
  return {even(width * scale), even(height * scale)};
}

av::Frame new_picture(Size size) {
  av::Frame out(av_frame_alloc());
  if (!out) return nullptr;
  out->format = kFormat;
  out->width = size.width;
  out->height = size.height;
  out->color_range = AVCOL_RANGE_JPEG;
  return av_frame_get_buffer(out.get(), 0) < 0 ? nullptr : std::move(out);
}

av::Frame scaled(const AVFrame& frame, Size size) {
  const auto format = static_cast<AVPixelFormat>(frame.format);
  const Scaler scaler(sws_getContext(frame.width, frame.height, format, size.width, size.height, kFormat, SWS_BICUBIC,
                                     nullptr, nullptr, nullptr));
  if (!scaler) return nullptr;
  const int matrix = frame.colorspace == AVCOL_SPC_BT709 ? SWS_CS_ITU709 : SWS_CS_DEFAULT;
  const int full_in = frame.color_range == AVCOL_RANGE_JPEG || format == AV_PIX_FMT_YUVJ420P ||
                              format == AV_PIX_FMT_YUVJ422P || format == AV_PIX_FMT_YUVJ444P
                          ? 1
                          : 0;
  // JPEG is always full range and always of the older matrix.
  sws_setColorspaceDetails(scaler.get(), sws_getCoefficients(matrix), full_in, sws_getCoefficients(SWS_CS_DEFAULT), 1, 0,
                           1 << 16, 1 << 16);
  av::Frame out = new_picture(size);
  if (!out) return nullptr;
  const int rows = sws_scale(scaler.get(), frame.data, frame.linesize, 0, frame.height, out->data, out->linesize);
  return rows == size.height ? std::move(out) : nullptr;
}

void turn_plane(const AVFrame& from, AVFrame& to, int plane, int turns) {
  const int shift = plane == 0 ? 0 : 1;
  const int width = to.width >> shift;
  const int height = to.height >> shift;
  for (int y = 0; y < height; ++y) {
    std::uint8_t* row = to.data[plane] + static_cast<std::ptrdiff_t>(y) * to.linesize[plane];
    for (int x = 0; x < width; ++x) {
      const int from_x = turns == 1 ? y : turns == 2 ? width - 1 - x : height - 1 - y;
      const int from_y = turns == 1 ? width - 1 - x : turns == 2 ? height - 1 - y : x;
      row[x] = from.data[plane][static_cast<std::ptrdiff_t>(from_y) * from.linesize[plane] + from_x];
    }
  }
}

}  // namespace

av::Frame small_picture(const AVFrame& frame, const AVStream& stream) {
  if (frame.width <= 0 || frame.height <= 0 || frame.hw_frames_ctx != nullptr) return nullptr;
  const int turns = quarter_turns(frame, stream);
  const bool turned = turns % 2 == 1;
  const Size size = small_size(frame, turned);
  av::Frame flat = scaled(frame, size);
  if (!flat || turns == 0) return flat;
  av::Frame upright = new_picture(turned ? Size{size.height, size.width} : size);
  if (!upright) return nullptr;
  for (int plane = 0; plane < 3; ++plane) turn_plane(*flat, *upright, plane, turns);
  return upright;
}

double contrast(const AVFrame& picture) {
  double sum = 0;
  double squares = 0;
  for (int y = 0; y < picture.height; ++y) {
    const std::uint8_t* row = picture.data[0] + static_cast<std::ptrdiff_t>(y) * picture.linesize[0];
    for (int x = 0; x < picture.width; ++x) {
      sum += row[x];
      squares += static_cast<double>(row[x]) * row[x];
    }
  }
  const double count = static_cast<double>(picture.width) * picture.height;
  const double mean = sum / count;
  return std::sqrt(std::max(0.0, squares / count - mean * mean));
}

std::optional<std::string> to_jpeg(const AVFrame& picture) {
  const AVCodec* encoder = avcodec_find_encoder(AV_CODEC_ID_MJPEG);
  if (encoder == nullptr) return std::nullopt;
  const av::Codec codec(avcodec_alloc_context3(encoder));
  const av::Packet packet(av_packet_alloc());
  const av::Frame frame(av_frame_clone(&picture));
  if (!codec || !packet || !frame) return std::nullopt;
  codec->width = picture.width;
  codec->height = picture.height;
  codec->pix_fmt = kFormat;
  codec->color_range = AVCOL_RANGE_JPEG;
  codec->time_base = {1, 1};
  codec->thread_count = 1;
  codec->flags |= AV_CODEC_FLAG_QSCALE;
  codec->global_quality = FF_QP2LAMBDA * kJpegQuality;
  frame->quality = codec->global_quality;
  frame->pts = 0;
  if (avcodec_open2(codec.get(), encoder, nullptr) < 0) return std::nullopt;
  if (avcodec_send_frame(codec.get(), frame.get()) < 0 || avcodec_send_frame(codec.get(), nullptr) < 0) return std::nullopt;
  if (avcodec_receive_packet(codec.get(), packet.get()) < 0) return std::nullopt;
  return std::string(reinterpret_cast<const char*>(packet->data), static_cast<std::size_t>(packet->size));
}

}  // namespace zimu::media
