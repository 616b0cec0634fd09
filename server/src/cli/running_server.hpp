#pragma once
#include <atomic>
#include <filesystem>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

#include "api/api.hpp"
#include "cli/sample.hpp"
#include "config/config.hpp"
#include "doctor/gpu_watch.hpp"
#include "http/server.hpp"
#include "models/pull_queue.hpp"
#include "models/registry.hpp"
#include "observe/metrics.hpp"
#include "storage/sqlite_store.hpp"
#include "supervisor/supervisor.hpp"

namespace zimu::cli {

/// Every part of the running server, in the order of construction; destroyed backwards. Thread: the caller's, but
/// `stop` any.
class RunningServer {
 public:
  RunningServer(const config::Config& config, std::unique_ptr<storage::SqliteStore> store);

  /// Takes up what an earlier run left, binds the port, starts the workers' slots.
  Result<> start(const std::filesystem::path& sample);
  std::uint16_t port() const { return server_->port(); }
  /// Blocks until `stop`; when it returns every worker has ended and every job is on disk.
  void serve();
  void stop();  ///< graceful; a second call stops at once

 private:
  Result<> take_up();
  void fill_context();
  Result<std::vector<api::ModelInfo>> list_models();
  std::vector<api::SystemCheck> system_checks();
  std::vector<api::WorkerInfo> workers() const;
  std::string metrics_text();
  http::ServerOptions http_options();
  void sweep_until(const std::stop_token& stop);

  const config::Config config_;
  std::unique_ptr<storage::SqliteStore> store_;
  app::EventBus bus_;
  app::MediaService media_;
  app::JobService jobs_;
  app::UploadService uploads_;
  app::SearchService search_;
  app::RevisionService revisions_;
  models::Registry registry_;
  models::PullQueue pulls_;
  observe::Metrics metrics_;
  supervisor::Supervisor supervisor_;
  std::stop_source downloads_stop_;
  doctor::GpuWatch gpu_watch_;
  http::BlockingPool pool_;
  api::Context context_;
  std::unique_ptr<http::Server> server_;
  std::jthread sweeper_;
  std::optional<Sample> sample_;
};

}  // namespace zimu::cli
