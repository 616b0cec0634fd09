#include "worker/transcribe_job.hpp"

#include <algorithm>
#include <chrono>
#include <map>
#include <utility>

#include "worker/coverage.hpp"
#include "worker/crash_injection.hpp"
#include "worker/heartbeat.hpp"
#include "worker/window_feed.hpp"

namespace zimu::worker {
namespace {

using Clock = std::chrono::steady_clock;

constexpr float kSureOfLanguage = 0.5F;
constexpr std::size_t kLanguageWindows = 6;  ///< with sound, to ask while none is sure
/// Of a window's work is done when it is encoded; for progress.
constexpr double kEncodedShare = 0.6;

/// A window on its way: the feed's order is the transcript's. Its sound goes as soon as its text is there, so that
/// windows that wait for an earlier one cost little.
struct Pending {
  FedWindow fed;
  std::optional<domain::Window> done;
};

class Job : asr::WindowSource {
 public:
  Job(const protocol::TranscribeRequest& request, EventWriter& events, const std::atomic<bool>& cancel)
      : request_(request), events_(events), cancel_(cancel), heartbeat_(events) {}

  Result<protocol::DoneEvent> run(ModelCache& models) {
    const Part part{request_.span_start, request_.span_end};
    begin_ = std::max(request_.resume_at, part.start);
    ZIMU_TRY(feed_, WindowFeed::open(request_.media_path, request_.options.audio_stream, &cancel_, part, begin_));
    const media::AudioReader& reader = feed_->reader();
    total_ = part.end.count() > 0 ? part.end : reader.info().duration;
    done_ = begin_;
    events_.write(protocol::MediaEvent{request_.job, reader.info(), reader.audio_stream()});
    progress("loading", true);
    ZIMU_TRY(engine_, models.get(request_.model_path, request_.options));
    progress("decoding", true);
    started_ = Clock::now();
    next_window_ = request_.next_window;
    next_taken_ = request_.next_window;
    next_segment_ = request_.next_segment;
    const auto sink = [this](std::uint64_t tag, asr::WindowResult result) {
      encode_time_ += result.encode_time;
      sample_time_ += result.sample_time;
      batch_time_ += result.batch_time;
      Pending& pending = pending_.at(static_cast<std::int64_t>(tag));
      pending.done = finish(std::exchange(pending.fed, {}), std::move(result));
      write_ready();
      return Result<>{};
    };
    const auto abort = [this] {
      progress("transcribing", false);
      return cancel_.load();
    };
    ZIMU_TRY_VOID(settle_language());
    ZIMU_TRY_VOID(engine_->transcribe(*this, sink, abort));
    write_ready();
    if (cancel_) return fail(ErrorCode::kCancelled, "cancelled");
    ZIMU_TRY_VOID(feed_->end_result());
    progress("finishing", true);
    return done();
  }

 private:
  /// The engine asks for work.
  asr::Pull next(asr::SpeechWindow& into, bool wait) override {
    while (true) {
      if (waiting_.empty()) {
        auto fed = feed_->next(wait);
        if (!fed) return feed_->ended() ? asr::Pull::kEnd : asr::Pull::kNotYet;
        take(std::move(*fed));
        continue;
      }
      const std::int64_t tag = waiting_.front();
      waiting_.erase(waiting_.begin());
      Pending& pending = pending_.at(tag);
      into.tag = static_cast<std::uint64_t>(tag);
      into.audio = std::move(pending.fed.audio);
      into.options.language = language_.code;
      into.options.language_heard = request_.options.language == "auto";
      into.options.languages = request_.options.languages;
      into.options.task = request_.options.task;
      into.options.prompt = request_.options.prompt;
      into.options.words = request_.options.words;
      into.options.temperature = request_.options.temperature;
      into.options.beam_size = request_.options.beam_size;
      return asr::Pull::kWindow;
    }
  }

  /// Windows without speech are done as they come; the others wait for the engine.
  void take(FedWindow fed) {
    const std::int64_t tag = next_taken_++;
    Pending& pending = pending_[tag];
    pending.fed = std::move(fed);
    if (pending.fed.audio.empty()) {
      pending.done = finish(std::exchange(pending.fed, {}), {});
      write_ready();
    } else {
      waiting_.push_back(tag);
    }
  }

  /// In the recording's time; numbers come when it is written.
  domain::Window finish(const FedWindow& fed, asr::WindowResult result) {
    const Milliseconds origin = feed_->origin();
    domain::Window window;
    window.start = origin + time_of(fed.window.start);
    window.end = std::max(origin + time_of(fed.window.end), window.start + Milliseconds{1});
    window.silence = fed.window.silence;
    window.retries = std::move(result.retries);
    window.segments = std::move(result.segments);
    const auto place = [&](Milliseconds& from, Milliseconds& to) {
      from = asr::to_recording(fed.window, from, asr::AtCut::kAfter);
      to = origin + std::max(asr::to_recording(fed.window, to, asr::AtCut::kBefore), from);
      from += origin;
    };
    std::vector<Stretch> texts;
    for (domain::Segment& segment : window.segments) {
      place(segment.start, segment.end);
      texts.emplace_back(segment.start, segment.end);
      for (domain::Word& word : segment.words) place(word.start, word.end);
    }
    window.coverage = measure_coverage(fed.span, window.start, texts);
    for (auto& gap : window.coverage->gaps) gap.end = std::min(gap.end, window.end);
    for (domain::LeftOut& text : result.left_out) place(text.start, text.end);
    window.coverage->left_out = std::move(result.left_out);
    return window;
  }

