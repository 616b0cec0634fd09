#include "media/probe.hpp"

#include "media/open_input.hpp"

namespace zimu::media {
namespace {

std::string tag(const AVStream& stream, const char* name) {
  const AVDictionaryEntry* entry = av_dict_get(stream.metadata, name, nullptr, 0);
  return entry != nullptr ? entry->value : "";
}

bool is_picture(const AVStream& stream) { return (stream.disposition & AV_DISPOSITION_ATTACHED_PIC) != 0; }

domain::Stream describe_stream(const AVStream& stream) {
  const AVCodecParameters& codec = *stream.codecpar;
  domain::Stream out;
  out.index = stream.index;
  out.codec = avcodec_get_name(codec.codec_id);
  out.language = tag(stream, "language");
  out.is_default = (stream.disposition & AV_DISPOSITION_DEFAULT) != 0;
  if (codec.codec_type == AVMEDIA_TYPE_AUDIO) {
    out.kind = "audio";
    out.channels = codec.ch_layout.nb_channels;
    out.sample_rate_hz = codec.sample_rate;
  } else if (codec.codec_type == AVMEDIA_TYPE_VIDEO && !is_picture(stream)) {
    out.kind = "video";
    out.width = codec.width;
    out.height = codec.height;
  } else {
    out.kind = codec.codec_type == AVMEDIA_TYPE_SUBTITLE ? "subtitle" : "other";
  }
  return out;
}

}  // namespace

domain::MediaInfo describe(const AVFormatContext& input, int audio_stream) {
  domain::MediaInfo info;
  info.format = input.iformat->name;
  if (input.duration > 0) info.duration = Milliseconds{input.duration / 1000};
  for (unsigned i = 0; i < input.nb_streams; ++i) {
    info.streams.push_back(describe_stream(*input.streams[i]));
    info.has_video = info.has_video || info.streams.back().kind == "video";
  }
  if (audio_stream >= 0) {
    const AVStream& stream = *input.streams[audio_stream];
    if (stream.start_time != AV_NOPTS_VALUE && input.start_time != AV_NOPTS_VALUE) {
      const auto start = av_rescale_q(stream.start_time, stream.time_base, AV_TIME_BASE_Q) - input.start_time;
      info.start_offset = Milliseconds{start / 1000};
    }
  }
  return info;
}

Result<domain::MediaInfo> probe(const std::string& path) {
  ZIMU_TRY(const auto input, open_input(path, nullptr));
  const auto stream = choose_audio_stream(*input, -1, path);
  return describe(*input, stream.value_or(-1));
}

}  // namespace zimu::media
