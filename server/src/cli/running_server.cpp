#include "cli/running_server.hpp"

#include <condition_variable>
#include <mutex>

#include "app/render_files.hpp"
#include "cli/model_store.hpp"
#include "cli/settings.hpp"
#include "cli/storage_sizes.hpp"
#include "doctor/doctor.hpp"
#include "observe/log.hpp"
#include "outbound/media_download.hpp"

namespace zimu::cli {
namespace {

constexpr std::size_t kPoolThreads = 8;
constexpr std::chrono::minutes kSweepEvery{10};

supervisor::Supervisor::Options supervisor_options(const config::Config& config, models::PullQueue& pulls,
                                                   observe::Metrics& metrics) {
  supervisor::Supervisor::Options options;
  options.worker_command = worker_command(config);
  options.workers = config.workers;
  options.threads = config.threads;
  options.device = config.device;
  options.model_idle = std::chrono::seconds(config.model_idle_seconds);
  options.metrics = &metrics;
  options.find_model = [&pulls](const std::string& name, const auto& on_wait) {
    return pulls.find(name, on_wait);
  };
  return options;
}

bool is_loopback(const std::string& address) { return address.starts_with("127.") || address == "::1"; }

}  // namespace

RunningServer::RunningServer(const config::Config& config, std::unique_ptr<storage::SqliteStore> store)
    : config_(config),
      store_(std::move(store)),
      media_(*store_, bus_, config.data_dir / "uploads"),
      jobs_(*store_, bus_),
      uploads_(*store_, media_, config.max_upload_bytes),
      search_(*store_),
      revisions_(*store_, bus_),
      registry_(config.model_dir),
      pulls_(registry_, pull_queue_options(config, bus_)),
      supervisor_(supervisor_options(config, pulls_, metrics_), jobs_, media_),
      pool_(kPoolThreads),
      context_{.pool = pool_, .media = media_, .jobs = jobs_, .uploads = uploads_, .search = search_, .revisions = revisions_, .bus = bus_} {
  media_.set_before_remove([this](const std::string& id) { jobs_.cancel_all_of(id); });
  jobs_.set_removed_hook([this](const domain::Job& job) { app::remove_render(media_.uploads_dir(), job); });
  fill_context();
}

Result<> RunningServer::take_up() {
  ZIMU_TRY(const auto check, media_.check_files());
  for (const auto& id : check.lost) log_warn("the file of recording {} is gone; it can no longer be played", id);
  for (const auto& folder : check.unknown_folders) log_warn("{} belongs to no recording; it is left alone", folder.string());
  ZIMU_TRY_VOID(jobs_.recover());
  if (const auto swept = uploads_.sweep(); swept && *swept > 0) log_info("removed {} expired uploads", *swept);
  return {};
}

http::ServerOptions RunningServer::http_options() {
  http::ServerOptions options;
  options.address = config_.listen_address;
  options.port = config_.listen_port;
  options.limits.upload_bytes = config_.max_upload_bytes;
  options.on_response = [this](const std::string& method, const std::string& pattern, int status,
                               std::chrono::microseconds took) {
    metrics_.http_response(method, pattern, status, took);
    log_debug("{} {} {} {} us", method, pattern, status, took.count());
  };
  options.on_error = [](const std::string& message) { log_error("{}", message); };
  return options;
}

Result<> RunningServer::start(const std::filesystem::path& sample) {
  ZIMU_TRY_VOID(take_up());
  http::Router router;
  api::add_routes(router, context_);
  ZIMU_TRY(server_, http::Server::create(http_options(), std::move(router), pool_));
  pulls_.start();
  gpu_watch_.start(config_.device, doctor::has_own_worker(config_));
  supervisor_.start();
  sweeper_ = std::jthread([this](const std::stop_token& stop) { sweep_until(stop); });
  if (!sample.empty()) sample_.emplace(*store_, media_, jobs_, sample, config_.model);
  return {};
}

void RunningServer::stop() {
  gpu_watch_.stop();
  downloads_stop_.request_stop();  // hours may be left of one; its client starts it again
  server_->stop();
}

void RunningServer::serve() {
  server_->run();
  sample_.reset();
  supervisor_.stop();
  pulls_.stop();
  sweeper_.request_stop();
  if (sweeper_.joinable()) sweeper_.join();
  if (const auto folded = store_->checkpoint(); !folded) log_warn("the database could not be folded: {}", folded.error().message);
}

void RunningServer::fill_context() {
  context_.version = version();
  context_.default_model = config_.model;
  context_.max_upload_bytes = config_.max_upload_bytes;
  context_.web_root = config_.web_root;
  context_.list_models = [this] { return list_models(); };
  context_.models = model_store(pulls_, config_);
  context_.storage = [this] { return measure_storage(config_); };
  context_.system_checks = [this] { return system_checks(); };
  context_.workers = [this] { return workers(); };
  context_.metrics_text = [this] { return metrics_text(); };
  context_.download = [this](const std::string& url, const std::filesystem::path& target) {
    outbound::DownloadOptions options;
    options.max_bytes = config_.max_upload_bytes;
    options.stop = downloads_stop_.get_token();
    return outbound::download_media(url, target, options);
  };
  context_.count_upload_bytes = [this](std::uint64_t bytes) { metrics_.add_upload_bytes(bytes); };
  context_.local_only = is_loopback(config_.listen_address);
  context_.ping = [this] { return store_->ping(); };
}

Result<std::vector<api::ModelInfo>> RunningServer::list_models() {
  ZIMU_TRY(const auto installed, registry_.list());
  std::vector<api::ModelInfo> out;
  for (const auto& model : installed) out.push_back({model.name, model.size_bytes, model.multilingual});
  return out;
}

std::vector<api::SystemCheck> RunningServer::system_checks() {
  doctor::Options options;
  options.gpu = &gpu_watch_;
  options.schema_version = store_->migration().to;
  options.model_stage = pulls_.stage().value_or("");
  std::vector<api::SystemCheck> out;
  for (const auto& check : doctor::run_checks(config_, options)) {
    const auto verdict = std::string(doctor::verdict_name(check.verdict()));
    auto& line = out.emplace_back(check.name, verdict, check.detail(), check.action(), check.seen());
    for (const auto& [of, code, text, fix] : check.findings)
      line.findings.push_back({code, std::string(doctor::verdict_name(of)), text, fix});
  }
  return out;
}

std::vector<api::WorkerInfo> RunningServer::workers() const {
  std::vector<api::WorkerInfo> out;
  for (auto& slot : supervisor_.status()) {
    out.push_back({slot.kind, static_cast<int>(slot.pid), slot.job_id, slot.engine, slot.memory_bytes, slot.device,
                   slot.model});
  }
  return out;
}

std::string RunningServer::metrics_text() {
  if (const auto counts = store_->count_jobs()) {
    for (const auto& [state, count] : *counts) metrics_.set_jobs(domain::job_state_name(state), count);
  }
  return metrics_.text();
}

void RunningServer::sweep_until(const std::stop_token& stop) {
  std::mutex mutex;
  std::condition_variable_any changed;
  std::unique_lock lock(mutex);
  while (!changed.wait_for(lock, stop, kSweepEvery, [] { return false; }) && !stop.stop_requested()) {
    if (const auto swept = uploads_.sweep(); !swept) log_warn("sweeping uploads: {}", swept.error().message);
  }
}

}  // namespace zimu::cli
