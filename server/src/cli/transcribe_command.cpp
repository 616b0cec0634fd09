#include "cli/transcribe_command.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <map>
#include <set>

#include <fmt/format.h>

#include "base/file.hpp"
#include "cli/exit_code.hpp"
#include "cli/interrupt.hpp"
#include "cli/json_text.hpp"
#include "cli/progress_bar.hpp"
#include "cli/settings.hpp"
#include "cli/transcribe_session.hpp"
#include "domain/captions/captions.hpp"
#include "domain/export.hpp"
#include "models/registry.hpp"
#include "supervisor/context.hpp"

namespace zimu::cli {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kSpoolPiece = 1U << 20U;

/// Standard input on disk while it is being transcribed: streams can be longer than memory.
class Spool {
 public:
  static Result<Spool> read_stdin() {
    std::string name = (fs::temp_directory_path() / "zimu-stdin-XXXXXX").string();
    UniqueFd fd(::mkstemp(name.data()));
    if (!fd) return std::unexpected(error_from_errno(errno, "cannot create a temporary file for standard input"));
    Spool spool(name);
    std::vector<std::byte> piece(kSpoolPiece);
    while (!interrupted()) {
      const ssize_t n = ::read(STDIN_FILENO, piece.data(), piece.size());
      if (n < 0 && errno == EINTR) continue;
      if (n < 0) return std::unexpected(error_from_errno(errno, "cannot read standard input"));
      if (n == 0) return spool;
      ZIMU_TRY_VOID(write_all(fd.get(), std::span(piece.data(), static_cast<std::size_t>(n)), name));
    }
    return fail(ErrorCode::kCancelled, "interrupted");
  }
  Spool(Spool&& other) noexcept : path_(std::exchange(other.path_, {})) {}
  Spool& operator=(Spool&&) = delete;
  ~Spool() {
    if (!path_.empty()) ::unlink(path_.c_str());
  }
  const std::string& path() const { return path_; }

