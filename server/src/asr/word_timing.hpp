#pragma once
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "asr/segments.hpp"
#include "asr/window_decoder.hpp"

namespace zimu::asr {

/// When each text token of a window was spoken, from the decoder's attention to the audio (openai/whisper timing.py).
struct Alignment {
  std::vector<Token> tokens;       ///< text only
  std::vector<Milliseconds> ends;  ///< one per token; the next token starts there
};

struct AlignedPass {
  Alignment alignment;             ///< empty when libwhisper found none
  Milliseconds encode_time{0};
};

/// Runs a window through whisper_full, which alone can align, with `source` choosing the tokens. Encodes the audio (1
/// to 30 s) anew; `WindowDecoder` may go on from there with `begin`. kCancelled by `abort`.
Result<AlignedPass> decode_aligned(WhisperModel& model, std::span<const float> audio, const WindowOptions& options,
                                   const Prompt& prompt, TokenSource& source, const std::function<bool()>& abort);

/// The text tokens one pass can say again; more are left without times.
std::size_t most_aligned_tokens(const WhisperModel& model);

/// The words of one slice, to be fitted. Tokens the alignment does not know share the slice's time evenly.
std::vector<domain::Word> time_words(const Decoding& decoding, const Slice& slice, const Alignment& alignment,
                                     const Vocabulary& vocabulary);

}  // namespace zimu::asr
