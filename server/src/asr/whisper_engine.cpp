#include <algorithm>
#include <chrono>
#include <utility>
#include <whisper.h>

#include "asr/engine.hpp"
#include "asr/ladder.hpp"
#include "asr/segments.hpp"
#include "asr/suppress.hpp"
#include "base/utf8.hpp"
#include "asr/whisper_model.hpp"
#include "asr/window_decoder.hpp"
#include "asr/word_timing.hpp"
#include "asr/words.hpp"

namespace zimu::asr {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t kMaxSamples = 30 * kSampleRateHz;
/// The spectrogram mirrors the first samples, and alignment needs some frames: shorter audio gets silence after it.
constexpr std::size_t kMinSamples = kSampleRateHz;
constexpr int kSamplesPerMs = kSampleRateHz / 1000;

/// Kept around audible speech: its softest sounds.
constexpr Milliseconds kEdge{100};

Milliseconds since(Clock::time_point start) { return std::chrono::duration_cast<Milliseconds>(Clock::now() - start); }

/// What a loaded model forbids, worked out once.
struct Forbidden {
  explicit Forbidden(const Vocabulary& vocabulary)
      : never(never_sampled(vocabulary)), first(never_first(vocabulary)) {}
  std::vector<Token> never;
  std::vector<Token> first;
};

/// One window from audio to segments.
class Window {
 public:
  Window(WhisperModel& model, const Forbidden& forbidden, std::span<const float> audio, const WindowOptions& options,
         const std::function<bool()>& abort)
      : model_(model), vocabulary_(*model.vocabulary), audio_(audio), options_(options), abort_(abort),
        loudness_(audio), decoder_(model), padded_(audio.begin(), audio.end()),
        length_(static_cast<std::int64_t>(audio.size() / kSamplesPerMs)) {
    padded_.resize(std::max(padded_.size(), kMinSamples));
    rules_.never = forbidden.never;
    rules_.never_first = forbidden.first;
    rules_.with_timestamps = model.has_timestamps;
    rules_.timestamps.max_index = static_cast<int>((length_.count() + kTimestampStepMs - 1) / kTimestampStepMs);
    rules_.max_tokens = most_aligned_tokens(model);
  }

  Result<WindowResult> run() {
    result_.consumed = length_;
    if (loudness_.silent() || loudness_.steady()) return std::move(result_);
    ZIMU_TRY(prompt_, make_prompt(model_, options_));
    const auto attempt = [this](float temperature, int rung) { return decode_once(temperature, rung); };
    ZIMU_TRY(LadderOutcome outcome, climb(options_.temperature, attempt));
    Decoding& kept = outcome.kept;
    result_.retries = std::move(outcome.retries);
    if (is_silence(kept) || is_made_up(kept)) {
      result_.retries.push_back({kept.temperature, "no_speech", kept.no_speech_prob});
      return std::move(result_);
    }
    cut_loop(kept, vocabulary_);
    const Split split = split_at_timestamps(kept, vocabulary_.special(), length_);
    if (options_.words && model_.aligns_words) ZIMU_TRY_VOID(align(kept));
    for (const Slice& slice : split.slices) add_segment(kept, slice);
    if (options_.words) fit_all_words();
    result_.consumed = choose_consumed(split, loudness_, length_);
    return std::move(result_);
  }

 private:
  Result<Decoding> decode_once(float temperature, int rung) {
    // The rung is the seed: a window gives the same text whenever and after whatever it is decoded.
    Sampler sampler(vocabulary_, rules_, temperature, static_cast<std::uint64_t>(rung));
    const bool aligned = rung == 0 && options_.words && model_.aligns_words;
    if (aligned) {
      ZIMU_TRY_VOID(run_aligned(sampler));
    } else if (rung == 0) {
      const auto started = Clock::now();
      ZIMU_TRY_VOID(decoder_.encode(padded_));
      result_.encode_time += since(started);
      if (abort_()) return fail(ErrorCode::kCancelled, "cancelled");
    }
    const auto started = Clock::now();
    if (rung == 0) ZIMU_TRY_VOID(decoder_.begin(prompt_));
    if (!aligned) ZIMU_TRY_VOID(decoder_.decode(sampler, abort_));
    Decoding decoding = sampler.take();
    decoding.no_speech_prob = decoder_.no_speech_prob();
    result_.sample_time += since(started);
    return decoding;
  }

  Result<> run_aligned(TokenSource& source) {
    const auto started = Clock::now();
    ZIMU_TRY_VOID(decoder_.end_thread_trial());
    ZIMU_TRY(AlignedPass pass, decode_aligned(model_, padded_, options_, prompt_, source, abort_));
    alignment_ = std::move(pass.alignment);
    result_.encode_time += pass.encode_time;
    result_.sample_time += since(started) - pass.encode_time;
    return {};
  }

  /// Sees to it that the alignment is that of the decoding that was kept.
  Result<> align(const Decoding& kept) {
    std::vector<Token> text;
    std::copy_if(kept.tokens.begin(), kept.tokens.end(), std::back_inserter(text),
                 [this](Token token) { return vocabulary_.is_text(token); });
    if (text == alignment_.tokens || text.empty()) return {};
    text.resize(std::min(text.size(), most_aligned_tokens(model_)));
    Replay replay(text, vocabulary_.special().eot);
    ZIMU_TRY_VOID(run_aligned(replay));
    if (alignment_.tokens != text) alignment_ = {};
    return {};
  }

