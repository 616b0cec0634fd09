#include "worker/transcribe_job.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

#include <fmt/format.h>

#include "worker/crash_injection.hpp"
#include "worker/heartbeat.hpp"
#include "worker/sound.hpp"
#include "worker/windower.hpp"

namespace zimu::worker {
namespace {

using Clock = std::chrono::steady_clock;

constexpr float kSureOfLanguage = 0.5F;
constexpr int kLanguagePieces = 6;  ///< thirty-second pieces to ask while none is sure
constexpr std::size_t kLanguagePieceSamples = 30 * kSampleRateHz;

Milliseconds to_ms(std::uint64_t samples) { return Milliseconds{static_cast<std::int64_t>(samples / kSamplesPerMs)}; }

class Job {
 public:
  Job(const protocol::TranscribeRequest& request, EventWriter& events, const std::atomic<bool>& cancel)
      : request_(request), events_(events), cancel_(cancel), heartbeat_(events) {}

  Result<protocol::DoneEvent> run(ModelCache& models) {
    const Part part{request_.span_start, request_.span_end};
    ZIMU_TRY(sound_, Sound::open(request_.media_path, request_.options.audio_stream, &cancel_, part));
    const media::AudioReader& reader = sound_->reader();
    total_ = part.end.count() > 0 ? part.end : reader.info().duration;
    begin_ = std::max(request_.resume_at, part.start);
    events_.write(protocol::MediaEvent{request_.job, reader.info(), reader.audio_stream()});
    progress("loading", true);
    ZIMU_TRY(engine_, models.get(request_.model_path, request_.options));
    progress("decoding", true);
    started_ = Clock::now();
    ZIMU_TRY_VOID(sound_->skip(static_cast<std::uint64_t>((begin_ - part.start).count()) * kSamplesPerMs));
    next_window_ = request_.next_window;
    next_segment_ = request_.next_segment;
    ZIMU_TRY_VOID(run_windows());
    progress("finishing", true);
    return done();
  }

 private:
  Result<> run_windows() {
    while (true) {
      if (cancel_) return fail(ErrorCode::kCancelled, "cancelled");
      // One sample more than is looked at, so that the end of the recording is known and not guessed.
      ZIMU_TRY_VOID(sound_->fill(kLookSamples + 1));
      if (sound_->available().empty()) return {};
      const Cut cut = next_cut(sound_->available(), sound_->at_end());
      ZIMU_TRY_VOID(cut.silence ? silent_window(cut.length) : spoken_window(cut.length));
    }
  }

  Result<> silent_window(std::size_t length) {
    domain::Window window;
    window.silence = true;
    return finish_window(std::move(window), length);
  }

  Result<> spoken_window(std::size_t length) {
    ZIMU_TRY_VOID(settle_language());
    progress("transcribing", false);
    const auto samples = sound_->available().first(length);
    asr::WindowOptions options;
    options.language = language_.code;
    options.task = request_.options.task;
    options.prompt = request_.options.prompt;
    options.words = request_.options.words;
    options.temperature = request_.options.temperature;
    const auto abort = [this] {
      progress("transcribing", false);
      return cancel_.load();
    };
    ZIMU_TRY(auto result, engine_->transcribe(samples, options, abort));
    encode_time_ += result.encode_time;
    sample_time_ += result.sample_time;
    // The engine may hand back the tail: it becomes the start of the next window. Whole milliseconds, and never none.
    std::size_t used = length;
    if (result.consumed >= Milliseconds{1} && result.consumed < to_ms(length)) {
      used = static_cast<std::size_t>(result.consumed.count()) * kSamplesPerMs;
    }
    count_coverage(samples.first(used), result.segments);
    domain::Window window;
    window.retries = std::move(result.retries);
    window.segments = std::move(result.segments);
    return finish_window(std::move(window), used);
  }

  Result<> finish_window(domain::Window window, std::size_t length) {
    const Milliseconds start = to_ms(sound_->position());
    window.index = next_window_++;
    window.start = start;
    window.end = std::max(to_ms(sound_->position() + length), start + Milliseconds{1});
    for (domain::Segment& segment : window.segments) {
      segment.index = next_segment_++;
      segment.start += start;
      segment.end += start;
      for (domain::Word& word : segment.words) {
        word.start += start;
        word.end += start;
      }
    }
    crash_if_asked(window.index);
    events_.write(protocol::WindowEvent{request_.job, std::move(window)});
    ZIMU_TRY_VOID(sound_->skip(length));
    progress("transcribing", false);
    return {};
  }

