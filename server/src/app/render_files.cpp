#include "app/render_files.hpp"

#include "app/file_name.hpp"
#include "base/check.hpp"
#include "base/uuid.hpp"

namespace zimu::app {

namespace fs = std::filesystem;

fs::path render_folder(const fs::path& uploads, const std::string& media_id) { return uploads / media_id / "renders"; }

fs::path render_work_folder(const fs::path& uploads, const domain::Job& job) {
  return render_folder(uploads, job.media_id) / (job.id + ".part");
}

fs::path render_path(const fs::path& uploads, const domain::Job& job) {
  ZIMU_CHECK(job.result);
  return render_folder(uploads, job.media_id) / (job.id + stored_extension(job.result->file_name));
}

void remove_render(const fs::path& uploads, const domain::Job& job) {
  if (job.kind != domain::JobKind::kRender) return;
  std::error_code ec;
  for (fs::directory_iterator entry(render_folder(uploads, job.media_id), ec), end; !ec && entry != end; entry.increment(ec)) {
    std::error_code ignored;  // what cannot be removed now is swept at the next start
    if (entry->path().stem() == job.id) fs::remove_all(entry->path(), ignored);
  }
}

Result<int> sweep_renders(const fs::path& uploads, JobService& jobs) {
  int removed = 0;
  std::error_code ec;
  for (fs::directory_iterator media(uploads, ec), no_media; !ec && media != no_media; media.increment(ec)) {
    if (!is_uuid(media->path().filename().string())) continue;
    std::error_code none;
    for (fs::directory_iterator entry(media->path() / "renders", none), end; !none && entry != end; entry.increment(none)) {
      const fs::path path = entry->path();
      const std::string id = path.stem().string();
      if (!is_uuid(id)) continue;
      bool wanted = false;
      if (path.extension() != ".part") {
        const auto job = jobs.get(id);
        if (!job && job.error().code != ErrorCode::kNotFound) return std::unexpected(job.error());
        wanted = job && job->result;
      }
      std::error_code failed;
      if (!wanted && fs::remove_all(path, failed) > 0 && !failed) ++removed;
    }
  }
  return removed;
}

}  // namespace zimu::app
