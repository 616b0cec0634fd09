#include "asr/window_run.hpp"

#include <algorithm>
#include <iterator>
#include <string_view>
#include <utility>

#include "asr/alignment.hpp"
#include "asr/beam_search.hpp"
#include "asr/languages.hpp"
#include "asr/writing.hpp"

namespace zimu::asr {
namespace {

constexpr std::size_t kMaxSamples = 30 * kSampleRateHz;
constexpr std::size_t kSamplesPerMs = kSampleRateHz / 1000;
/// A window's own language has to be likelier than this, and that of the recording less likely than the other.
constexpr float kSureOfAnother = 0.7F;
constexpr float kDoubtful = 0.2F;
constexpr std::size_t kFrameSamples = kSamplesPerMs * kTimestampStepMs;

std::size_t samples_in(Milliseconds time) { return static_cast<std::size_t>(time.count()) * kSamplesPerMs; }

}  // namespace

WindowRun::WindowRun(const DecoderRules& rules, std::vector<float> audio, WindowOptions options)
    : rules_(rules), audio_(std::move(audio)), options_(std::move(options)) {}

Result<std::unique_ptr<WindowRun>> WindowRun::begin(const DecoderRules& rules, std::vector<float> audio,
                                                    WindowOptions options) {
  if (audio.empty() || audio.size() > kMaxSamples) {
    return fail(ErrorCode::kInternal, "a window must hold between one sample and 30 seconds");
  }
  std::unique_ptr<WindowRun> run(new WindowRun(rules, std::move(audio), std::move(options)));
  ZIMU_TRY(run->prompt_, make_prompt(rules.vocabulary, rules.header, run->options_));
  ZIMU_TRY(run->languages_, language_numbers(rules.vocabulary, run->options_.languages));
  run->asks_language_ = run->options_.language_heard && rules.vocabulary.special().multilingual;
  run->result_.consumed = Milliseconds(static_cast<std::int64_t>(run->audio_.size() / kSamplesPerMs));
  return run;
}

std::span<const float> WindowRun::next_pass() {
  const auto audio = std::span<const float>(audio_).subspan(samples_in(begins_));
  length_ = result_.consumed - begins_;
  if (length_ <= Milliseconds{0}) return {};
  loudness_.emplace(audio);
  if (loudness_->silent() || loudness_->steady()) return {};
  sampling_.bias = &rules_.bias;
  sampling_.with_timestamps = knows_timestamps(rules_.header);
  sampling_.timestamps.max_index = static_cast<int>((length_.count() + kTimestampStepMs - 1) / kTimestampStepMs);
  const auto context = static_cast<std::size_t>(rules_.header.text_context);
  sampling_.max_tokens = std::min(context / 2, context - prompt_.size());
  const bool beams = rules_.beam_width > 1;
  ladder_.emplace(options_.temperature, !beams                 ? Ladder::Beam::kNever
                                        : options_.beam_size > 1 ? Ladder::Beam::kFirst
                                                                 : Ladder::Beam::kAfterGreedy);
  prompt_attention_.clear();
  return audio;
}

void WindowRun::encoded(int window, int slot, Milliseconds took) {
  window_ = window;
  slots_.assign(1, slot);
  branch_slots_ = slots_;
  result_.encode_time += took;
  // The user's words before it are in a language too, and would speak for it.
  stage_ = asks_language_ && !prompt_.hints.empty() ? Stage::kLanguage : Stage::kPrompt;
}

std::shared_ptr<const AttentionRow> WindowRun::pack(std::span<const float> attention) const {
  const std::size_t context = attention.size() / rules_.alignment_heads;
  const std::size_t heard = (samples_in(length_) + kFrameSamples - 1) / kFrameSamples;
  const std::size_t frames = std::clamp<std::size_t>(heard, 1, context);
  return std::make_shared<const AttentionRow>(pack_attention(attention, rules_.alignment_heads, frames));
}

void WindowRun::start_search(std::vector<int>& free_slots) {
  if (stage_ != Stage::kWaits) return;
  const Rung& rung = ladder_->rung();
  if (rung.beam) {
    const std::size_t wanted = options_.beam_size > 1 ? static_cast<std::size_t>(options_.beam_size) : rules_.beam_width;
    const std::size_t width = std::min(wanted, rules_.beam_width);
    const std::size_t more = width - 1;
    if (free_slots.size() < more) return;
    slots_.insert(slots_.end(), free_slots.end() - static_cast<std::ptrdiff_t>(more), free_slots.end());
    free_slots.resize(free_slots.size() - more);
    search_ = std::make_unique<BeamSearch>(rules_.vocabulary, sampling_, width);
  } else {
    // The seed is the rung's: a window gives the same text whenever and beside whatever it is decoded.
    search_ = std::make_unique<SingleSearch>(rules_.vocabulary, sampling_, rung.temperature, rung.seed);
  }
  for (const auto& row : prompt_attention_) search_->hear(0, row);
  branch_slots_.assign(1, slots_.front());
  stage_ = Stage::kBegins;
}

void WindowRun::add_rows(std::vector<StepRow>& rows) const {
  if (stage_ == Stage::kLanguage) {
    rows.push_back({.slot = slots_.front(), .window = window_, .token = rules_.vocabulary.special().sot});
  } else if (stage_ == Stage::kPrompt) {
    int position = 0;
    const auto add = [&](Token token, bool logits, bool attention) {
      rows.push_back({slots_.front(), window_, token, position++, logits, attention});
    };
    const std::size_t sot = prompt_.up_to_sot.size() - 1;
    for (std::size_t i = 0; i <= sot; ++i) add(prompt_.up_to_sot[i], i == sot, options_.words && i == sot);
    for (std::size_t i = 0; i < prompt_.after_sot.size(); ++i) {
      add(prompt_.after_sot[i], i + 1 == prompt_.after_sot.size(), options_.words);
    }
  } else if (stage_ == Stage::kDecodes) {
    for (std::size_t i = 0; i < search_->branches(); ++i) {
      const auto& tokens = search_->tokens(i);
      const auto position = static_cast<int>(prompt_.size() + tokens.size() - 1);
      rows.push_back({branch_slots_[i], window_, tokens.back(), position, true, options_.words});
    }
  }
}

/// True when the window is clearly in another language than the recording: its prompt is that language's now.
bool WindowRun::take_own_language(std::span<const float> row) {
  asks_language_ = false;
  const SpecialTokens& special = rules_.vocabulary.special();
  const auto odds = language_odds(row, special, languages_);
  const auto best = std::ranges::max_element(odds);
  const auto current = language_number(rules_.vocabulary, options_.language);
  // Noise has a language too, if one asks.
  const float speech = 1 - softmax_at(row, special.no_speech);
  if (!current || *best * speech <= kSureOfAnother || odds[static_cast<std::size_t>(*current)] >= kDoubtful) return false;
  options_.language = std::string(language_code(static_cast<int>(best - odds.begin())));
  auto prompt = make_prompt(rules_.vocabulary, rules_.header, options_);
  if (prompt) prompt_ = std::move(*prompt);
  return prompt.has_value();
}

/// OpenAI reads the softmax of <|nospeech|> right after <|startoftranscript|>.
void WindowRun::hear_prompt(std::span<const Answer> answers) {
  const Answer& sot = answers[prompt_.up_to_sot.size() - 1];
  no_speech_prob_ = softmax_at(sot.logits, rules_.vocabulary.special().no_speech);
  first_row_.assign(answers.back().logits.begin(), answers.back().logits.end());
  for (const Answer& answer : answers) {
    if (!answer.attention.empty()) prompt_attention_.push_back(pack(answer.attention));
  }
}

void WindowRun::hear(std::span<const Answer> answers, std::vector<std::function<void()>>& looks) {
  switch (stage_) {
    case Stage::kLanguage: {
      static_cast<void>(take_own_language(answers.front().logits));
      stage_ = Stage::kPrompt;
      return;
    }
    case Stage::kPrompt: {
      // Whatever followed the wrong language is asked for again.
      if (asks_language_ && take_own_language(answers[prompt_.up_to_sot.size() - 1].logits)) return;
      hear_prompt(answers);
      stage_ = Stage::kWaits;
      return;
    }
    case Stage::kWaits: return;
    case Stage::kBegins: {
      looks.emplace_back([this] { search_->look(0, first_row_); });
      return;
    }
    case Stage::kDecodes: {
      for (std::size_t i = 0; i < answers.size(); ++i) {
        looks.emplace_back([this, i, answer = answers[i]] {
          if (!answer.attention.empty()) search_->hear(i, pack(answer.attention));
          search_->look(i, answer.logits);
        });
      }
    }
  }
}

bool WindowRun::advance(Net& net, std::vector<int>& free_slots) {
  if (stage_ != Stage::kBegins && stage_ != Stage::kDecodes) return true;
  std::vector<std::size_t> parents;
  if (search_->advance(parents)) {
    move_branches(net, parents);
    stage_ = Stage::kDecodes;
    return true;
  }
  Decoding decoding = search_->take();
  decoding.no_speech_prob = no_speech_prob_;
  search_.reset();
  free_slots.insert(free_slots.end(), slots_.begin() + 1, slots_.end());
  slots_.resize(1);
  stage_ = Stage::kWaits;
  if (ladder_->climb(std::move(decoding))) return true;
  conclude();
  return false;
}

/// The first to go on from a branch stays in its slot, the others get a copy.
void WindowRun::move_branches(Net& net, std::span<const std::size_t> parents) {
  std::vector<int> slots(parents.size(), -1);
  std::vector<int> spare = slots_;
  for (std::size_t i = 0; i < parents.size(); ++i) {
    const int slot = branch_slots_[parents[i]];
    const auto at = std::ranges::find(spare, slot);
    if (at == spare.end()) continue;
    spare.erase(at);
    slots[i] = slot;
  }
  for (std::size_t i = 0; i < parents.size(); ++i) {
    if (slots[i] >= 0) continue;
    slots[i] = spare.back();
    spare.pop_back();
    const auto remembered = static_cast<int>(prompt_.size() + search_->tokens(i).size() - 1);
    net.copy_slot(branch_slots_[parents[i]], slots[i], remembered);
  }
  branch_slots_ = std::move(slots);
}

void WindowRun::leave_out(const std::string& text, const char* reason) {
  const std::string_view said = trim(text);
  if (!said.empty()) result_.left_out.push_back({begins_, begins_ + length_, reason, std::string(said)});
}

void WindowRun::conclude() {
  LadderOutcome outcome = ladder_->outcome();
  Decoding& kept = outcome.kept;
  std::ranges::move(outcome.retries, std::back_inserter(result_.retries));
  Milliseconds consumed = length_;
  if (is_no_speech({kept, *loudness_, length_}, rules_.vocabulary)) {
    result_.retries.push_back({kept.temperature, "no_speech", kept.no_speech_prob});
    leave_out(kept.text, "no_speech");
  } else {
    const std::string whole = kept.text;
    if (cut_loop(kept, rules_.vocabulary)) {
      leave_out(whole.starts_with(kept.text) ? whole.substr(kept.text.size()) : whole, "repetition");
    }
    const Split split = split_at_timestamps(kept, rules_.vocabulary.special(), length_);
    const Alignment alignment = options_.words ? align(kept, rules_.vocabulary) : Alignment{};
    auto segments = write_segments({kept, *loudness_, length_}, split, options_.words, alignment, rules_.vocabulary);
    for (domain::Segment& segment : segments) {
      segment.start += begins_;
      segment.end += begins_;
      for (domain::Word& word : segment.words) {
        word.start += begins_;
        word.end += begins_;
      }
      result_.segments.push_back(std::move(segment));
    }
    consumed = choose_consumed(split, *loudness_, length_);
  }
  begins_ += consumed;
}

WindowResult WindowRun::take() {
  result_.language = options_.language;
  result_.sample_time = std::chrono::duration_cast<Milliseconds>(sample_time_);
  result_.batch_time = std::chrono::duration_cast<Milliseconds>(batch_time_);
  return std::move(result_);
}

}  // namespace zimu::asr