  void add_segment(const Decoding& kept, const Slice& slice) {
    std::size_t first = slice.first;
    std::size_t last = slice.last;
    const std::vector<Token> tokens(kept.tokens.begin() + static_cast<std::ptrdiff_t>(first),
                                    kept.tokens.begin() + static_cast<std::ptrdiff_t>(last));
    domain::Segment segment;
    segment.text = trim(keep_utf8(vocabulary_.decode(tokens)));
    if (!holds_word(segment.text)) return;
    segment.start = slice.start;
    segment.end = slice.end;
    tighten(segment.start, segment.end);
    segment.avg_logprob = kept.avg_logprob;
    segment.compression_ratio = kept.compression_ratio;
    segment.no_speech_prob = kept.no_speech_prob;
    segment.temperature = kept.temperature;
    // With their timestamps, as openai/whisper lists them.
    if (first > 0 && vocabulary_.is_timestamp(kept.tokens[first - 1])) --first;
    if (last < kept.tokens.size() && vocabulary_.is_timestamp(kept.tokens[last])) ++last;
    segment.tokens.assign(kept.tokens.begin() + static_cast<std::ptrdiff_t>(first),
                          kept.tokens.begin() + static_cast<std::ptrdiff_t>(last));
    if (options_.words) segment.words = time_words(kept, slice, alignment_, vocabulary_);
    result_.segments.push_back(std::move(segment));
  }

  /// Fits the window's words together, and the segments to them: attention is surer of times than timestamp tokens.
  void fit_all_words() {
    std::vector<domain::Word> words;
    for (const auto& segment : result_.segments) words.insert(words.end(), segment.words.begin(), segment.words.end());
    fit_words(words, Milliseconds{0}, length_, loudness_);
    auto next = words.begin();
    for (auto& segment : result_.segments) {
      const auto last = next + static_cast<std::ptrdiff_t>(segment.words.size());
      segment.words.assign(next, last);
      next = last;
      if (alignment_.tokens.empty() || segment.words.empty()) continue;
      segment.start = segment.words.front().start;
      segment.end = segment.words.back().end;
    }
  }

  bool is_made_up(const Decoding& kept) const {
    const Milliseconds heard = loudness_.audible(Milliseconds{0}, length_);
    return says_next_to_nothing(kept, vocabulary_, heard);
  }

  /// The model rounds its times, often to whole seconds: moves them to the sound between them.
  void tighten(Milliseconds& start, Milliseconds& end) const {
    Milliseconds first = start;
    Milliseconds last = end;
    loudness_.shrink_to_audible(first, last);
    start = std::max(start, first - kEdge);
    end = std::min(end, last + kEdge);
  }

  WhisperModel& model_;
  const Vocabulary& vocabulary_;
  std::span<const float> audio_;
  const WindowOptions& options_;
  const std::function<bool()>& abort_;
  Loudness loudness_;
  WindowDecoder decoder_;
  std::vector<float> padded_;
  Milliseconds length_;
  SamplingRules rules_;
  Prompt prompt_;
  Alignment alignment_;
  WindowResult result_;
};

class WhisperEngine : public Engine {
 public:
  explicit WhisperEngine(std::unique_ptr<WhisperModel> model)
      : model_(std::move(model)), forbidden_(*model_->vocabulary) {}

  Result<LanguageGuess> detect_language(std::span<const float> audio) override {
    if (!multilingual()) return LanguageGuess{"en", 1};
    ZIMU_TRY_VOID(check_length(audio));
    std::vector<float> padded(audio.begin(), audio.end());
    padded.resize(std::max(padded.size(), kMinSamples));
    WindowDecoder decoder(*model_);
    ZIMU_TRY_VOID(decoder.encode(padded));
    ZIMU_TRY(const auto heard, decoder.hear_language());
    const auto best = std::max_element(heard.probabilities.begin(), heard.probabilities.end());
    return LanguageGuess{whisper_lang_str(static_cast<int>(best - heard.probabilities.begin())), *best,
                         heard.no_speech_prob};
  }

  Result<WindowResult> transcribe(std::span<const float> audio, const WindowOptions& options,
                                  const std::function<bool()>& abort) override {
    ZIMU_TRY_VOID(check_length(audio));
    return Window(*model_, forbidden_, audio, options, abort).run();
  }

  std::string device() const override { return model_->device; }
  bool multilingual() const override { return model_->vocabulary->special().multilingual; }
  std::string name() const override { return engine_version(); }

 private:
  static Result<> check_length(std::span<const float> audio) {
    if (!audio.empty() && audio.size() <= kMaxSamples) return {};
    return fail(ErrorCode::kInternal, "a window must hold between one sample and 30 seconds");
  }

  std::unique_ptr<WhisperModel> model_;
  Forbidden forbidden_;
};

}  // namespace

Result<std::unique_ptr<Engine>> load_whisper(const LoadOptions& options) {
  ZIMU_TRY(auto model, WhisperModel::load(options));
  // The first steps find out whether the cores are free, and bring the weights into memory.
  WindowDecoder decoder(*model);
  for (int i = 0; i < WhisperModel::kStepPace.first; ++i) ZIMU_TRY_VOID(decoder.idle_step());
  ZIMU_TRY_VOID(decoder.end_thread_trial());
  return std::make_unique<WhisperEngine>(std::move(model));
}

}  // namespace zimu::asr
