#include "asr/word_timing.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <limits>
#include <whisper.h>

#include "asr/words.hpp"

namespace zimu::asr {
namespace {

using Clock = std::chrono::steady_clock;

constexpr int kMelFrameMs = 10;
constexpr int kLongestMs = 30000;
/// libwhisper takes a timestamp within 100 ms of the end for the end of the text.
constexpr int kEndMarginMs = 110;

/// What whisper_full's callbacks see.
struct Pass {
  TokenSource& source;
  const std::function<bool()>& abort;
  ThreadTuner& threads;
  std::size_t width = 0;
  bool aborted = false;
  int windows = 0;
  Clock::time_point encoded{};
  Clock::time_point chosen{};
  bool decoding = false;
};

/// Lets the source choose, and forbids everything else.
void choose_token(whisper_context*, whisper_state*, const whisper_token_data*, int, float* logits, void* user) {
  Pass& pass = *static_cast<Pass*>(user);
  const auto now = Clock::now();
  if (!std::exchange(pass.decoding, true)) {
    pass.encoded = now;
  } else if (!pass.threads.on_trial()) {
    pass.threads.took(now - pass.chosen);
  }
  const Token token = pass.source.next(std::span<const float>(logits, pass.width));
  std::fill_n(logits, pass.width, -std::numeric_limits<float>::infinity());
  logits[token] = 0;
  pass.chosen = Clock::now();
}

bool poll_abort(void* user) {
  Pass& pass = *static_cast<Pass*>(user);
  pass.aborted = pass.aborted || pass.abort();
  return pass.aborted;
}

/// One window only: what comes after it is none of this pass's business.
bool begin_window(whisper_context*, whisper_state*, void* user) { return static_cast<Pass*>(user)->windows++ == 0; }

whisper_full_params make_params(const WhisperModel& model, std::span<const float> audio, const WindowOptions& options,
                                const Prompt& prompt, Pass& pass) {
  auto params = whisper_full_default_params(WHISPER_SAMPLING_GREEDY);
  params.n_threads = model.step_threads.threads();
  params.no_context = true;
  params.translate = options.task == domain::Task::kTranslate;
  params.language = options.language.c_str();
  params.prompt_tokens = prompt.hints.data();
  params.prompt_n_tokens = static_cast<int>(prompt.hints.size());
  const auto length_ms = static_cast<int>(audio.size() * 1000 / kSampleRateHz);
  params.duration_ms = std::min(length_ms + kEndMarginMs, kLongestMs);
  // All text in one segment, so that none is left out of the alignment.
  params.single_segment = true;
  params.print_progress = false;
  params.print_timestamps = false;
  // The source rules, nobody else.
  params.suppress_blank = false;
  params.max_initial_ts = 0;
  params.temperature = 0;
  params.temperature_inc = 0;
  params.entropy_thold = 0;
  params.greedy.best_of = 1;
  params.logits_filter_callback = choose_token;
  params.logits_filter_callback_user_data = &pass;
  params.abort_callback = poll_abort;
  params.abort_callback_user_data = &pass;
  params.encoder_begin_callback = begin_window;
  params.encoder_begin_callback_user_data = &pass;
  return params;
}

/// libwhisper notes for each token the moment at which attention moves on from the place where it was predicted: in
/// openai/whisper's terms that token's end, not its start.
Alignment read_alignment(const WhisperModel& model) {
  Alignment alignment;
  whisper_state* state = model.state.get();
  for (int s = 0; s < whisper_full_n_segments_from_state(state); ++s) {
    for (int t = 0; t < whisper_full_n_tokens_from_state(state, s); ++t) {
      const whisper_token_data token = whisper_full_get_token_data_from_state(state, s, t);
      if (!model.vocabulary->is_text(token.id)) continue;
      if (token.t_dtw < 0) return {};
      alignment.tokens.push_back(token.id);
      alignment.ends.emplace_back(token.t_dtw * kMelFrameMs);
    }
  }
  return alignment;
}

}  // namespace

std::size_t most_aligned_tokens(const WhisperModel& model) {
  constexpr int kReserved = 4;  // whisper_full's token limit is half the context less this, the end of text included
  return static_cast<std::size_t>(model.header.text_context / 2 - kReserved - 1);
}

Result<AlignedPass> decode_aligned(WhisperModel& model, std::span<const float> audio, const WindowOptions& options,
                                   const Prompt& prompt, TokenSource& source, const std::function<bool()>& abort) {
  Pass pass{source, abort, model.step_threads, static_cast<std::size_t>(model.vocabulary->size())};
  const auto started = Clock::now();
  pass.encoded = started;
  const auto params = make_params(model, audio, options, prompt, pass);
  const int done = whisper_full_with_state(model.context.get(), model.state.get(), params, audio.data(),
                                           static_cast<int>(audio.size()));
  if (pass.aborted) return fail(ErrorCode::kCancelled, "cancelled");
  if (done != 0) {
    return fail(ErrorCode::kInternal, "the model failed on a stretch of audio", "try again; if it fails again, report it");
  }
  AlignedPass out;
  out.alignment = read_alignment(model);
  out.encode_time = std::chrono::duration_cast<Milliseconds>(pass.encoded - started);
  return out;
}

std::vector<domain::Word> time_words(const Decoding& decoding, const Slice& slice, const Alignment& alignment,
                                     const Vocabulary& vocabulary) {
  std::size_t text_index = 0;  // of the slice's first token among the text tokens
  for (std::size_t i = 0; i < slice.first; ++i) text_index += vocabulary.is_text(decoding.tokens[i]) ? 1 : 0;
  std::vector<TimedPiece> pieces;
  bool aligned = true;
  for (std::size_t i = slice.first; i < slice.last; ++i) {
    if (!vocabulary.is_text(decoding.tokens[i])) continue;
    TimedPiece piece{std::string(vocabulary.piece(decoding.tokens[i])), slice.start, slice.end,
                     std::exp(decoding.logprobs[i])};
    aligned = aligned && text_index < alignment.ends.size();
    if (aligned) {
      piece.start = text_index == 0 ? Milliseconds{0} : alignment.ends[text_index - 1];
      piece.end = alignment.ends[text_index];
    }
    ++text_index;
    pieces.push_back(std::move(piece));
  }
  if (!aligned) spread_evenly(pieces, slice.start, slice.end);
  return group_words(pieces);
}

}  // namespace zimu::asr
