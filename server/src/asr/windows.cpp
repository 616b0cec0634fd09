#include "asr/windows.hpp"

#include <algorithm>
#include <numeric>

#include "base/check.hpp"

namespace zimu::asr {
namespace {

constexpr std::uint64_t kSamplesPerMs = 16;
constexpr std::size_t kSmoothFrames = 19;           // 0.3 s: a pause between words, not a stop consonant
constexpr std::size_t kOwnSilence = frames_in_ms(1'008);  // shorter silence before speech stays in its window
constexpr std::size_t kPadBefore = frames_in_ms(256);
constexpr std::size_t kLeastTaken = frames_in_ms(1'008);  // of speech that does not fit as a whole
constexpr float kSureSpeechDb = 20;                 // as so much louder a frame counts where it is certainly speech
constexpr float kLaterIsBetterDb = 0.3F;            // per second: fewer, fuller windows

std::size_t to_frames(Milliseconds time) { return frames_in_ms(static_cast<std::size_t>(time.count())); }

/// One window, in frames from its start.
class Packer {
 public:
  Packer(std::span<const SoundFrame> frames, bool to_the_end, const Packing& packing)
      : frames_(frames), to_the_end_(to_the_end), packing_(packing), heard_(find_speech(frames)) {
    if (heard_.speech.empty()) {
      // Speech may begin right after what is seen.
      end_ = to_the_end ? frames.size() : frames.size() - kPadBefore;
    } else if (heard_.speech.front().begin >= kOwnSilence) {
      end_ = heard_.speech.front().begin;
    } else {
      fill();
    }
  }

  const std::vector<FrameRange>& pieces() const { return pieces_; }
  std::size_t end() const { return end_; }

  std::vector<FrameRange> left_out() const {
    auto rest = without(heard_.audible, pieces_);
    for (FrameRange& range : rest) range.end = std::min(range.end, std::max(end_, range.begin));
    std::erase_if(rest, [this](const FrameRange& range) { return !is_noticed(frames_, range); });
    return rest;
  }

 private:
  void fill() {
    const auto& speech = heard_.speech;
    for (std::size_t i = 0; i < speech.size(); ++i) {
      const bool seen_whole = to_the_end_ || speech[i].end < frames_.size();
      if (i > 0 && ends_before(speech[i])) return;
      if (held_ + speech[i].length() > longest() || !seen_whole) {
        if (i > 0 && (held_ >= to_frames(packing_.enough) || held_ + speech[i].length() <= longest())) {
          end_ = speech[i].begin;
        } else {
          split(speech[i]);
        }
        return;
      }
      pieces_.push_back(speech[i]);
      held_ += speech[i].length();
    }
    // Nothing more is heard up to the end of the recording, or of what is seen.
    end_ = frames_.size();
    if (!to_the_end_ || end_ - pieces_.back().end > to_frames(packing_.longest_skip)) end_ = pieces_.back().end;
  }

  /// The pause before `next` ends the window.
  bool ends_before(const FrameRange& next) {
    const std::size_t skipped = next.begin - pieces_.back().end;
    const bool hard = held_ >= to_frames(packing_.enough) && skipped + kPads >= to_frames(packing_.hard_pause);
    if (!hard && skipped <= to_frames(packing_.longest_skip)) return false;
    end_ = pieces_.back().end;
    return true;
  }

  /// Takes of `range` what fits, up to the quietest place in the last third of the window.
  void split(const FrameRange& range) {
    const std::size_t latest = range.begin + (longest() - held_);
    const std::size_t two_thirds = longest() - longest() / 3;
    const std::size_t earliest = range.begin + std::max(two_thirds - std::min(two_thirds, held_), kLeastTaken);
    const std::size_t cut = quietest(std::min(earliest, latest), std::min(latest, range.end));
    pieces_.push_back({range.begin, cut});
    end_ = cut;
  }

  std::size_t quietest(std::size_t earliest, std::size_t latest) const {
    const float silent = silence_level(frames_);
    std::size_t best = latest;
    float best_score = 1e9F;
    for (std::size_t at = earliest; at <= latest; ++at) {
      const std::size_t from = at - std::min(at, kSmoothFrames / 2);
      const std::size_t to = std::min(at + kSmoothFrames / 2 + 1, frames_.size());
      float sum = 0;
      for (std::size_t k = from; k < to; ++k) sum += std::max(frames_[k].level, silent) + kSureSpeechDb * frames_[k].speech;
      const float seconds = static_cast<float>(at) * 0.016F;
      const float score = sum / static_cast<float>(to - from) - kLaterIsBetterDb * seconds;
      if (score < best_score) {
        best_score = score;
        best = at;
      }
    }
    return best;
  }

  std::size_t longest() const { return to_frames(packing_.longest); }

  static constexpr std::size_t kPads = frames_in_ms(560);
  std::span<const SoundFrame> frames_;
  bool to_the_end_;
  const Packing& packing_;
  Heard heard_;
  std::vector<FrameRange> pieces_;
  std::size_t held_ = 0;  ///< frames in `pieces_`
  std::size_t end_ = 0;
};

}  // namespace

std::uint64_t PackedWindow::length() const {
  return std::accumulate(pieces.begin(), pieces.end(), std::uint64_t{0},
                         [](std::uint64_t sum, const Piece& piece) { return sum + piece.length; });
}

PackedWindow pack(std::span<const SoundFrame> frames, std::uint64_t start, std::optional<std::uint64_t> end,
                  const Packing& packing) {
  const bool to_the_end = end && frames.size() <= kLookFrames;
  ZIMU_CHECK(!frames.empty() && (to_the_end || frames.size() > kLookFrames));
  const Packer packer(frames.first(std::min(frames.size(), kLookFrames)), to_the_end, packing);
  const std::uint64_t first = start / kSoundFrameSamples * kSoundFrameSamples;
  // The first frame may begin before the window, the last one end after the recording.
  const auto place = [&](std::size_t frame) {
    const std::uint64_t at = std::max(first + frame * kSoundFrameSamples, start);
    return to_the_end ? std::min(at, *end) : at;
  };
  const auto placed = [&place](const std::vector<FrameRange>& ranges) {
    std::vector<Piece> out;
    for (const FrameRange& range : ranges) out.push_back({place(range.begin), place(range.end) - place(range.begin)});
    std::erase_if(out, [](const Piece& piece) { return piece.length == 0; });
    return out;
  };
  PackedWindow window;
  window.start = start;
  window.end = place(packer.end());
  window.pieces = placed(packer.pieces());
  window.left_out = placed(packer.left_out());
  window.silence = window.pieces.empty();
  return window;
}

Milliseconds to_recording(const PackedWindow& window, Milliseconds in_window, AtCut at_cut) {
  if (window.pieces.empty()) return Milliseconds(static_cast<std::int64_t>(window.start / kSamplesPerMs));
  auto left = static_cast<std::uint64_t>(std::max<std::int64_t>(in_window.count(), 0)) * kSamplesPerMs;
  for (const Piece& piece : window.pieces) {
    const bool inside = at_cut == AtCut::kBefore ? left <= piece.length : left < piece.length;
    if (inside) return Milliseconds(static_cast<std::int64_t>((piece.start + left) / kSamplesPerMs));
    left -= piece.length;
  }
  return Milliseconds(static_cast<std::int64_t>(window.pieces.back().end() / kSamplesPerMs));
}

std::vector<float> join_pieces(const PackedWindow& window, std::span<const float> audio, std::uint64_t from) {
  std::vector<float> out;
  out.reserve(static_cast<std::size_t>(window.length()));
  for (const Piece& piece : window.pieces) {
    ZIMU_CHECK(piece.start >= from && piece.end() - from <= audio.size());
    const auto part = audio.subspan(static_cast<std::size_t>(piece.start - from), static_cast<std::size_t>(piece.length));
    out.insert(out.end(), part.begin(), part.end());
  }
  return out;
}

}  // namespace zimu::asr
