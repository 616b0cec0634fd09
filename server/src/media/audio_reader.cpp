#include "media/audio_reader.hpp"

#include <algorithm>
#include <utility>

#include "media/decoder.hpp"
#include "media/open_input.hpp"
#include "media/probe.hpp"

namespace zimu::media {

struct AudioReader::Impl {
  std::string path;
  int wanted_stream = -1;
  const std::atomic<bool>* cancel = nullptr;
  Milliseconds from{0};
  std::unique_ptr<Decoder> decoder;
  domain::MediaInfo info;
  int ordinal = 0;
  std::int64_t drop = 0;  ///< samples before `from` that are still to come
  bool begun = false;

  /// A jump where it is worth it and can be trusted, else everything from the beginning.
  Result<> begin() {
    begun = true;
    drop = from.count() * (kSampleRateHz / 1000);
    if (from < kSeekFrom) return {};
    ZIMU_TRY(const auto landed, decoder->jump(from));
    if (landed) {
      drop -= *landed;
      return {};
    }
    ZIMU_TRY(decoder, Decoder::open(path, wanted_stream, cancel));
    return {};
  }
};

AudioReader::AudioReader(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
AudioReader::~AudioReader() = default;

Result<std::unique_ptr<AudioReader>> AudioReader::open(const std::string& path, int audio_stream,
                                                       const std::atomic<bool>* cancel, Milliseconds from) {
  auto impl = std::make_unique<Impl>();
  impl->path = path;
  impl->wanted_stream = audio_stream;
  impl->cancel = cancel;
  impl->from = from;
  ZIMU_TRY(impl->decoder, Decoder::open(path, audio_stream, cancel));
  const AVFormatContext& input = impl->decoder->input();
  impl->ordinal = audio_ordinal(input, impl->decoder->stream_index());
  impl->info = describe(input, impl->decoder->stream_index());
  return std::unique_ptr<AudioReader>(new AudioReader(std::move(impl)));
}

Result<std::span<const float>> AudioReader::read() {
  if (!impl_->begun) ZIMU_TRY_VOID(impl_->begin());
  while (true) {
    ZIMU_TRY(const auto piece, impl_->decoder->next());
    const auto dropped = std::min(impl_->drop, static_cast<std::int64_t>(piece.size()));
    impl_->drop -= dropped;
    if (piece.empty() || std::cmp_less(dropped, piece.size())) return piece.subspan(static_cast<std::size_t>(dropped));
  }
}

const domain::MediaInfo& AudioReader::info() const { return impl_->info; }
int AudioReader::audio_stream() const { return impl_->ordinal; }
int AudioReader::bad_packets() const { return impl_->decoder->bad_packets(); }

}  // namespace zimu::media
