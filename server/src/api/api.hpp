#pragma once
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "app/job_service.hpp"
#include "app/media_service.hpp"
#include "app/revision_service.hpp"
#include "app/search_service.hpp"
#include "app/upload_service.hpp"
#include "http/blocking_pool.hpp"
#include "http/router.hpp"

namespace zimu::api {

struct ModelInfo {
  std::string name;
  std::uint64_t size_bytes = 0;
  bool multilingual = true;
};
/// A cause and its remedy. `code` is for programs and translations.
struct SystemFinding {
  std::string code;     ///< "data.read_only"
  std::string verdict;  ///< "degraded" | "broken"
  std::string text;
  std::string fix;
};
/// One line of `doctor`, also at GET /api/v1/system.
struct SystemCheck {
  std::string name;     ///< "data"
  std::string verdict;  ///< "good" | "degraded" | "broken"
  std::string detail;
  std::string action;
  std::string seen = {};  ///< `detail` without the causes
  std::vector<SystemFinding> findings = {};
};
struct WorkerInfo {
  std::string kind;
  int pid = 0;
  std::string job_id;
  std::string engine;
  std::uint64_t memory_bytes = 0;
  std::string device = {};  ///< that its last job was computed on; empty: not known
  std::string model = {};   ///< that it holds in memory; empty: none
};
/// Bytes on disk.
struct StorageSizes {
  std::uint64_t database = 0;
  std::uint64_t uploads = 0;
  std::uint64_t models = 0;
  std::uint64_t free = 0;  ///< on the data folder's file system
};
struct CatalogModel {
  std::string name;
  std::uint64_t download_bytes = 0;  ///< 0: not known
  bool multilingual = true;
};
/// The models' files. Every function may block and be empty.
struct ModelStore {
  std::vector<CatalogModel> catalog;
  bool offline = false;  ///< HF_HUB_OFFLINE
  std::function<std::vector<app::ModelPull>()> pulls;
  std::function<Result<app::ModelPull>(const std::string& name)> pull;
  std::function<Result<>(const std::string& name)> cancel_pull;
  std::function<Result<>(const std::string& name)> remove;
};

/// What the routes need. Owned by the caller and outliving the server; every function may block (called on the pool).
struct Context {
  http::BlockingPool& pool;
  app::MediaService& media;
  app::JobService& jobs;
  app::UploadService& uploads;
  app::SearchService& search;
  app::RevisionService& revisions;
  app::EventBus& bus;
  std::string version;
  std::string default_model;
  std::uint64_t max_upload_bytes = 0;
  std::filesystem::path web_root;   ///< empty: no web app is served
  std::function<Result<std::vector<ModelInfo>>()> list_models;
  ModelStore models = {};
  std::function<StorageSizes()> storage = {};
  std::function<std::vector<SystemCheck>()> system_checks;
  std::function<std::vector<WorkerInfo>()> workers;
  std::function<std::string()> metrics_text;
  /// Downloads a media file from a URL to `target`; bounded by max_upload_bytes; returns the suggested file name.
  std::function<Result<std::string>(const std::string& url, const std::filesystem::path& target)> download;
  std::function<Result<>()> ping;   ///< the database answers
  std::function<void(std::uint64_t)> count_upload_bytes;  ///< for metrics; called on the I/O thread, may be empty
  /// Listening on a loopback address only: requests under a foreign Host name are refused (api/guard.hpp).
  bool local_only = false;
};

/// Adds every route of docs/openapi.json and the web app. One file per resource in this folder.
void add_routes(http::Router& router, Context& context);

}  // namespace zimu::api
