#pragma once
#include <memory>
#include <span>
#include <string>
#include <vector>
#include <whisper.h>

#include "asr/sampler.hpp"

namespace zimu::asr {

/// For tests: what libwhisper itself writes for a window, its weights as they are in the file and without its fused
/// attention (which looks at 36 positions that do not exist), greedy, by the rules of `sampler`.
inline std::vector<Token> libwhisper_greedy(const std::string& model, std::span<const float> audio,
                                            std::span<const Token> prompt, Token eot, Sampler& sampler) {
  whisper_log_set([](ggml_log_level, const char*, void*) {}, nullptr);
  auto params = whisper_context_default_params();
  params.use_gpu = false;
  params.flash_attn = false;
  const std::unique_ptr<whisper_context, void (*)(whisper_context*)> context(
      whisper_init_from_file_with_params(model.c_str(), params), whisper_free);
  if (!context) return {};
  const int threads = 2;
  if (whisper_pcm_to_mel(context.get(), audio.data(), static_cast<int>(audio.size()), threads) != 0) return {};
  if (whisper_encode(context.get(), 0, threads) != 0) return {};
  const auto width = static_cast<std::size_t>(whisper_n_vocab(context.get()));
  std::vector<Token> tokens(prompt.begin(), prompt.end());
  std::vector<Token> text;
  int past = 0;
  while (past < whisper_n_text_ctx(context.get()) / 2) {
    if (whisper_decode(context.get(), tokens.data(), static_cast<int>(tokens.size()), past, threads) != 0) return {};
    past += static_cast<int>(tokens.size());
    // Only the last token's row is there.
    const float* logits = whisper_get_logits(context.get()) + (tokens.size() - 1) * width;
    const Token token = sampler.next(std::span(logits, width));
    if (token == eot) break;
    text.push_back(token);
    tokens.assign(1, token);
  }
  return text;
}

}  // namespace zimu::asr