 private:
  explicit Spool(std::string path) : path_(std::move(path)) {}
  std::string path_;
};

/// Output path without its format's extension. Two inputs of one stem keep their own extension: a.wav.srt, a.mp3.srt.
fs::path output_base(const std::string& file, const TranscribeArguments& arguments,
                     const std::multiset<std::string>& stems) {
  const fs::path input = file == "-" ? fs::path("stdin") : fs::path(file);
  const fs::path folder = !arguments.output.empty() ? fs::path(arguments.output)
                          : file == "-"             ? fs::path(".")
                                                    : input.parent_path();
  const bool shared = stems.count(input.stem().string()) > 1;
  return folder / (shared ? input.filename() : input.stem());
}

Result<std::vector<std::string>> write_outputs(const domain::Transcript& transcript, const std::string& file,
                                               const TranscribeArguments& arguments,
                                               const std::multiset<std::string>& stems) {
  std::vector<std::string> written;
  for (const std::string& format : arguments.formats) {
    domain::ExportOptions options{.word_times = arguments.options.words};
    if (arguments.captions.any()) {
      ZIMU_TRY(options.rules, domain::caption_rules(arguments.captions, domain::shown_language(transcript)));
    }
    ZIMU_TRY(const std::string text, domain::export_transcript(transcript, format, options));
    if (arguments.output == "-") {
      ZIMU_TRY_VOID(write_all(STDOUT_FILENO, std::as_bytes(std::span(text.data(), text.size())), "standard output"));
      continue;
    }
    ZIMU_TRY(const auto known, domain::find_export_format(format));
    fs::path path = output_base(file, arguments, stems);
    path += fmt::format(".{}", known.extension);
    ZIMU_TRY_VOID(write_file_atomic(path, text));
    written.push_back(path.string());
  }
  return written;
}

Result<> check_arguments(const TranscribeArguments& arguments) {
  for (const std::string& format : arguments.formats) {
    if (auto known = domain::find_export_format(format); !known) return std::unexpected(known.error());
  }
  if (arguments.output == "-" && arguments.formats.size() > 1) {
    return fail(ErrorCode::kInvalidArgument, "standard output takes one format", "give one --format, or -o DIR");
  }
  if (arguments.output == "-" && arguments.json) {
    return fail(ErrorCode::kInvalidArgument, "--json and -o - both want standard output", "give -o DIR");
  }
  ZIMU_TRY_VOID(domain::check_caption_choice(arguments.captions));
  return domain::validate(arguments.options);
}

/// The refusals that need no worker, so that a typing error is answered at once.
Result<> check_input(const std::string& file) {
  if (file == "-") return {};
  std::error_code ec;
  const auto status = fs::status(file, ec);
  if (!fs::exists(status)) {
    return fail(ErrorCode::kNotFound, fmt::format("no file {}", file), "check the name");
  }
  if (fs::is_directory(status)) {
    return fail(ErrorCode::kBadMedia, fmt::format("{} is a folder", file), "name the files in it");
  }
  if (::access(file.c_str(), R_OK) != 0) return std::unexpected(error_from_errno(errno, fmt::format("cannot read {}", file)));
  return {};
}

struct Outcome {
  Transcribed result;
  std::vector<std::string> outputs;
};

Result<Outcome> run_file(TranscribeSession& session, const std::string& file, const TranscribeArguments& arguments,
                         const std::multiset<std::string>& stems) {
  ZIMU_TRY_VOID(check_input(file));
  std::optional<Spool> spool;
  if (file == "-") {
    ZIMU_TRY(auto read, Spool::read_stdin());
    spool.emplace(std::move(read));
  }
  ProgressBar bar(file == "-" ? "standard input" : fs::path(file).filename().string());
  const auto on_progress = [&bar](const SessionProgress& p) { bar.update(p.share, p.speed, p.stage); };
  domain::TranscribeOptions wanted = arguments.options;
  // Cues are cut at words: only their times make that exact.
  wanted.words = wanted.words || arguments.captions.any();
  auto result = session.run(spool ? spool->path() : file, wanted, on_progress, interrupted);
  bar.clear();
  if (!result) {
    Error error = std::move(result).error();
    // People gave "-", not the name of our temporary file.
    if (spool) error.message = supervisor::with_name(std::move(error.message), spool->path(), "standard input");
    return std::unexpected(std::move(error));
  }
  if (spool) result->transcript.title = "stdin";
  auto outputs = write_outputs(result->transcript, file, arguments, stems);
  if (!outputs) {
    Error error = std::move(outputs).error();
    // sysexits has a status of its own for outputs that cannot be made.
    if (error.code == ErrorCode::kNotFound || error.code == ErrorCode::kPermission) error.code = ErrorCode::kIo;
    return std::unexpected(std::move(error));
  }
  return Outcome{std::move(*result), std::move(*outputs)};
}

/// One line of JSON: what was made, and what it cost.
void print_json(const std::string& file, const Outcome& outcome) {
  const domain::Transcript& transcript = outcome.result.transcript;
  const protocol::DoneEvent& done = outcome.result.done;
  std::string outputs;
  for (const std::string& path : outcome.outputs) outputs += (outputs.empty() ? "" : ",") + json_text(path);
  std::string timings;
  for (const protocol::StageTime& stage : done.timings) {
    timings += fmt::format("{}{}:{}", timings.empty() ? "" : ",", json_text(stage.stage), stage.time.count());
  }
  fmt::print("{{\"file\":{},\"language\":{},\"language_probability\":{:.3f},\"duration_ms\":{},\"segments\":{},"
             "\"windows\":{},\"retried_windows\":{},\"coverage\":{:.4f},\"device\":{},\"timings_ms\":{{{}}},"
             "\"outputs\":[{}]}}\n",
             json_text(file), json_text(transcript.language), transcript.language_probability,
             transcript.duration.count(), transcript.segments.size(), outcome.result.windows, outcome.result.retried,
             done.audible_share_with_text, json_text(done.device), timings, outputs);
}

void print_outcome(const std::string& file, const Outcome& outcome, bool json) {
  if (json) {
    print_json(file, outcome);
    return;
  }
  for (const std::string& path : outcome.outputs) fmt::print(stderr, "{}\n", path);
}

}  // namespace

int transcribe_command(TranscribeArguments arguments) {
  catch_interrupts();
  const auto settings = load_settings({});
  if (!settings) return report(settings.error());
  const config::Config& config = settings->config;
  if (!arguments.model_given) arguments.options.model = config.model;
  const models::Registry registry(config.model_dir);
  const auto model = registry.find(arguments.options.model);
  if (!model) return report(model.error());
  arguments.options.model = model->name;
  if (auto valid = check_arguments(arguments); !valid) return report(valid.error());
  if (!arguments.output.empty() && arguments.output != "-") {
    if (auto made = make_directories(arguments.output); !made) {
      report(made.error());
      return kExitCannotCreate;
    }
  }

  std::multiset<std::string> stems;
  for (const std::string& file : arguments.files) stems.insert(fs::path(file).stem().string());
  TranscribeSession session(worker_command(config), model->path);
  int status = kExitOk;
  for (const std::string& file : arguments.files) {
    const auto outcome = run_file(session, file, arguments, stems);
    if (outcome) {
      print_outcome(file, *outcome, arguments.json);
      continue;
    }
    if (outcome.error().code == ErrorCode::kCancelled && interrupted()) {
      fmt::print(stderr, "zimu: interrupted; nothing was written for {}\n", file);
      return kExitInterrupted;
    }
    const int code = report(outcome.error());
    if (status == kExitOk) status = code;
  }
  return status;
}

}  // namespace zimu::cli
