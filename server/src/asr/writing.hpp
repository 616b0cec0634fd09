#pragma once
#include <vector>

#include "asr/alignment.hpp"
#include "asr/loudness.hpp"
#include "asr/sampler.hpp"
#include "asr/segments.hpp"
#include "domain/transcript.hpp"

namespace zimu::asr {

/// What was heard in a stretch of audio, and what there was to hear.
struct Heard {
  const Decoding& kept;
  const Loudness& loudness;
  Milliseconds length{0};
};

/// Whether the text is none: the model doubts that anybody speaks, or it has next to nothing to say about long sound.
bool is_no_speech(const Heard& heard, const Vocabulary& vocabulary);

/// Writes slices of a decoding down as segments, with words fitted to the sound when they are asked for.
std::vector<domain::Segment> write_segments(const Heard& heard, const Split& split, bool words,
                                            const Alignment& alignment, const Vocabulary& vocabulary);

}  // namespace zimu::asr
