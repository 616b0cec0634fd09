#include "asr/whisper_model.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <ggml-backend.h>
#include <mutex>
#include <string_view>
#include <utility>
#include <whisper.h>

#include "asr/host.hpp"

namespace zimu::asr {
namespace {

/// Attention in one fused kernel is off. libwhisper hands that kernel the keys of 1536 audio positions where there are
/// 1500, without a mask: 36 positions that do not exist take their share of every softmax. Word times need it off too.
constexpr bool kFlashAttention = false;
constexpr int kMostAlignmentHeads = 48;       // of a model whose alignment heads nobody has published
constexpr std::uint64_t kStateBytes = 256U << 20U;  // buffers beside the weights, base model; larger ones scale
constexpr std::size_t kAlignmentSlack = 64U << 20U;

/// libwhisper's own log: to standard error at debug level, and its last complaint kept for our messages.
class LogSink {
 public:
  static LogSink& instance() {
    static LogSink sink;
    return sink;
  }
  std::string take_complaint() {
    const std::scoped_lock lock(mutex_);
    return std::exchange(complaint_, {});
  }

 private:
  LogSink() {
    const char* level = std::getenv("ZIMU_LOG_LEVEL");
    loud_ = level != nullptr && (std::string_view(level) == "debug" || std::string_view(level) == "trace");
    whisper_log_set(
        [](ggml_log_level severity, const char* text, void* self) { static_cast<LogSink*>(self)->take(severity, text); },
        this);
  }
  void take(ggml_log_level severity, const char* text) {
    const std::scoped_lock lock(mutex_);
    if (severity == GGML_LOG_LEVEL_ERROR) {
      complaint_ = text;
      complaint_.erase(complaint_.find_last_not_of(" \n") + 1);
    }
    if (loud_) std::fputs(text, stderr);
  }

