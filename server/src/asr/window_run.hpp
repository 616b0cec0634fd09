#pragma once
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "asr/engine.hpp"
#include "asr/ladder.hpp"
#include "asr/loudness.hpp"
#include "asr/net/net.hpp"
#include "asr/odds.hpp"
#include "asr/prompt.hpp"
#include "asr/search.hpp"

namespace zimu::asr {

/// What is the same for all windows of a model.
struct DecoderRules {
  const Vocabulary& vocabulary;
  const ModelHeader& header;
  std::size_t alignment_heads = 0;
  std::size_t beam_width = 1;
  Bias bias;
};

/// What a step said to one row; empty where nothing was asked for.
struct Answer {
  std::span<const float> logits;
  std::span<const float> attention;
};

/// One window on its way through the network: passes over its audio, each from prompt to segments, each with the
/// attempts that it takes. The network and its places belong to whoever runs it.
class WindowRun {
 public:
  /// kInvalidArgument for a language that the model does not know; kInternal for too much or no audio.
  static Result<std::unique_ptr<WindowRun>> begin(const DecoderRules& rules, std::vector<float> audio,
                                                  WindowOptions options);

  /// Audio that wants to be encoded next. Empty: nobody speaks in what is left, the window is finished.
  std::span<const float> next_pass();
  /// After the audio was encoded at `window`: the prompt is next. `slot` stays the run's own to the end of the pass.
  void encoded(int window, int slot, Milliseconds took);

  /// Begins an attempt that waits, when `free_slots` has what it takes.
  void start_search(std::vector<int>& free_slots);
  void add_rows(std::vector<StepRow>& rows) const;
  /// The answers to the rows that were added. `looks` gets a closure for each branch that has something to look at:
  /// they may run at the same time.
  void hear(std::span<const Answer> answers, std::vector<std::function<void()>>& looks);
  /// After the looks. False: the pass is over. Slots that are not needed any more are given back.
  bool advance(Net& net, std::vector<int>& free_slots);

  std::size_t spare_slots() const noexcept { return slots_.empty() ? 0 : slots_.size() - 1; }
  int slot() const noexcept { return slots_.front(); }
  /// A step that `windows` took together.
  void add_step(std::chrono::nanoseconds took, std::int64_t windows) noexcept {
    sample_time_ += took / windows;
    batch_time_ += took;
  }
  WindowResult take();

 private:
  enum class Stage : std::uint8_t { kLanguage, kPrompt, kWaits, kBegins, kDecodes };

  WindowRun(const DecoderRules& rules, std::vector<float> audio, WindowOptions options);
  std::shared_ptr<const AttentionRow> pack(std::span<const float> attention) const;
  bool take_own_language(std::span<const float> row);
  void hear_prompt(std::span<const Answer> answers);
  void move_branches(Net& net, std::span<const std::size_t> parents);
  void conclude();
  void leave_out(const std::string& text, const char* reason);

  const DecoderRules& rules_;
  std::vector<float> audio_;
  WindowOptions options_;
  std::vector<int> languages_;   // that there may be
  bool asks_language_ = false;   // whether it is the recording's: asked once a window
  Prompt prompt_;
  WindowResult result_;
  std::chrono::nanoseconds sample_time_{0};
  std::chrono::nanoseconds batch_time_{0};

  // Of the pass.
  Milliseconds begins_{0};
  Milliseconds length_{0};
  std::optional<Loudness> loudness_;
  SamplingRules sampling_;
  std::optional<Ladder> ladder_;
  Stage stage_ = Stage::kPrompt;
  int window_ = 0;
  std::vector<int> slots_;      // the first is the pass's own, the others the attempt's
  std::vector<int> branch_slots_;
  std::vector<float> first_row_;  // logits after the prompt: every attempt starts from them
  std::vector<std::shared_ptr<const AttentionRow>> prompt_attention_;
  float no_speech_prob_ = 0;
  std::unique_ptr<Search> search_;
};

}  // namespace zimu::asr
