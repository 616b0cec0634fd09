#include "cli/serve_command.hpp"

#include <atomic>
#include <csignal>
#include <cstdio>
#include <thread>

#include <fmt/format.h>

#include "base/file.hpp"
#include "cli/data_folder.hpp"
#include "cli/exit_code.hpp"
#include "cli/interrupt.hpp"
#include "cli/running_server.hpp"
#include "observe/log.hpp"

namespace zimu::cli {
namespace {

/// SIGINT and SIGTERM are taken by one thread alone (wait_for_signal); every thread inherits this mask.
void block_signals() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGINT);
  sigaddset(&set, SIGTERM);
  ::pthread_sigmask(SIG_BLOCK, &set, nullptr);
  std::signal(SIGPIPE, SIG_IGN);
}

void print_config(const config::Loaded& loaded) {
  for (const auto& setting : loaded.settings) fmt::print("{}={}  # {}\n", setting.name, setting.value, setting.origin);
}

Result<std::unique_ptr<storage::SqliteStore>> open_store(const config::Config& config) {
  ZIMU_TRY_VOID(make_directories(config.data_dir));
  ZIMU_TRY_VOID(make_directories(config.data_dir / "uploads" / "incoming"));
  ZIMU_TRY_VOID(make_directories(config.model_dir));
  storage::OpenOptions options = store_options(config);
  options.exclusive = true;  // two servers on one data folder would run the same jobs twice
  return storage::SqliteStore::open(options);
}

std::string address_for_people(const config::Config& config, std::uint16_t port) {
  const bool every_interface = config.listen_address == "0.0.0.0" || config.listen_address == "::";
  const std::string host = every_interface ? "127.0.0.1" : config.listen_address;
  return host.find(':') != std::string::npos ? fmt::format("http://[{}]:{}", host, port) : fmt::format("http://{}:{}", host, port);
}

void serve_until_signal(RunningServer& server) {
  std::atomic<bool> ended{false};
  std::jthread signals([&server, &ended] {
    for (int count = 1; wait_for_signal(), !ended; ++count) {
      log_info("{}", count == 1 ? "stopping; running jobs go on at the next start" : "second signal: stopping now");
      server.stop();
    }
  });
  server.serve();
  ended = true;
  ::pthread_kill(signals.native_handle(), SIGTERM);  // wakes wait_for_signal; the signal itself is blocked
}

}  // namespace

int serve_command(const ServeArguments& arguments) {
  block_signals();
  const auto loaded = load_settings(arguments.overrides);
  if (!loaded) return report(loaded.error());
  if (arguments.print_config) {
    print_config(*loaded);
    return kExitOk;
  }
  const config::Config& config = loaded->config;
  if (auto logging = observe::start_logging(config.log_level, config.log_format); !logging) return report(logging.error());
  auto store = open_store(config);
  if (!store) {
    const int code = report(store.error());
    return store.error().code == ErrorCode::kPermission || store.error().code == ErrorCode::kNotFound ? kExitCannotCreate : code;
  }
  const auto& journal = (*store)->journal();
  log_info("database {}: journal {} ({})", (config.data_dir / "zimu.db").string(), storage::journal_mode_name(journal.mode),
           journal.reason);
  if (journal.warn) log_warn("{} → {}", journal.reason, journal.action);

  RunningServer server(config, std::move(*store));
  if (auto started = server.start(arguments.sample); !started) return report(started.error());
  fmt::print("Zimu is at {} (Ctrl-C stops it)\n", address_for_people(config, server.port()));
  std::fflush(stdout);
  serve_until_signal(server);
  log_info("stopped");
  return kExitOk;
}

}  // namespace zimu::cli