  /// Once a job: given, remembered from before a restart, or heard.
  Result<> settle_language() {
    if (!language_.code.empty()) return {};
    if (request_.options.language != "auto") {
      language_ = {request_.options.language, 1};
    } else if (!request_.resume_language.empty()) {
      language_ = {request_.resume_language, request_.resume_language_probability};
    } else if (!engine_->multilingual()) {
      language_ = {"en", 1};
    } else {
      ZIMU_TRY_VOID(hear_language());
    }
    events_.write(protocol::LanguageEvent{request_.job, language_.code, language_.probability});
    return {};
  }

  Result<> hear_language() {
    for (int piece = 0; piece < kLanguagePieces && language_.probability < kSureOfLanguage; ++piece) {
      const std::size_t from = static_cast<std::size_t>(piece) * kLanguagePieceSamples;
      ZIMU_TRY_VOID(sound_->fill(from + kLanguagePieceSamples));
      const auto available = sound_->available();
      if (available.size() <= from) break;
      const auto samples = available.subspan(from, std::min(kLanguagePieceSamples, available.size() - from));
      ZIMU_TRY(auto guess, engine_->detect_language(samples));
      if (cancel_) return fail(ErrorCode::kCancelled, "cancelled");
      // Noise and music have a language too, if one asks; it must not become that of the speech after them.
      guess.probability *= 1 - guess.no_speech_prob;
      if (guess.probability > language_.probability) language_ = std::move(guess);
    }
    return {};
  }

  void count_coverage(std::span<const float> samples, const std::vector<domain::Segment>& segments) {
    std::vector<std::pair<Milliseconds, Milliseconds>> stretches;
    for (const auto& segment : segments) stretches.emplace_back(segment.start, segment.end);
    const Audible heard = audible(samples, stretches);
    audible_ += heard.total;
    covered_ += heard.covered;
  }

  void progress(const char* stage, bool always) {
    if (!always && !heartbeat_.is_due()) return;
    protocol::ProgressEvent event;
    event.job = request_.job;
    event.stage = stage;
    event.done = to_ms(sound_->position());
    event.total = std::max(total_, event.done);
    if (total_.count() == 0) event.total = Milliseconds{0};
    if (engine_ != nullptr) {
      event.device = engine_->device();
      const std::chrono::duration<double> spent = Clock::now() - started_;
      const auto fresh = std::chrono::duration<double>(event.done - begin_).count();
      event.speed = spent.count() > 0.2 && fresh > 0 ? fresh / spent.count() : 0;
    }
    heartbeat_.report(std::move(event), always);
  }

  protocol::DoneEvent done() {
    protocol::DoneEvent event;
    event.job = request_.job;
    event.duration = to_ms(sound_->position());
    event.audible_share_with_text =
        audible_.count() > 0 ? static_cast<double>(covered_.count()) / static_cast<double>(audible_.count()) : 1.0;
    event.timings = {{"decode", sound_->decode_time()}, {"encode", encode_time_}, {"sample", sample_time_}};
    event.device = engine_->device();
    return event;
  }

  const protocol::TranscribeRequest& request_;
  EventWriter& events_;
  const std::atomic<bool>& cancel_;
  std::unique_ptr<Sound> sound_;
  asr::Engine* engine_ = nullptr;
  asr::LanguageGuess language_;
  Milliseconds begin_{0};  ///< of the first window
  Milliseconds total_{0};  ///< where the last one is to end
  std::int64_t next_window_ = 0;
  std::int64_t next_segment_ = 0;
  Clock::time_point started_ = Clock::now();
  Milliseconds encode_time_{0};
  Milliseconds sample_time_{0};
  Milliseconds audible_{0};
  Milliseconds covered_{0};
  Heartbeat heartbeat_;
};

}  // namespace

Result<protocol::DoneEvent> run_transcription(const protocol::TranscribeRequest& request, ModelCache& models,
                                              EventWriter& events, const std::atomic<bool>& cancel) {
  return Job(request, events, cancel).run(models);
}

}  // namespace zimu::worker