  std::mutex mutex_;
  std::string complaint_;
  bool loud_ = false;
};

bool has_gpu() {
  for (std::size_t i = 0; i < ggml_backend_dev_count(); ++i) {
    const auto type = ggml_backend_dev_type(ggml_backend_dev_get(i));
    if (type == GGML_BACKEND_DEVICE_TYPE_GPU || type == GGML_BACKEND_DEVICE_TYPE_IGPU) return true;
  }
  return false;
}

/// Images that suit every CPU keep ggml's backends in files beside the program.
void load_backends() {
  LogSink::instance();
  if (ggml_backend_dev_count() == 0) ggml_backend_load_all();
}

struct KnownHeads {
  int audio_layers;
  int text_layers;
  int width;
  whisper_alignment_heads_preset english;
  whisper_alignment_heads_preset multilingual;
};
constexpr KnownHeads kKnownHeads[] = {
    {4, 4, 384, WHISPER_AHEADS_TINY_EN, WHISPER_AHEADS_TINY},
    {6, 6, 512, WHISPER_AHEADS_BASE_EN, WHISPER_AHEADS_BASE},
    {12, 12, 768, WHISPER_AHEADS_SMALL_EN, WHISPER_AHEADS_SMALL},
    {24, 24, 1024, WHISPER_AHEADS_MEDIUM_EN, WHISPER_AHEADS_MEDIUM},
    {32, 32, 1280, WHISPER_AHEADS_NONE, WHISPER_AHEADS_LARGE_V2},
    {32, 4, 1280, WHISPER_AHEADS_NONE, WHISPER_AHEADS_LARGE_V3_TURBO},
};

void ask_for_alignment(whisper_context_params& params, const ModelHeader& header) {
  constexpr int kFirstMultilingual = 51865;
  constexpr int kThirdVersion = 51866;
  params.dtw_token_timestamps = true;
  // As openai/whisper for unknown models: every head of the upper half of the layers, as far as memory allows.
  params.dtw_aheads_preset = WHISPER_AHEADS_N_TOP_MOST;
  params.dtw_n_top = std::max(1, std::min(header.text_layers / 2, kMostAlignmentHeads / header.text_heads));
  for (const KnownHeads& known : kKnownHeads) {
    if (known.audio_layers != header.audio_layers || known.text_layers != header.text_layers ||
        known.width != header.text_width) {
      continue;
    }
    auto preset = header.vocab_size >= kFirstMultilingual ? known.multilingual : known.english;
    if (preset == WHISPER_AHEADS_LARGE_V2 && header.vocab_size >= kThirdVersion) preset = WHISPER_AHEADS_LARGE_V3;
    if (preset != WHISPER_AHEADS_NONE) params.dtw_aheads_preset = preset;
  }
  // libwhisper aborts when this arena is too small; pages it does not touch cost nothing.
  const auto heads = static_cast<std::size_t>(std::max(kMostAlignmentHeads, header.text_heads));
  const auto cells = static_cast<std::size_t>(header.text_context) / 2 * static_cast<std::size_t>(header.audio_context);
  params.dtw_mem_size = kAlignmentSlack + heads * cells * sizeof(float) * 5;
}

SpecialTokens special_tokens(whisper_context* context) {
  SpecialTokens special;
  special.eot = whisper_token_eot(context);
  special.sot = whisper_token_sot(context);
  special.translate = whisper_token_translate(context);
  special.transcribe = whisper_token_transcribe(context);
  special.prev = whisper_token_prev(context);
  special.no_speech = whisper_token_nosp(context);
  special.no_timestamps = whisper_token_not(context);
  special.timestamp_begin = whisper_token_beg(context);
  special.multilingual = whisper_is_multilingual(context) != 0;
  // libwhisper knows one language more than the first models: its token there means "translate".
  special.language_count = special.translate - special.sot - 1;
  return special;
}

std::unique_ptr<const Vocabulary> read_vocabulary(whisper_context* context) {
  const SpecialTokens special = special_tokens(context);
  std::vector<std::string> pieces;
  pieces.reserve(static_cast<std::size_t>(whisper_n_vocab(context)));
  for (Token token = 0; token < whisper_n_vocab(context); ++token) {
    pieces.emplace_back(token < special.eot ? whisper_token_to_str(context, token) : "");
  }
  return std::make_unique<const Vocabulary>(std::move(pieces), special);
}

Result<> check_room(const LoadOptions& options, const ModelHeader& header) {
  const std::uint64_t scale = std::max<std::uint64_t>(static_cast<std::uint64_t>(header.text_width) / 512, 1);
  const std::uint64_t needed = header.file_bytes + kStateBytes * scale;
  const std::uint64_t left = available_memory();
  if (left == 0 || needed <= left) return {};
  return fail(ErrorCode::kOutOfMemory,
              fmt::format("the model {} needs about {} MB of memory, {} MB are free", options.model_path,
                          needed >> 20U, left >> 20U),
              "use a smaller or quantised model, or give the machine or container more memory");
}

Error load_error(const LoadOptions& options, bool on_gpu) {
  const std::string complaint = LogSink::instance().take_complaint();
  if (complaint.find("alloc") != std::string::npos || complaint.find("memory") != std::string::npos) {
    return {ErrorCode::kOutOfMemory,
            fmt::format("there is not enough {}memory for the model {}", on_gpu ? "GPU " : "", options.model_path),
            "use a smaller or quantised model"};
  }
  return {ErrorCode::kModelInvalid, fmt::format("the model file {} cannot be loaded: {}", options.model_path, complaint),
          "run `zimu models verify`, then pull or import the model again"};
}

Result<std::unique_ptr<WhisperModel>> load_on(const LoadOptions& options, const ModelHeader& header, bool on_gpu) {
  LogSink::instance().take_complaint();
  auto params = whisper_context_default_params();
  params.use_gpu = on_gpu;
  params.flash_attn = kFlashAttention;
  if (options.words) ask_for_alignment(params, header);

  auto model = std::make_unique<WhisperModel>();
  model->context.reset(whisper_init_from_file_with_params_no_state(options.model_path.c_str(), params));
  if (!model->context) return std::unexpected(load_error(options, on_gpu));
  model->state.reset(whisper_init_state(model->context.get()));
  if (!model->state) return std::unexpected(load_error(options, on_gpu));
  model->header = header;
  model->vocabulary = read_vocabulary(model->context.get());
  const int threads = options.threads > 0 ? options.threads : usable_cores();
  model->encode_threads = ThreadTuner(threads, WhisperModel::kEncodePace);
  model->step_threads = ThreadTuner(threads, WhisperModel::kStepPace);
  model->device = on_gpu ? "cuda" : "cpu";
  model->aligns_words = options.words;
  constexpr int kDistilledTextLayers = 2;
  constexpr int kThirdVersion = 51866;
  model->has_timestamps = header.text_layers != kDistilledTextLayers || header.vocab_size == kThirdVersion;
  return model;
}

}  // namespace

void FreeContext::operator()(whisper_context* context) const { whisper_free(context); }
void FreeState::operator()(whisper_state* state) const { whisper_free_state(state); }

Result<std::unique_ptr<WhisperModel>> WhisperModel::load(const LoadOptions& options) {
  load_backends();
  ZIMU_TRY(const ModelHeader header, check_model_file(options.model_path));
  if (options.device == "cuda" && !has_gpu()) {
    return fail(ErrorCode::kUnavailable, "the device cuda was asked for, but no CUDA GPU can be used",
                "choose device auto or cpu, or see `zimu doctor` for what the GPU lacks");
  }
  const bool on_gpu = options.device != "cpu" && has_gpu();
  if (on_gpu) {
    auto model = load_on(options, header, true);
    if (model || options.device == "cuda" || model.error().code != ErrorCode::kOutOfMemory) return model;
  }
  ZIMU_TRY_VOID(check_room(options, header));
  return load_on(options, header, false);
}

Result<int> language_number(const WhisperModel& model, const std::string& code) {
  const SpecialTokens& special = model.vocabulary->special();
  if (!special.multilingual) {
    if (code == "en") return 0;
    return fail(ErrorCode::kInvalidArgument, fmt::format("the model knows English only, not \"{}\"", code),
                "choose a multilingual model, such as base");
  }
  const int number = whisper_lang_id(code.c_str());
  if (number >= 0 && number < special.language_count) return number;
  return fail(ErrorCode::kInvalidArgument, fmt::format("the model does not know the language \"{}\"", code),
              "choose another language, or auto");
}

std::string engine_version() { return fmt::format("libwhisper {}", whisper_version()); }

std::vector<std::string> engine_devices() {
  load_backends();
  std::vector<std::string> devices{"cpu"};
  if (has_gpu()) devices.emplace_back("cuda");
  return devices;
}

}  // namespace zimu::asr
