#include "cli/serve_command.hpp"

#include <fcntl.h>
#include <sys/file.h>

#include <atomic>
#include <condition_variable>
#include <csignal>
#include <cstdio>
#include <mutex>
#include <optional>
#include <thread>

#include <fmt/format.h>

#include "api/api.hpp"
#include "base/file.hpp"
#include "cli/doctor.hpp"
#include "cli/exit_code.hpp"
#include "cli/interrupt.hpp"
#include "cli/sample.hpp"
#include "http/server.hpp"
#include "models/registry.hpp"
#include "observe/log.hpp"
#include "observe/metrics.hpp"
#include "outbound/media_download.hpp"
#include "storage/sqlite_store.hpp"
#include "supervisor/supervisor.hpp"

namespace zimu::cli {
namespace {

constexpr std::size_t kPoolThreads = 8;
constexpr std::chrono::minutes kSweepEvery{10};

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

/// Two servers on one data folder would run the same jobs twice.
Result<UniqueFd> lock_data_folder(const std::filesystem::path& data_dir) {
  const auto path = data_dir / "zimu.lock";
  ZIMU_TRY(auto fd, open_file(path, O_RDWR | O_CREAT));
  if (::flock(fd.get(), LOCK_EX | LOCK_NB) != 0) {
    return fail(ErrorCode::kConflict, fmt::format("another Zimu works on {} already", data_dir.string()),
                "stop it first, or give this one another ZIMU_DATA_DIR");
  }
  return fd;
}

Result<std::unique_ptr<storage::SqliteStore>> open_store(const config::Config& config) {
  ZIMU_TRY_VOID(make_directories(config.data_dir));
  ZIMU_TRY_VOID(make_directories(config.data_dir / "uploads" / "incoming"));
  ZIMU_TRY_VOID(make_directories(config.model_dir));
  storage::OpenOptions options;
  options.path = config.data_dir / "zimu.db";
  options.journal_mode = config.journal_mode;
  options.backups_dir = config.data_dir / "backups";
  return storage::SqliteStore::open(options);
}

supervisor::Supervisor::Options supervisor_options(const config::Config& config, const models::Registry& registry) {
  supervisor::Supervisor::Options options;
  options.worker_command = worker_command(config);
  options.workers = config.workers;
  options.threads = config.threads;
  options.device = config.device;
  options.model_idle = std::chrono::seconds(config.model_idle_seconds);
  options.find_model = [&registry](const std::string& name) -> Result<std::filesystem::path> {
    ZIMU_TRY(const auto model, registry.find(name));
    return model.path;
  };
  return options;
}

/// Every part of the running server, in the order of construction; destroyed backwards.
class Running {
 public:
  explicit Running(const config::Config& config, std::unique_ptr<storage::SqliteStore> store)
      : config_(config),
        store_(std::move(store)),
        media_(*store_, bus_, config.data_dir / "uploads"),
        jobs_(*store_, bus_),
        uploads_(*store_, media_, config.max_upload_bytes),
        registry_(config.model_dir),
        supervisor_(supervisor_options(config, registry_), jobs_, media_),
        pool_(kPoolThreads),
        context_{pool_, media_, jobs_, uploads_, bus_} {
    media_.set_before_remove([this](const std::string& id) { jobs_.cancel_all_of(id); });
    fill_context();
  }

  Result<> start(const std::filesystem::path& sample) {
    ZIMU_TRY_VOID(jobs_.recover());
    if (const auto swept = uploads_.sweep(); swept && *swept > 0) log_info("removed {} expired uploads", *swept);
    http::Router router;
    api::add_routes(router, context_);
    http::ServerOptions options;
    options.address = config_.listen_address;
    options.port = config_.listen_port;
    options.limits.upload_bytes = config_.max_upload_bytes;
    options.on_response = [this](const std::string& method, const std::string& pattern, int status,
                                 std::chrono::microseconds took) {
      metrics_.http_response(method, pattern, status, took);
      log_debug("{} {} {} {} us", method, pattern, status, took.count());
    };
    ZIMU_TRY(server_, http::Server::create(std::move(options), std::move(router), pool_));
    supervisor_.start();
    sweeper_ = std::jthread([this](const std::stop_token& stop) { sweep_until(stop); });
    if (!sample.empty()) sample_.emplace(*store_, media_, jobs_, sample, config_.model);
    return {};
  }

