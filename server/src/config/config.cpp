#include "config/config.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <limits>
#include <span>

#include "config/command_line.hpp"
#include "config/nearest_name.hpp"
#include "config/readers.hpp"

namespace zimu::config {
namespace {

namespace fs = std::filesystem;

constexpr int kMaxWorkers = 64;  // each is a process with a whole model in memory
constexpr int kMaxThreads = 1024;
constexpr int kMaxIdleSeconds = 7 * 24 * 3600;
constexpr std::uint64_t kMinUploadBytes = 1U << 20U;
constexpr std::uint16_t kOllamaPort = 11434;
constexpr std::uint16_t kHttpsPort = 443;

/// One row for each variable that is ours: how its text changes the config, and how the config shows it.
struct Row {
  std::string_view name;
  Result<> (*read)(std::string_view name, const std::string& text, Config& config);
  std::string (*show)(const Config& config);
};

template <int Config::* Member, int kLowest, int kHighest>
Result<> read_int(std::string_view name, const std::string& text, Config& config) {
  ZIMU_TRY(const std::uint64_t value, detail::read_number(name, text, kLowest, kHighest));
  config.*Member = static_cast<int>(value);
  return {};
}

template <auto Member>
Result<> read_text(std::string_view, const std::string& text, Config& config) {
  config.*Member = text;
  return {};
}

template <auto Member>
std::string show_text(const Config& config) {
  return config.*Member;
}

template <auto Member>
std::string show_number(const Config& config) {
  return std::to_string(config.*Member);
}

Result<> read_listen(std::string_view name, const std::string& text, Config& config) {
  ZIMU_TRY(auto endpoint, detail::read_endpoint(name, text));
  config.listen_address = std::move(endpoint.address);
  config.listen_port = endpoint.port;
  return {};
}

std::string show_listen(const Config& config) {
  const bool is_v6 = config.listen_address.find(':') != std::string::npos;
  return fmt::format(fmt::runtime(is_v6 ? "[{}]:{}" : "{}:{}"), config.listen_address, config.listen_port);
}

Result<> read_device(std::string_view name, const std::string& text, Config& config) {
  ZIMU_TRY(config.device, detail::read_choice(name, text, {"auto", "cpu", "cuda"}));
  return {};
}

Result<> read_log_level(std::string_view name, const std::string& text, Config& config) {
  ZIMU_TRY(config.log_level,
           detail::read_choice(name, text, {"trace", "debug", "info", "warn", "error", "off"}));
  return {};
}

Result<> read_log_format(std::string_view name, const std::string& text, Config& config) {
  ZIMU_TRY(config.log_format, detail::read_choice(name, text, {"auto", "text", "json"}));
  return {};
}

Result<> read_journal_mode(std::string_view name, const std::string& text, Config& config) {
  ZIMU_TRY(config.journal_mode, detail::read_choice(name, text, {"auto", "wal", "delete"}));
  return {};
}

Result<> read_max_upload(std::string_view name, const std::string& text, Config& config) {
  constexpr auto kHighest =
      static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());  // SQLite's integer
  ZIMU_TRY(config.max_upload_bytes, detail::read_number(name, text, kMinUploadBytes, kHighest));
  return {};
}

Result<> read_worker_command(std::string_view name, const std::string& text, Config& config) {
  const auto split = detail::split(text);
  if (split.open_quote || split.words.empty() || split.words.front().empty()) {
    return fail(ErrorCode::kInvalidArgument,
                fmt::format("{} is \"{}\", which is not a command: {}", name, text,
                            split.open_quote ? "a quote is not closed" : "it names no program"),
                fmt::format("set {} to a program and its arguments, or remove it to use the default", name));
  }
  config.worker_command = text;
  return {};
}

Result<> read_web_root(std::string_view name, const std::string& text, Config& config) {
  std::error_code ignored;
  if (!fs::is_directory(text, ignored)) {
    return fail(
        ErrorCode::kInvalidArgument, fmt::format("{} is \"{}\", which is not a folder", name, text),
        fmt::format("set {} to the folder of the built web app, or remove it to use the default", name));
  }
  config.web_root = text;
  return {};
}

Result<> read_ollama_host(std::string_view name, const std::string& text, Config& config) {
  ZIMU_TRY(config.ollama_host, detail::read_url(name, text, kOllamaPort));
  return {};
}

Result<> read_hf_endpoint(std::string_view name, const std::string& text, Config& config) {
  ZIMU_TRY(config.hf_endpoint, detail::read_url(name, text, kHttpsPort));
  return {};
}

Result<> read_hf_offline(std::string_view name, const std::string& text, Config& config) {
  ZIMU_TRY(config.hf_offline, detail::read_switch(name, text));
  return {};
}

constexpr std::array kRows{
    Row{"ZIMU_LISTEN", read_listen, show_listen},
    Row{"ZIMU_DATA_DIR", read_text<&Config::data_dir>, show_text<&Config::data_dir>},
    Row{"ZIMU_MODEL_DIR", read_text<&Config::model_dir>, show_text<&Config::model_dir>},
    Row{"ZIMU_MODEL", read_text<&Config::model>, show_text<&Config::model>},
    Row{"ZIMU_DEVICE", read_device, show_text<&Config::device>},
    Row{"ZIMU_WORKERS", read_int<&Config::workers, 1, kMaxWorkers>, show_number<&Config::workers>},
    Row{"ZIMU_THREADS", read_int<&Config::threads, 0, kMaxThreads>, show_number<&Config::threads>},
    Row{"ZIMU_WORKER_COMMAND", read_worker_command, show_text<&Config::worker_command>},
    Row{"ZIMU_MAX_UPLOAD_BYTES", read_max_upload, show_number<&Config::max_upload_bytes>},
    Row{"ZIMU_MODEL_IDLE_SECONDS", read_int<&Config::model_idle_seconds, 0, kMaxIdleSeconds>,
        show_number<&Config::model_idle_seconds>},
    Row{"ZIMU_LOG_LEVEL", read_log_level, show_text<&Config::log_level>},
    Row{"ZIMU_LOG_FORMAT", read_log_format, show_text<&Config::log_format>},
    Row{"ZIMU_JOURNAL_MODE", read_journal_mode, show_text<&Config::journal_mode>},
    Row{"ZIMU_WEB_ROOT", read_web_root, show_text<&Config::web_root>},
    Row{"OLLAMA_HOST", read_ollama_host,
        [](const Config& c) { return detail::mask_userinfo(c.ollama_host); }},
    Row{"OLLAMA_MODEL", read_text<&Config::ollama_model>, show_text<&Config::ollama_model>},
    Row{"HF_ENDPOINT", read_hf_endpoint,
        [](const Config& c) { return detail::mask_userinfo(c.hf_endpoint); }},
    Row{"HF_HUB_OFFLINE", read_hf_offline,
        [](const Config& c) { return std::string(c.hf_offline ? "1" : "0"); }},
};

Result<> refuse_unknown(std::string_view name) {
  const bool is_for_tests = name.starts_with("ZIMU_TEST_") || name.starts_with("ZIMU_WORKER_CRASH_");
  const bool is_known =
      std::any_of(kRows.begin(), kRows.end(), [name](const Row& row) { return row.name == name; });
  if (!name.starts_with("ZIMU_") || is_for_tests || is_known) return {};
  std::vector<std::string_view> known;
  for (const Row& row : kRows) {
    if (row.name.starts_with("ZIMU_")) known.push_back(row.name);
  }
  const auto nearest = nearest_name(name, known);
  return fail(ErrorCode::kInvalidArgument, fmt::format("{} is not a setting of Zimu", name),
              nearest ? fmt::format("did you mean {}?", *nearest)
                      : fmt::format("the settings are {}", fmt::join(known, ", ")));
}

std::string flag_of(std::string_view name) {
  if (name.starts_with("ZIMU_")) name.remove_prefix(5);
  std::string flag = "flag --";
  for (const char c : name) {
    const bool is_upper = c >= 'A' && c <= 'Z';
    flag += c == '_' ? '-' : (is_upper ? static_cast<char>(c - 'A' + 'a') : c);
  }
  return flag;
}

fs::path real_program(const fs::path& program) {
  std::error_code error;
  const bool is_path = program.string().find('/') != std::string::npos;
  fs::path real = is_path ? fs::canonical(program, error) : fs::path{};
  // A bare argv[0] was found through PATH: only the kernel knows which file that was.
  if (real.empty() || error) real = fs::read_symlink("/proc/self/exe", error);
  return error ? program : real;
}

void fill_defaults(Config& config, const fs::path& program) {
  if (config.model_dir.empty()) config.model_dir = config.data_dir / "models";
  const fs::path folder = real_program(program).parent_path();
  if (config.worker_command.empty()) config.worker_command = detail::quote((folder / "zimu-worker").string());
  if (!config.web_root.empty()) return;
  // Installed: /usr/bin/zimu and /usr/share/zimu/web. In the source tree: build/<preset>/bin/zimu and
  // web/dist.
  for (const fs::path& place : {folder / "../share/zimu/web", folder / "../../../web/dist"}) {
    std::error_code error;
    if (!fs::is_directory(place, error)) continue;
    config.web_root = fs::canonical(place, error);
    return;
  }
}

}  // namespace

