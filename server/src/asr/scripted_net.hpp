#pragma once
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <map>
#include <utility>
#include <vector>

#include "asr/engine.hpp"
#include "asr/net/mel.hpp"
#include "asr/net/net.hpp"
#include "asr/vocabulary.hpp"

namespace zimu::asr {

/// For tests: a network that says what a script tells it to. Which script, it hears: the pitch at which a window's
/// audio begins. It remembers slots as a real one does, and complains about whoever does not treat them so.
class ScriptedNet : public Net {
 public:
  static constexpr int kBands = 16;
  static constexpr int kBinsPerBand = 12;
  static constexpr int kFramesPerToken = 20;
  /// Fills in the logits of what follows `said` (after the prompt); they are -20 to begin with.
  using Script = std::function<void(std::span<const Token> said, std::span<float> row)>;

  ScriptedNet(const Vocabulary& vocabulary, int windows, int slots, std::size_t most_rows = 64)
      : vocabulary_(vocabulary), most_rows_(most_rows), pitches_(static_cast<std::size_t>(windows), -1),
        memory_(static_cast<std::size_t>(slots)) {
    header_.vocab_size = vocabulary.size();
    header_.audio_context = 1500;
    header_.text_context = 448;
    header_.text_layers = 6;
    header_.mel_bands = kBands;
  }

  static MelSpectrogram mel() {
    std::vector<float> filters(static_cast<std::size_t>(kBands) * MelSpectrogram::kBins, 0.0F);
    for (int bin = 0; bin < kBands * kBinsPerBand; ++bin) {
      filters[static_cast<std::size_t>(bin / kBinsPerBand * MelSpectrogram::kBins + bin)] = 1;
    }
    return MelSpectrogram(kBands, std::move(filters));
  }
  /// Beeps of a pitch: neither silent nor steady.
  static std::vector<float> sound(int pitch, float seconds) {
    std::vector<float> audio(static_cast<std::size_t>(seconds * kSampleRateHz));
    const float hertz = 40.0F * static_cast<float>(pitch * kBinsPerBand + kBinsPerBand / 2);
    for (std::size_t i = 0; i < audio.size(); ++i) {
      const bool on = i / (kSampleRateHz / 4) % 4 != 3;
      audio[i] = on ? 0.3F * std::sin(6.2831853F * hertz * static_cast<float>(i % 1600) / kSampleRateHz) : 0.0F;
    }
    return audio;
  }

  std::map<int, Script> scripts;  ///< by pitch
  int fails_at = -1;              ///< the step that fails
  std::size_t steps = 0;
  std::size_t encoded = 0;
  std::size_t widest = 0;         ///< rows of the largest step
  std::size_t copies = 0;

  const ModelHeader& header() const override { return header_; }
  std::span<const AlignmentHead> alignment_heads() const override { return heads_; }
  int windows() const override { return static_cast<int>(pitches_.size()); }
  int slots() const override { return static_cast<int>(memory_.size()); }
  std::size_t most_rows() const override { return most_rows_; }

  Result<> encode(int window, std::span<const float> mel) override {
    EXPECT_EQ(mel.size(), static_cast<std::size_t>(MelSpectrogram::kFrames * kBands));
    ++encoded;
    constexpr std::size_t kListens = 60;  // frames: longer than a pause between beeps
    std::vector<float> loud(kBands, -100.0F);
    for (std::size_t i = 0; i < kListens * kBands; ++i) loud[i % kBands] = std::max(loud[i % kBands], mel[i]);
    pitches_.at(static_cast<std::size_t>(window)) = static_cast<int>(std::ranges::max_element(loud) - loud.begin());
    return {};
  }

  Result<> step(std::span<const StepRow> rows, StepOutput& out) override {
    EXPECT_LE(rows.size(), most_rows_);
    out = {};
    widest = std::max(widest, rows.size());
    if (static_cast<int>(steps++) == fails_at) return fail(ErrorCode::kInternal, "the network failed");
    for (const StepRow& row : rows) {
      auto& said = remember(row);
      if (row.logits) answer(row, said, out.logits);
      if (row.attention) look(said, out.attention);
    }
    return {};
  }

  void copy_slot(int from, int to, int positions) override {
    ++copies;
    const auto& said = memory_.at(static_cast<std::size_t>(from));
    ASSERT_LE(static_cast<std::size_t>(positions), said.size());
    memory_.at(static_cast<std::size_t>(to)).assign(said.begin(), said.begin() + positions);
  }

 private:
  std::vector<Token>& remember(const StepRow& row) {
    auto& said = memory_.at(static_cast<std::size_t>(row.slot));
    EXPECT_LE(static_cast<std::size_t>(row.position), said.size()) << "positions that were never there";
    EXPECT_LT(row.position, header_.text_context);
    said.resize(static_cast<std::size_t>(row.position));
    said.push_back(row.token);
    return said;
  }

  /// What was said after the prompt.
  std::span<const Token> after_prompt(const std::vector<Token>& said) const {
    constexpr std::size_t kPrompt = 3;  // <|startoftranscript|>, language, task
    const auto sot = static_cast<std::size_t>(std::ranges::find(said, vocabulary_.special().sot) - said.begin());
    return std::span<const Token>(said).subspan(std::min(said.size(), sot + kPrompt));
  }

  void answer(const StepRow& row, const std::vector<Token>& said, std::vector<float>& logits) const {
    const SpecialTokens& special = vocabulary_.special();
    const auto first = logits.size();
    logits.resize(first + static_cast<std::size_t>(vocabulary_.size()), -20.0F);
    const auto out = std::span<float>(logits).subspan(first);
    const int pitch = pitches_.at(static_cast<std::size_t>(row.window));
    if (row.token == special.sot) {
      // Odd pitches are the second language; the higher one, the less speech.
      out[static_cast<std::size_t>(special.sot + 1 + pitch % 2)] = 5;
      out[static_cast<std::size_t>(special.no_speech)] = pitch == kBands - 1 ? 8.0F : -5.0F;
      return;
    }
    const auto script = scripts.find(pitch);
    if (script == scripts.end()) {
      ADD_FAILURE() << "nobody wrote a script for pitch " << pitch;
      return;
    }
    script->second(after_prompt(said), out);
  }

  /// Each token is spoken kFramesPerToken after the one before.
  void look(const std::vector<Token>& said, std::vector<float>& attention) const {
    const std::size_t at = after_prompt(said).size() * kFramesPerToken;
    for (std::size_t head = 0; head < heads_.size(); ++head) {
      for (std::size_t frame = 0; frame < 1500; ++frame) {
        const bool here = frame >= at && frame < at + kFramesPerToken;
        attention.push_back(here ? 0.9F / kFramesPerToken : 0.1F / 1500);
      }
    }
  }

  const Vocabulary& vocabulary_;
  ModelHeader header_;
  std::vector<AlignmentHead> heads_{{3, 0}, {4, 1}};
  std::size_t most_rows_;
  std::vector<int> pitches_;                 // of each window
  std::vector<std::vector<Token>> memory_;   // of each slot
};

}  // namespace zimu::asr
