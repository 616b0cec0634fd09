#pragma once
#include <fmt/format.h>

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "api/api.hpp"
#include "http/testing/live_server.hpp"
#include "http/testing/raw_client.hpp"
#include "storage/test_support.hpp"

/// For the tests of forms and of OpenAI's API: the parts under the routes, real ones, where the test is the supervisor.
namespace zimu::api::testing {

constexpr std::uint64_t kMaxUpload = 256U << 20U;

/// Everything below the routes. Owner: the test; it outlives the server.
class Parts {
 public:
  explicit Parts(const std::filesystem::path& folder)
      : store(storage::testing::open_store(folder)),
        media(*store, bus, folder / "uploads"),
        jobs(*store, bus),
        uploads(*store, media, kMaxUpload),
        search(*store),
        revisions(*store, bus),
        pool(2),
        context{.pool = pool, .media = media, .jobs = jobs, .uploads = uploads, .search = search, .revisions = revisions,
                .bus = bus, .default_model = "base"} {
    context.list_models = [this]() -> Result<std::vector<ModelInfo>> { return models; };
  }

  std::vector<std::filesystem::path> incoming() const {
    std::vector<std::filesystem::path> found;
    std::error_code ec;
    for (const auto& entry : std::filesystem::directory_iterator(media.uploads_dir() / "incoming", ec)) {
      found.push_back(entry.path());
    }
    return found;
  }
  std::vector<domain::Media> recordings() { return storage::testing::must(media.list({})).items; }
  std::vector<domain::Job> all_jobs() { return storage::testing::must(jobs.list({})).items; }
  /// The next queued job, as a worker's slot gets it.
  domain::Job claim() {
    auto job = storage::testing::must(jobs.claim(std::chrono::seconds(20)));
    if (!job) throw std::runtime_error("no job was queued");
    return *job;
  }
  /// What a worker does: two windows with two segments each.
  void transcribe(const domain::Job& job, std::int64_t windows = 2) {
    domain::MediaInfo info;
    info.duration = Milliseconds(windows * 30'000);
    ASSERT_OK(jobs.media_found(job.id, info));
    ASSERT_OK(jobs.language_found(job.id, "en", 0.99F));
    for (std::int64_t index = 0; index < windows; ++index) {
      ASSERT_OK(jobs.commit(job.id, storage::testing::sample_window(index)));
    }
    ASSERT_OK(jobs.finish(job.id));
  }

  app::EventBus bus;
  std::unique_ptr<storage::SqliteStore> store;
  app::MediaService media;
  app::JobService jobs;
  app::UploadService uploads;
  app::SearchService search;
  app::RevisionService revisions;
  http::BlockingPool pool;
  std::vector<ModelInfo> models{{"base", 1, true}, {"tiny.en", 1, false}};
  Context context;
};

using Fields = std::vector<std::pair<std::string, std::string>>;
constexpr const char* kBoundary = "zimu-test-boundary";

inline std::string part(const std::string& disposition, const std::string& body) {
  return fmt::format("--{}\r\nContent-Disposition: form-data; {}\r\n\r\n{}\r\n", kBoundary, disposition, body);
}
inline std::string field(const std::string& name, const std::string& value) {
  return part(fmt::format("name=\"{}\"", name), value);
}
inline std::string file(const std::string& content, const std::string& name = "file",
                        const std::string& file_name = "talk.mp3") {
  return part(fmt::format("name=\"{}\"; filename=\"{}\"", name, file_name), content);
}
inline std::string closing() { return fmt::format("--{}--\r\n", kBoundary); }

inline std::string post(const std::string& path, const std::string& body, const std::string& more_headers = "") {
  return fmt::format(
      "POST {} HTTP/1.1\r\nHost: a\r\nContent-Type: multipart/form-data; boundary={}\r\nContent-Length: {}\r\n"
      "{}\r\n{}",
      path, kBoundary, body.size(), more_headers, body);
}

}  // namespace zimu::api::testing