  /// Writes what is done, in order.
  void write_ready() {
    while (!pending_.empty() && pending_.begin()->second.done) {
      domain::Window window = std::move(*pending_.begin()->second.done);
      pending_.erase(pending_.begin());
      window.index = next_window_++;
      for (domain::Segment& segment : window.segments) segment.index = next_segment_++;
      domain::append(total_coverage_, {window.coverage->audible, window.coverage->covered, {}, {}});
      crash_if_asked(window.index);
      done_ = window.end;
      events_.write(protocol::WindowEvent{request_.job, std::move(window)});
      progress("transcribing", false);
    }
  }

  /// Once a job: given, remembered from before a restart, or heard.
  Result<> settle_language() {
    if (request_.options.language != "auto") {
      language_ = {request_.options.language, 1};
    } else if (!request_.resume_language.empty()) {
      language_ = {request_.resume_language, request_.resume_language_probability};
    } else if (!engine_->multilingual()) {
      language_ = {"en", 1};
    } else {
      ZIMU_TRY_VOID(hear_language());
      if (language_.code.empty()) return {};  // nothing to hear in all of it
    }
    events_.write(protocol::LanguageEvent{request_.job, language_.code, language_.probability});
    return {};
  }

  Result<> hear_language() {
    for (std::size_t asked = 0; asked < kLanguageWindows && language_.probability < kSureOfLanguage; ++asked) {
      while (waiting_.size() <= asked) {
        if (cancel_) return fail(ErrorCode::kCancelled, "cancelled");
        auto fed = feed_->next(true);
        if (!fed) break;
        take(std::move(*fed));
      }
      if (waiting_.size() <= asked) break;
      ZIMU_TRY(auto guess, engine_->detect_language(pending_.at(waiting_[asked]).fed.audio, request_.options.languages));
      if (cancel_) return fail(ErrorCode::kCancelled, "cancelled");
      // Noise and music have a language too, if one asks; it must not become that of the speech after them.
      guess.probability *= 1 - guess.no_speech_prob;
      if (language_.code.empty() || guess.probability > language_.probability) language_ = std::move(guess);
    }
    return {};
  }

  /// Windows that are done or on their way count, in whatever order they get ready.
  Milliseconds reached() const {
    double ahead = 0;
    for (const auto& [tag, pending] : pending_) {
      if (std::ranges::find(waiting_, tag) != waiting_.end()) continue;
      if (pending.done) {
        ahead += static_cast<double>((pending.done->end - pending.done->start).count());
      } else {
        const auto& window = pending.fed.window;
        ahead += kEncodedShare * static_cast<double>((time_of(window.end) - time_of(window.start)).count());
      }
    }
    return done_ + Milliseconds{static_cast<std::int64_t>(ahead)};
  }

  void progress(const char* stage, bool always) {
    if (!always && !heartbeat_.is_due()) return;
    protocol::ProgressEvent event;
    event.job = request_.job;
    event.stage = stage;
    reported_ = std::max(reported_, reached());
    event.done = reported_;
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
    event.duration = done_;
    event.audible_share_with_text = domain::share_with_text(total_coverage_);
    event.timings = {{"decode", feed_->decode_time()},
                     {"listen", feed_->listen_time()},
                     {"encode", encode_time_},
                     {"sample", sample_time_},
                     {"batch", batch_time_}};
    event.device = engine_->device();
    return event;
  }

  const protocol::TranscribeRequest& request_;
  EventWriter& events_;
  const std::atomic<bool>& cancel_;
  std::unique_ptr<WindowFeed> feed_;
  asr::Engine* engine_ = nullptr;
  asr::LanguageGuess language_;
  std::map<std::int64_t, Pending> pending_;  ///< by index, from the first that is not written
  std::vector<std::int64_t> waiting_;        ///< of those, what the engine has not taken
  Milliseconds begin_{0};     ///< of the first window
  Milliseconds total_{0};     ///< where the last one is to end
  Milliseconds done_{0};      ///< everything before is written
  Milliseconds reported_{0};
  std::int64_t next_window_ = 0;
  std::int64_t next_taken_ = 0;
  std::int64_t next_segment_ = 0;
  Clock::time_point started_ = Clock::now();
  Milliseconds encode_time_{0};
  Milliseconds sample_time_{0};
  domain::Coverage total_coverage_;
  Milliseconds batch_time_{0};  ///< the same, not shared among the windows of a step
  Heartbeat heartbeat_;
};

}  // namespace

Result<protocol::DoneEvent> run_transcription(const protocol::TranscribeRequest& request, ModelCache& models,
                                              EventWriter& events, const std::atomic<bool>& cancel) {
  return Job(request, events, cancel).run(models);
}

}  // namespace zimu::worker