  void serve() {
    std::atomic<bool> ended{false};
    std::jthread signals([this, &ended] {
      for (int count = 1; wait_for_signal(), !ended; ++count) {
        log_info("{}", count == 1 ? "stopping; running jobs go on at the next start" : "second signal: stopping now");
        server_->stop();
      }
    });
    server_->run();
    sample_.reset();
    supervisor_.stop();
    sweeper_.request_stop();
    ended = true;
    ::pthread_kill(signals.native_handle(), SIGTERM);  // wakes wait_for_signal; the signal itself is blocked
  }

  std::uint16_t port() const { return server_->port(); }

 private:
  void fill_context() {
    context_.version = version();
    context_.default_model = config_.model;
    context_.max_upload_bytes = config_.max_upload_bytes;
    context_.web_root = config_.web_root;
    context_.list_models = [this] { return list_models(); };
    context_.system_checks = [this] {
      std::vector<api::SystemCheck> out;
      for (auto& check : run_checks(config_)) out.push_back({check.name, check.verdict, check.detail, check.action});
      return out;
    };
    context_.workers = [this] {
      std::vector<api::WorkerInfo> out;
      for (auto& slot : supervisor_.status()) {
        out.push_back({slot.kind, static_cast<int>(slot.pid), slot.job_id, slot.engine, slot.memory_bytes});
      }
      return out;
    };
    context_.metrics_text = [this] { return metrics_.text(); };
    context_.download = [this](const std::string& url, const std::filesystem::path& target) {
      return outbound::download_media(url, target, config_.max_upload_bytes);
    };
    context_.ping = [this] { return store_->ping(); };
  }

  Result<std::vector<api::ModelInfo>> list_models() {
    ZIMU_TRY(const auto installed, registry_.list());
    std::vector<api::ModelInfo> out;
    for (const auto& model : installed) out.push_back({model.name, model.size_bytes, model.multilingual});
    return out;
  }

  void sweep_until(const std::stop_token& stop) {
    std::mutex mutex;
    std::condition_variable_any changed;
    std::unique_lock lock(mutex);
    while (!changed.wait_for(lock, stop, kSweepEvery, [] { return false; }) && !stop.stop_requested()) {
      if (const auto swept = uploads_.sweep(); !swept) log_warn("sweeping uploads: {}", swept.error().message);
    }
  }

  const config::Config config_;
  std::unique_ptr<storage::SqliteStore> store_;
  app::EventBus bus_;
  app::MediaService media_;
  app::JobService jobs_;
  app::UploadService uploads_;
  models::Registry registry_;
  observe::Metrics metrics_;
  supervisor::Supervisor supervisor_;
  http::BlockingPool pool_;
  api::Context context_;
  std::unique_ptr<http::Server> server_;
  std::jthread sweeper_;
  std::optional<Sample> sample_;
};

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
  init_logging(config.log_level, config.log_format);
  if (auto made = make_directories(config.data_dir); !made) {
    report(made.error());
    return kExitCannotCreate;
  }
  const auto lock = lock_data_folder(config.data_dir);
  if (!lock) return report(lock.error());
  auto store = open_store(config);
  if (!store) return report(store.error());

  Running running(config, std::move(*store));
  if (auto started = running.start(arguments.sample); !started) return report(started.error());
  const std::string host = config.listen_address == "0.0.0.0" || config.listen_address == "::" ? "127.0.0.1" : config.listen_address;
  fmt::print("Zimu is at http://{}:{} (Ctrl-C stops it)\n", host.find(':') != std::string::npos ? "[" + host + "]" : host,
             running.port());
  std::fflush(stdout);
  running.serve();
  log_info("stopped");
  return kExitOk;
}

}  // namespace zimu::cli
