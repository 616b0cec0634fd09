#pragma once
#include <filesystem>
#include <string>

#include "app/job_service.hpp"

/// Where rendered films lie: `<uploads>/<recording>/renders/<job>.<ext>`, and while one is made in the folder `<job>.part`
/// beside. All of it goes with the recording's folder. Blocking; thread: any.
namespace zimu::app {

std::filesystem::path render_folder(const std::filesystem::path& uploads, const std::string& media_id);
std::filesystem::path render_work_folder(const std::filesystem::path& uploads, const domain::Job& job);
/// `job.result` must be there.
std::filesystem::path render_path(const std::filesystem::path& uploads, const domain::Job& job);
/// Whatever is left of a job that is gone.
void remove_render(const std::filesystem::path& uploads, const domain::Job& job);
/// At server start: unfinished work, and films whose job is gone or not done. How many things were removed.
Result<int> sweep_renders(const std::filesystem::path& uploads, JobService& jobs);

}  // namespace zimu::app
