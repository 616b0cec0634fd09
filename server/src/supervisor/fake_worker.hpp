#pragma once
#include <sys/types.h>

#include <cstddef>
#include <filesystem>
#include <string>
#include <vector>

/// For tests only: real worker programs, written as small Python scripts that speak the protocol on fd 3
/// and 4.
namespace zimu::supervisor::testing {

/// A folder of its own that goes away at the end.
class ScratchFolder {
 public:
  ScratchFolder();
  ~ScratchFolder();
  ScratchFolder(const ScratchFolder&) = delete;
  ScratchFolder& operator=(const ScratchFolder&) = delete;
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

/// The command that runs `body` after a prelude with: emit(type, **fields), hello(), requests() (a generator
/// of dicts), window(job, index, text) of 10 s windows, done(job), failed(job, code, …), die(signal), and
/// `here`, the folder.
std::vector<std::string> python_worker(const ScratchFolder& folder, const std::string& name,
                                       const std::string& body);

/// Children of this process that have ended and were not waited for.
int zombie_children();
/// Children of this process, ended or not.
int all_children();
std::size_t open_fds();
bool process_exists(pid_t pid);

}  // namespace zimu::supervisor::testing
