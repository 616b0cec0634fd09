#pragma once
#include <deque>
#include <mutex>

#include "supervisor/context.hpp"
#include "supervisor/render_command.hpp"
#include "supervisor/spawn.hpp"

namespace zimu::supervisor {

/// Takes render jobs from the queue: subtitles as a file, ffmpeg in a process group of its own, the film renamed into its
/// place (app/render_files.hpp). Cancelled, stopped or failed, nothing stays; a job that the server's end cut short is
/// made again from the start. Thread: `run` on its own; `status` any.
class RenderSlot {
 public:
  explicit RenderSlot(Context& context) : context_(context) {}
  void run();  ///< until the stop signal; first clears away what an earlier run left
  /// nullopt while there is no job.
  std::optional<Supervisor::SlotStatus> status() const;

 private:
  /// The last lines in which ffmpeg said what is wrong, and what libass said about fonts.
  struct Said {
    std::deque<std::string> errors;
    bool font_chosen = false;    ///< libass has said which font it takes; what it says later is about single characters
    std::string font;            ///< asked for and not there
    std::string no_glyph;        ///< "U+4E2D": a letter that no font has
  };

  void clear_away();
  Result<domain::RenderResult> render(const domain::Job& job);
  Result<domain::PictureSize> picture_of(const domain::Media& media, const std::string& path);
  Result<> run_program(const domain::Job& job, const domain::Media& media, const std::vector<std::string>& command);
  Error explain(const domain::Job& job, const domain::Media& media, const Ending& ending, const Said& said) const;
  void listen(const domain::Job& job, std::string_view line, Said& said) const;
  void settle(const domain::Job& job, Result<domain::RenderResult> made);
  bool wanted_away(const domain::Job& job) const;

  Context& context_;
  mutable std::mutex mutex_;  ///< guards what follows
  std::string job_id_;
  pid_t pid_ = 0;
};

}  // namespace zimu::supervisor
