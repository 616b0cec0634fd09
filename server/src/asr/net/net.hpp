#pragma once
#include <cstddef>
#include <span>
#include <vector>

#include "asr/model_file.hpp"
#include "asr/vocabulary.hpp"
#include "base/result.hpp"

namespace zimu::asr {

/// A head of the decoder whose attention to the audio follows what is spoken.
struct AlignmentHead {
  int layer = 0;
  int head = 0;
  bool operator==(const AlignmentHead&) const = default;
};

/// One token on its way through the decoder.
struct StepRow {
  int slot = 0;      ///< whose earlier tokens it sees: [0, slots)
  int window = 0;    ///< which encoded audio it hears: [0, windows)
  Token token = 0;
  int position = 0;  ///< in the text: it sees the slot's positions [0, position]
  bool logits = true;     ///< false: only remembered (all of a prompt but its last token)
  bool attention = false; ///< what the alignment heads look at is wanted
};

/// What a step gives back; both in the order of the rows that asked for it.
struct StepOutput {
  std::vector<float> logits;     ///< [rows][vocab_size]
  std::vector<float> attention;  ///< [rows][alignment heads][audio_context], each head's softmax
};

/// Whisper's network (Radford et al. 2022) over many windows at once, with its memory: for each window the keys and
/// values of its audio ("cross"), for each slot those of its text ("self"). Nothing of a window or a slot outlives the
/// next `encode` or the next row at position 0.
/// Thread: one call at a time.
class Net {
 public:
  virtual ~Net() = default;
  virtual const ModelHeader& header() const = 0;
  virtual std::span<const AlignmentHead> alignment_heads() const = 0;
  virtual int windows() const = 0;
  virtual int slots() const = 0;
  virtual std::size_t most_rows() const = 0;  ///< in one step
  /// `mel`: log spectrogram [2 * audio_context frames][mel_bands], frame after frame.
  virtual Result<> encode(int window, std::span<const float> mel) = 0;
  /// Rows of one slot stand together, by rising position. Positions before the first are remembered from earlier steps.
  virtual Result<> step(std::span<const StepRow> rows, StepOutput& out) = 0;
  /// Slot `to` remembers what `from` does, up to `positions`.
  virtual void copy_slot(int from, int to, int positions) = 0;
};

/// The published alignment heads (openai/whisper __init__.py); for other models every head of the upper half of the
/// decoder's layers, at most kMostAlignmentHeads.
std::vector<AlignmentHead> alignment_heads(const ModelHeader& header);
constexpr std::size_t kMostAlignmentHeads = 48;

}  // namespace zimu::asr
