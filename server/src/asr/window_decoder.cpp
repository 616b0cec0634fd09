#include "asr/window_decoder.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <whisper.h>

namespace zimu::asr {
namespace {

using Clock = std::chrono::steady_clock;

int as_int(std::size_t size) { return static_cast<int>(size); }

float softmax_at(std::span<const float> row, Token token) {
  const float best = *std::max_element(row.begin(), row.end());
  double sum = 0;
  for (const float logit : row) sum += std::exp(logit - best);
  return static_cast<float>(std::exp(row[static_cast<std::size_t>(token)] - best) / sum);
}

std::unexpected<Error> failed(const char* what) {
  return fail(ErrorCode::kInternal, std::string("the model's ") + what + " failed",
              "try again; if it fails again, try device cpu and report it");
}

}  // namespace

Result<Prompt> make_prompt(const WhisperModel& model, const WindowOptions& options) {
  const SpecialTokens& special = model.vocabulary->special();
  Prompt prompt;
  ZIMU_TRY(const int language, language_number(model, options.language));
  if (!options.prompt.empty()) {
    // openai/whisper: a leading space, and the last tokens when there are too many.
    prompt.hints = model.vocabulary->encode(" " + options.prompt);
    const auto most = static_cast<std::size_t>(model.header.text_context) / 2 - 1;
    if (prompt.hints.size() > most) prompt.hints.erase(prompt.hints.begin(), prompt.hints.end() - as_int(most));
  }
  if (!prompt.hints.empty()) {
    prompt.up_to_sot.push_back(special.prev);
    prompt.up_to_sot.insert(prompt.up_to_sot.end(), prompt.hints.begin(), prompt.hints.end());
  }
  prompt.up_to_sot.push_back(special.sot);
  if (special.multilingual) {
    prompt.after_sot.push_back(special.sot + 1 + language);
    prompt.after_sot.push_back(options.task == domain::Task::kTranslate ? special.translate : special.transcribe);
  }
  if (!model.has_timestamps) prompt.after_sot.push_back(special.no_timestamps);
  return prompt;
}

Result<> WindowDecoder::encode(std::span<const float> audio) {
  // The spectrogram is padded with 30 s of digital silence inside, as OpenAI pads the audio.
  const int threads = model_.encode_threads.threads();
  const auto started = Clock::now();
  if (whisper_pcm_to_mel_with_state(model_.context.get(), model_.state.get(), audio.data(), as_int(audio.size()),
                                    threads) != 0) {
    return failed("spectrogram");
  }
  if (whisper_encode_with_state(model_.context.get(), model_.state.get(), 0, threads) != 0) return failed("encoder");
  model_.encode_threads.took(Clock::now() - started);
  return {};
}

/// The logits after the last of `tokens`, which stand after `past` earlier ones. Valid until the next step.
Result<std::span<const float>> WindowDecoder::step(std::span<const Token> tokens, std::size_t past) {
  const auto started = Clock::now();
  if (whisper_decode_with_state(model_.context.get(), model_.state.get(), tokens.data(), as_int(tokens.size()),
                                as_int(past), model_.step_threads.threads()) != 0) {
    return failed("decoder");
  }
  if (tokens.size() == 1) model_.step_threads.took(Clock::now() - started);
  const auto width = static_cast<std::size_t>(model_.vocabulary->size());
  return std::span<const float>(whisper_get_logits_from_state(model_.state.get()) + (tokens.size() - 1) * width, width);
}

Result<> WindowDecoder::begin(const Prompt& prompt) {
  // libwhisper copies the logits of a batch's last token only: the row of <|startoftranscript|> ends a batch.
  ZIMU_TRY(auto row, step(prompt.up_to_sot, 0));
  no_speech_prob_ = softmax_at(row, model_.vocabulary->special().no_speech);
  if (!prompt.after_sot.empty()) {
    ZIMU_TRY(row, step(prompt.after_sot, prompt.up_to_sot.size()));
  }
  prompt_size_ = prompt.up_to_sot.size() + prompt.after_sot.size();
  first_row_.assign(row.begin(), row.end());
  return {};
}

Result<> WindowDecoder::idle_step() {
  // What this leaves in the state is overwritten before it is read.
  const Token sot = model_.vocabulary->special().sot;
  ZIMU_TRY_VOID(step(std::span(&sot, 1), 0));
  return {};
}

Result<> WindowDecoder::end_thread_trial() {
  while (model_.step_threads.on_trial()) ZIMU_TRY_VOID(idle_step());
  return {};
}

Result<> WindowDecoder::decode(TokenSource& source, const std::function<bool()>& abort) {
  const Token eot = model_.vocabulary->special().eot;
  const auto context = static_cast<std::size_t>(model_.header.text_context);
  std::span<const float> row = first_row_;
  for (std::size_t past = prompt_size_; past < context; ++past) {
    if (abort()) return fail(ErrorCode::kCancelled, "cancelled");
    const Token token = source.next(row);
    if (token == eot) return {};
    ZIMU_TRY(row, step(std::span(&token, 1), past));
  }
  return {};
}

Result<WindowDecoder::Languages> WindowDecoder::hear_language() {
  const SpecialTokens& special = model_.vocabulary->special();
  const Token sot = special.sot;
  ZIMU_TRY(const auto row, step(std::span(&sot, 1), 0));
  const auto languages = row.subspan(static_cast<std::size_t>(sot) + 1, static_cast<std::size_t>(special.language_count));
  const float best = *std::max_element(languages.begin(), languages.end());
  Languages heard;
  float sum = 0;
  for (const float logit : languages) {
    heard.probabilities.push_back(std::exp(logit - best));
    sum += heard.probabilities.back();
  }
  for (float& probability : heard.probabilities) probability /= sum;
  heard.no_speech_prob = softmax_at(row, special.no_speech);
  return heard;
}

}  // namespace zimu::asr
