#include <algorithm>
#include <utility>
#include <whisper.h>

#include <fmt/format.h>

#include "asr/batch_decoder.hpp"
#include "asr/detect_languages.hpp"
#include "asr/engine.hpp"
#include "asr/host.hpp"
#include "asr/languages.hpp"
#include "asr/net/cpu_memory.hpp"
#include "asr/net/cpu_net.hpp"
#include "asr/net/ggml_device.hpp"
#include "asr/net/ggml_net.hpp"
#include "asr/net/mel.hpp"
#include "asr/net/team.hpp"
#include "asr/net/weights.hpp"

namespace zimu::asr {
namespace {

constexpr std::uint64_t kWindowBudget = 512U << 20U;  ///< for the audio's keys and values on a processor
constexpr int kMostWindows = 16;                      ///< at once: more make no step cheaper
constexpr int kSlotsEach = 5;                         ///< of a window: a beam's

/// What windows at once take, with their texts.
std::uint64_t window_bytes(const ModelHeader& header, int windows) {
  return static_cast<std::uint64_t>(windows) * (CrossMemory::bytes(header) + kSlotsEach * SelfMemory::bytes(header));
}

/// As many windows at once as there is memory for. kOutOfMemory when there is none for one.
Result<int> windows_for(const std::string& path, const ModelHeader& header) {
  const auto within_budget = static_cast<int>(kWindowBudget / CrossMemory::bytes(header));
  int windows = std::clamp(within_budget, 1, kMostWindows);
  const std::uint64_t left = available_memory();
  if (left == 0) return windows;  // nobody says
  while (windows > 1 && header.file_bytes + window_bytes(header, windows) > left) --windows;
  const std::uint64_t needed = header.file_bytes + window_bytes(header, windows);
  if (needed <= left) return windows;
  return fail(ErrorCode::kOutOfMemory,
              fmt::format("the model {} needs about {} MB of memory, {} MB are free", path, needed >> 20U, left >> 20U),
              "use a smaller or quantised model, or give the machine or container more memory");
}

class NetEngine : public Engine {
 public:
  NetEngine(std::unique_ptr<WeightFile> file, std::unique_ptr<Team> team, std::unique_ptr<Net> net, std::string device)
      : file_(std::move(file)), team_(std::move(team)), net_(std::move(net)), vocabulary_(file_->vocabulary()),
        mel_(file_->header().mel_bands, {file_->mel_filters().begin(), file_->mel_filters().end()}),
        decoder_(*net_, mel_, *vocabulary_, *team_), device_(std::move(device)) {}

  Result<LanguageGuess> detect_language(std::span<const float> audio, std::span<const std::string> among) override {
    ZIMU_TRY(const auto numbers, language_numbers(*vocabulary_, among));
    ZIMU_TRY(auto guesses, detect_languages(*net_, mel_, *vocabulary_, std::span(&audio, 1), numbers));
    return std::move(guesses.front());
  }
  Result<> transcribe(WindowSource& source, const WindowSink& sink, const std::function<bool()>& abort) override {
    return decoder_.run(source, sink, abort);
  }
  std::string device() const override { return device_; }
  bool multilingual() const override { return vocabulary_->special().multilingual; }
  std::string name() const override { return engine_version(); }

 private:
  std::unique_ptr<WeightFile> file_;
  std::unique_ptr<Team> team_;
  std::unique_ptr<Net> net_;
  std::unique_ptr<const Vocabulary> vocabulary_;
  MelSpectrogram mel_;
  BatchDecoder decoder_;
  std::string device_;
};

/// Fewer windows at once where the device has less memory.
Result<std::unique_ptr<Net>> load_ggml(const WeightFile& file, const std::string& device, int threads, int windows) {
  while (true) {
    auto net = load_ggml_net(file, {device, threads, windows, windows * kSlotsEach, {}, {}});
    if (net || net.error().code != ErrorCode::kOutOfMemory || windows == 1) return net;
    windows /= 2;
  }
}

Result<std::unique_ptr<Net>> load_on_cpu(const WeightFile& file, Team& team, int threads, int windows) {
#if defined(__x86_64__)
  (void)threads;
  return load_cpu_net(file, team, {windows, windows * kSlotsEach});
#else
  (void)team;
  return load_ggml(file, "cpu", threads, windows);
#endif
}

}  // namespace

Result<std::unique_ptr<Engine>> load_engine(const LoadOptions& options) {
  ZIMU_TRY(auto file, WeightFile::open(options.model_path));
  if (options.device == "cuda" && !has_gpu_device()) {
    return fail(ErrorCode::kUnavailable, "the device cuda was asked for, but no CUDA GPU can be used",
                "choose device auto or cpu, or see `zimu doctor` for what the GPU lacks");
  }
  if (2 * file->header().audio_context != MelSpectrogram::kFrames) {
    return fail(ErrorCode::kModelInvalid,
                fmt::format("the model {} does not hear 30 seconds at once, as Whisper models do", options.model_path),
                "import a model of Whisper's own shape");
  }
  const int threads = options.threads > 0 ? options.threads : usable_cores();
  if (options.device != "cpu" && has_gpu_device()) {
    auto net = load_ggml(*file, "cuda", threads, kMostWindows);
    if (net) {
      // Sampling is the processor's work there too.
      return std::make_unique<NetEngine>(std::move(file), std::make_unique<Team>(threads), std::move(*net), "cuda");
    }
    if (options.device == "cuda" || net.error().code != ErrorCode::kOutOfMemory) return std::unexpected(net.error());
  }
  ZIMU_TRY(const int windows, windows_for(options.model_path, file->header()));
  auto team = std::make_unique<Team>(threads);
  ZIMU_TRY(auto net, load_on_cpu(*file, *team, threads, windows));
  file->let_go();
  return std::make_unique<NetEngine>(std::move(file), std::move(team), std::move(net), "cpu");
}

std::string engine_version() { return fmt::format("zimu (ggml of whisper.cpp {})", whisper_version()); }

std::vector<std::string> engine_devices() {
  std::vector<std::string> devices{"cpu"};
  if (has_gpu_device()) devices.emplace_back("cuda");
  return devices;
}

}  // namespace zimu::asr
