#include "asr/batch_decoder.hpp"

#include <algorithm>
#include <chrono>
#include <numeric>
#include <utility>

#include "asr/suppress.hpp"

namespace zimu::asr {
namespace {

using Clock = std::chrono::steady_clock;

constexpr int kBeamWidth = 5;  // openai/whisper's

std::vector<int> all_below(int count) {
  std::vector<int> numbers(static_cast<std::size_t>(count));
  std::iota(numbers.rbegin(), numbers.rend(), 0);
  return numbers;
}

int take_last(std::vector<int>& numbers) {
  const int number = numbers.back();
  numbers.pop_back();
  return number;
}

}  // namespace

/// The windows that are being decoded, and the network's places.
class BatchDecoder::Batch {
 public:
  Batch(BatchDecoder& decoder, WindowSource& source, const WindowSink& sink, const std::function<bool()>& abort)
      : net_(decoder.net_), mel_(decoder.mel_), team_(decoder.team_), rules_(decoder.rules_), source_(source),
        sink_(sink), abort_(abort), free_windows_(all_below(net_.windows())), free_slots_(all_below(net_.slots())) {}

  Result<> run() {
    while (true) {
      ZIMU_TRY_VOID(admit());
      if (live_.empty()) return {};
      ZIMU_TRY_VOID(poll());
      ZIMU_TRY_VOID(step());
      ZIMU_TRY_VOID(advance());
    }
  }

 private:
  struct Live {
    std::uint64_t tag = 0;
    std::unique_ptr<WindowRun> run;
    int window = 0;
  };

  Result<> poll() const {
    if (abort_()) return fail(ErrorCode::kCancelled, "cancelled");
    return {};
  }

  /// A window that waits for a beam search must be able to get its slots once the others are done with theirs.
  bool has_room() const {
    std::size_t spare = free_slots_.size();
    if (free_windows_.empty() || spare == 0) return false;
    for (const Live& live : live_) spare += live.run->spare_slots();
    return spare >= rules_.beam_width;
  }

  /// Takes windows while there is room: a full batch is what makes a step cheap.
  Result<> admit() {
    while (!ended_ && has_room()) {
      ZIMU_TRY_VOID(poll());
      SpeechWindow speech;
      const Pull pull = source_.next(speech, live_.empty());
      ended_ = pull == Pull::kEnd;
      if (pull == Pull::kNotYet && !live_.empty()) return {};
      if (pull != Pull::kWindow) continue;
      ZIMU_TRY(auto run, WindowRun::begin(rules_, std::move(speech.audio), std::move(speech.options)));
      Live live{speech.tag, std::move(run)};
      const auto audio = live.run->next_pass();
      if (audio.empty()) {
        ZIMU_TRY_VOID(sink_(live.tag, live.run->take()));
        continue;
      }
      live.window = take_last(free_windows_);
      ZIMU_TRY_VOID(encode(live, audio, take_last(free_slots_)));
      live_.push_back(std::move(live));
    }
    return {};
  }

  Result<> encode(Live& live, std::span<const float> audio, int slot) {
    const auto started = Clock::now();
    ZIMU_TRY_VOID(net_.encode(live.window, mel_(audio, &team_)));
    live.run->encoded(live.window, slot, std::chrono::duration_cast<Milliseconds>(Clock::now() - started));
    return {};
  }

  /// A step for every row of every window, and the choice of what comes next.
  Result<> step() {
    const auto started = Clock::now();
    rows_.clear();
    std::vector<std::size_t> ends;
    for (const Live& live : live_) {
      live.run->start_search(free_slots_);
      live.run->add_rows(rows_);
      ends.push_back(rows_.size());
    }
    ZIMU_TRY_VOID(ask());
    std::vector<std::function<void()>> looks;
    std::size_t first = 0;
    for (std::size_t i = 0; i < live_.size(); ++i) {
      live_[i].run->hear(std::span<const Answer>(answers_).subspan(first, ends[i] - first), looks);
      first = ends[i];
    }
    team_.each(static_cast<int>(looks.size()), [&](int i, int) { looks[static_cast<std::size_t>(i)](); });
    const auto took = Clock::now() - started;
    for (const Live& live : live_) live.run->add_step(took, static_cast<std::int64_t>(live_.size()));
    return {};
  }

  /// Sends the rows through the network, as many at once as it takes.
  Result<> ask() {
    answers_.assign(rows_.size(), {});
    const std::size_t most = net_.most_rows();
    outputs_.resize((rows_.size() + most - 1) / most);
    const auto width = static_cast<std::size_t>(rules_.vocabulary.size());
    const std::size_t looked = rules_.alignment_heads * static_cast<std::size_t>(rules_.header.audio_context);
    for (std::size_t part = 0; part < outputs_.size(); ++part) {
      const std::size_t first = part * most;
      const std::size_t last = std::min(rows_.size(), first + most);
      StepOutput& output = outputs_[part];
      ZIMU_TRY_VOID(net_.step(std::span<const StepRow>(rows_).subspan(first, last - first), output));
      std::span<const float> logits = output.logits;
      std::span<const float> attention = output.attention;
      for (std::size_t i = first; i < last; ++i) {
        if (rows_[i].logits) {
          answers_[i].logits = logits.first(width);
          logits = logits.subspan(width);
        }
        if (rows_[i].attention) {
          answers_[i].attention = attention.first(looked);
          attention = attention.subspan(looked);
        }
      }
    }
    return {};
  }

  /// Windows whose pass is over go on with what is left of them, or leave.
  Result<> advance() {
    for (Live& live : live_) {
      if (live.run->advance(net_, free_slots_)) continue;
      const auto audio = live.run->next_pass();
      if (!audio.empty()) {
        ZIMU_TRY_VOID(poll());
        ZIMU_TRY_VOID(encode(live, audio, live.run->slot()));
        continue;
      }
      free_windows_.push_back(live.window);
      free_slots_.push_back(live.run->slot());
      ZIMU_TRY_VOID(sink_(live.tag, live.run->take()));
      live.run.reset();
    }
    std::erase_if(live_, [](const Live& live) { return live.run == nullptr; });
    return {};
  }

  Net& net_;
  const MelSpectrogram& mel_;
  Team& team_;
  const DecoderRules& rules_;
  WindowSource& source_;
  const WindowSink& sink_;
  const std::function<bool()>& abort_;
  std::vector<int> free_windows_;
  std::vector<int> free_slots_;
  std::vector<Live> live_;
  bool ended_ = false;
  std::vector<StepRow> rows_;
  std::vector<Answer> answers_;
  std::vector<StepOutput> outputs_;
};

BatchDecoder::BatchDecoder(Net& net, const MelSpectrogram& mel, const Vocabulary& vocabulary, Team& team)
    : net_(net), mel_(mel), team_(team),
      rules_{vocabulary, net.header(), net.alignment_heads().size(),
             static_cast<std::size_t>(std::min(kBeamWidth, net.slots())),
             Bias(vocabulary, never_sampled(vocabulary), never_first(vocabulary))} {}

Result<> BatchDecoder::run(WindowSource& source, const WindowSink& sink, const std::function<bool()>& abort) {
  return Batch(*this, source, sink, abort).run();
}

}  // namespace zimu::asr