Environment process_environment() {
  Environment environment;
  for (char** entry = ::environ; entry != nullptr && *entry != nullptr; ++entry) {
    const std::string_view text(*entry);
    const auto equals = text.find('=');
    if (equals == std::string_view::npos) continue;
    environment.emplace(text.substr(0, equals), text.substr(equals + 1));
  }
  return environment;
}

Result<Loaded> load(const Environment& environment, const std::map<std::string, std::string>& flags,
                    const fs::path& program) {
  for (const auto& [name, value] : environment) ZIMU_TRY_VOID(refuse_unknown(name));
  for (const auto& [name, value] : flags) ZIMU_TRY_VOID(refuse_unknown(name));
  Loaded loaded;
  std::vector<std::string> origins;
  for (const Row& row : kRows) {
    std::string origin = "default";
    const auto flag = flags.find(std::string(row.name));
    const auto variable = environment.find(std::string(row.name));
    if (flag != flags.end()) {
      ZIMU_TRY_VOID(row.read(row.name, flag->second, loaded.config));
      origin = flag_of(row.name);
    } else if (variable != environment.end() && !variable->second.empty()) {
      ZIMU_TRY_VOID(row.read(row.name, variable->second, loaded.config));
      origin = "environment";
    }
    origins.push_back(std::move(origin));
  }
  fill_defaults(loaded.config, program);
  for (std::size_t i = 0; i < kRows.size(); ++i) {
    loaded.settings.push_back({std::string(kRows[i].name), kRows[i].show(loaded.config), origins[i]});
  }
  return loaded;
}

}  // namespace zimu::config
