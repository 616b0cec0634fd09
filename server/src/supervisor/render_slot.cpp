#include "supervisor/render_slot.hpp"

#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstdint>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "app/render_files.hpp"
#include "base/ascii.hpp"
#include "base/file.hpp"
#include "base/utf8.hpp"
#include "observe/log.hpp"
#include "observe/metrics.hpp"
#include "supervisor/ffmpeg.hpp"
#include "supervisor/worker_process.hpp"

namespace zimu::supervisor {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kKeptErrors = 3;
constexpr std::size_t kMaxErrorLine = 300;
constexpr std::uint64_t kFullBelow = 4U << 20U;  // with less room than this a failure is the disk's
constexpr std::size_t kMaxTitleInName = 200;

/// One folder, in a folder that is there: a recording that is just being deleted is not made anew.
Result<> make_folder(const fs::path& path) {
  if (::mkdir(path.c_str(), 0755) == 0 || errno == EEXIST) return {};
  return std::unexpected(error_from_errno(errno, fmt::format("cannot make the folder {}", path.string())));
}

Result<> flush(const fs::path& path, int flags) {
  ZIMU_TRY(const UniqueFd fd, open_file(path, flags));
  if (::fsync(fd.get()) == 0) return {};
  return std::unexpected(error_from_errno(errno, fmt::format("cannot flush {}", path.string())));
}

/// Goes away with its scope, whatever happened.
class WorkFolder {
 public:
  static Result<std::unique_ptr<WorkFolder>> make(const fs::path& path) {
    ZIMU_TRY_VOID(make_folder(path.parent_path()));
    std::error_code ec;
    fs::remove_all(path, ec);
    ZIMU_TRY_VOID(make_folder(path));
    return std::unique_ptr<WorkFolder>(new WorkFolder(path));
  }
  ~WorkFolder() {
    std::error_code ec;
    fs::remove_all(path_, ec);
  }
  WorkFolder(const WorkFolder&) = delete;
  WorkFolder& operator=(const WorkFolder&) = delete;
  const fs::path& path() const { return path_; }

 private:
  explicit WorkFolder(fs::path path) : path_(std::move(path)) {}
  fs::path path_;
};

Result<std::uint64_t> put_in_place(const fs::path& film, const fs::path& target) {
  ZIMU_TRY_VOID(flush(film, O_RDONLY));
  std::error_code ec;
  const auto size = fs::file_size(film, ec);
  if (ec || size == 0) return fail(ErrorCode::kInternal, "ffmpeg ended well and wrote nothing");
  if (::rename(film.c_str(), target.c_str()) != 0) {
    return std::unexpected(error_from_errno(errno, fmt::format("cannot rename {}", film.string())));
  }
  ZIMU_TRY_VOID(flush(target.parent_path(), O_RDONLY | O_DIRECTORY));
  return size;
}

std::string without_blanks(std::string_view name) {
  std::string out;
  for (const char c : name) {
    if (c != ' ' && c != '-') out += ascii_lower(c);
  }
  return out;
}

/// Whether the style names a font that must be there: the usual one may be any sans serif, and of names that are not
/// ASCII it cannot be told.
bool is_chosen_font(const std::string& font) {
  return font != domain::RenderStyle{}.font && std::ranges::all_of(font, [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

/// Letters that somebody would miss; not the signs, pictures and invisible marks that few fonts have.
bool is_letter(std::uint32_t c) {
  return (c >= 0x41 && c < 0x2000) || (c >= 0x2C00 && c < 0xD800) || (c >= 0xF900 && c < 0xFB00) ||
         (c >= 0x10000 && c < 0x1D000) || (c >= 0x20000 && c < 0x40000);
}

}  // namespace

void RenderSlot::clear_away() {
  const auto& uploads = context_.media.uploads_dir();
  if (const int ended = end_processes_in(uploads); ended > 0) {
    log_warn("{} ffmpeg processes of an earlier run were ended", ended);
  }
  const auto swept = app::sweep_renders(uploads, context_.jobs);
  if (!swept) log_warn("renders cannot be tidied up: {}", swept.error().message);
  if (swept && *swept > 0) log_info("removed {} unfinished or forgotten renders", *swept);
}

void RenderSlot::run() {
  clear_away();
  while (!context_.stop.raised()) {
    const auto job = context_.jobs.claim(kTick, domain::JobKind::kRender);
    if (!job) {
      log_error("cannot take a render job from the queue: {}", job.error().message);
      context_.stop.wait_for(kTick);
      continue;
    }
    if (!*job) continue;
    {
      const std::lock_guard lock(mutex_);
      job_id_ = (*job)->id;
    }
    settle(**job, render(**job));
    const std::lock_guard lock(mutex_);
    job_id_.clear();
    pid_ = 0;
  }
}

bool RenderSlot::wanted_away(const domain::Job& job) const {
  return context_.stop.raised() || context_.jobs.cancel_requested(job.id) || context_.jobs.pause_requested(job.id);
}

Result<domain::PictureSize> RenderSlot::picture_of(const domain::Media& media, const std::string& path) {
  domain::PictureSize picture = kBlackPicture;
  if (!media.info.has_video) return picture;
  for (const auto& stream : media.info.streams) {
    if (stream.kind != "video" || stream.width <= 0 || stream.height <= 0) continue;
    picture = {stream.width, stream.height};
    break;
  }
  // Telephones film lying down and say how to turn it, which ffmpeg does.
  int rotation = 0;
  FfmpegCall call;
  call.command = picture_command("ffprobe", path);
  call.folder = context_.media.uploads_dir();
  call.on_line = [&](std::string_view line) { read_picture_line(line, picture, rotation); };
  call.give_up = [this] { return context_.stop.raised(); };
  if (auto asked = run_ffmpeg(call); !asked) log_warn("the picture's size is taken as it is stored: {}", asked.error().message);
  if (rotation % 180 != 0) std::swap(picture.width, picture.height);
  return picture;
}

Result<domain::RenderResult> RenderSlot::render(const domain::Job& job) {
  ZIMU_TRY(const auto media, context_.media.get(job.media_id));
  ZIMU_TRY(const auto transcript, context_.jobs.transcript(job.transcript_id, true));
  const auto& uploads = context_.media.uploads_dir();
  ZIMU_TRY(const auto work, WorkFolder::make(fs::absolute(app::render_work_folder(uploads, job))));
  RenderInput input;
  input.media_path = fs::absolute(context_.media.content_path(media)).string();
  input.language = transcript.task == domain::Task::kTranslate ? "en" : transcript.language;
  input.track_title = transcript.title;
  input.threads = context_.options.threads;
  ZIMU_TRY(input.picture, picture_of(media, input.media_path));
  if (wants_ass(*job.render)) {
    ZIMU_TRY(const auto ass, domain::render_ass(transcript, *job.render, input.picture));
    ZIMU_TRY_VOID(write_file_atomic(work->path() / kAssFile, ass));
  } else {
    const bool flat = job.render->container == domain::RenderContainer::kMp4;
    ZIMU_TRY(const auto srt, domain::render_srt(transcript, *job.render, flat));
    ZIMU_TRY_VOID(write_file_atomic(work->path() / kSrtFile, srt));
  }
  const std::string extension(domain::render_extension(*job.render, media.info.has_video));
  const std::string film = "film." + extension;
  ZIMU_TRY_VOID(run_program(job, media, render_command(context_.options.ffmpeg, *job.render, media.info, input, film)));
  domain::RenderResult result;
  result.file_name = fmt::format("{}.{}", utf8_prefix(transcript.title, kMaxTitleInName), extension);
  result.content_type = domain::render_content_type(extension);
  const fs::path target = app::render_folder(fs::absolute(uploads), media.id) / (job.id + "." + extension);
  ZIMU_TRY(result.size_bytes, put_in_place(work->path() / film, target));
  return result;
}

Result<> RenderSlot::run_program(const domain::Job& job, const domain::Media& media, const std::vector<std::string>& command) {
  Said said;
  const Milliseconds total = job.duration.count() > 0 ? job.duration : media.info.duration;
  FfmpegCall call;
  call.command = command;
  call.folder = fs::absolute(app::render_work_folder(context_.media.uploads_dir(), job));
  call.on_start = [this, &job](pid_t pid) {
    log_info("job {} is rendered by process {}", job.id, pid);
    const std::lock_guard lock(mutex_);
    pid_ = pid;
  };
  call.on_progress = [this, &job, total](Milliseconds done, double speed) {
    context_.jobs.progressed(job.id, "rendering", std::min(done, total), total, speed, "cpu");
  };
  call.on_line = [this, &job, &said](std::string_view line) { listen(job, line, said); };
  call.give_up = [this, &job, &said] { return wanted_away(job) || !said.font.empty() || !said.no_glyph.empty(); };
  const auto ended = run_ffmpeg(call);
  if (!ended && ended.error().code != ErrorCode::kCancelled) return std::unexpected(ended.error());
  // Given up for a pause that may be taken back by now, unless a font was the reason.
  const bool given_up = !ended && said.font.empty() && said.no_glyph.empty();
  if (given_up || wanted_away(job)) return fail(ErrorCode::kCancelled, "the render was stopped");
  const Ending ending = ended.value_or(Ending{});
  if (ended && !ending.by_signal && ending.code == 0) return {};
  return std::unexpected(explain(job, media, ending, said));
}

/// "[Parsed_ass_0 @ 0x55d0] [error] text": only what is wrong is kept, and of that little.
void RenderSlot::listen(const domain::Job& job, std::string_view line, Said& said) const {
  constexpr std::string_view kNoGlyph = "failed to find any fallback with glyph ";
  // "fontselect: (Noto Sans, 400, 0) -> DejaVuSans, 0, DejaVuSans"
  const std::string font = job.render->style.value_or(domain::RenderStyle{}).font;
  const auto arrow = line.find("-> ");
  if (!said.font_chosen && arrow != std::string_view::npos && line.find(fmt::format("fontselect: ({},", font)) != std::string_view::npos) {
    said.font_chosen = true;
    const bool same = without_blanks(line.substr(arrow)).find(without_blanks(font)) != std::string::npos;
    if (!same && is_chosen_font(font)) said.font = font;
  }
  if (const auto at = line.find(kNoGlyph); at != std::string_view::npos) {
    const std::string_view digits = line.substr(std::min(line.size(), at + kNoGlyph.size() + 2));  // "0x4E2D for font …"
    std::uint32_t glyph = 0;
    std::from_chars(digits.data(), digits.data() + digits.size(), glyph, 16);
    if (is_letter(glyph)) said.no_glyph = fmt::format("U+{:04X}", glyph);
  }
  for (const std::string_view level : {"[error] ", "[fatal] "}) {
    const auto at = line.find(level);
    if (at == std::string_view::npos) continue;
    said.errors.emplace_back(utf8_prefix(line.substr(at + level.size()), kMaxErrorLine));
    if (said.errors.size() > kKeptErrors) said.errors.pop_front();
  }
}

Error RenderSlot::explain(const domain::Job& job, const domain::Media& media, const Ending& ending, const Said& said) const {
  if (!said.font.empty()) {
    return {ErrorCode::kUnavailable, fmt::format("the font '{}' is not installed on the server", said.font),
            "choose another font, or install it (`fc-list : family` names those that are there), then render again"};
  }
  if (!said.no_glyph.empty()) {
    return {ErrorCode::kUnavailable, fmt::format("no font on the server has the character {}", said.no_glyph),
            "install one that has (Debian: fonts-noto-core, for Chinese, Japanese and Korean fonts-noto-cjk), then retry"};
  }
  const std::string words = with_name(fmt::format("{}", fmt::join(said.errors, "; ")),
                                      "file:" + fs::absolute(context_.media.content_path(media)).string(), media.file_name);
  const auto room = free_bytes(context_.media.uploads_dir());
  if (words.find("No space left on device") != std::string::npos || (room && *room < kFullBelow)) {
    return {ErrorCode::kNoSpace, fmt::format("the disk is full: {} cannot be rendered", media.file_name),
            "make room; the job goes on by itself"};
  }
  if (ending.by_signal) {
    return {ErrorCode::kWorkerCrashed,
            fmt::format("ffmpeg was killed by {} while it rendered {}", WorkerProcess::signal_name(ending.code), media.file_name),
            ending.code == SIGKILL ? "the system may be out of memory: give it more, then retry" : "retry, or look at the server's log"};
  }
  if (words.find("No such filter: 'ass'") != std::string::npos || words.find("Unknown encoder 'libx264'") != std::string::npos) {
    return {ErrorCode::kUnavailable, fmt::format("this ffmpeg cannot draw subtitles: {}", words),
            "install an FFmpeg with libass and libx264 (Debian: apt install ffmpeg), then retry"};
  }
  return {ErrorCode::kBadMedia,
          fmt::format("ffmpeg could not render {}: {}", media.file_name, words.empty() ? fmt::format("exit status {}", ending.code) : words),
          job.render->container == domain::RenderContainer::kMp4 ? "try mkv, which takes more kinds of streams" : "check that the file plays"};
}

void RenderSlot::settle(const domain::Job& job, Result<domain::RenderResult> made) {
  if (!made) {
    const Error& why = made.error();
    if (why.code == ErrorCode::kNoSpace) log_warn("render job {} waits: {}", job.id, why.message);
    else if (why.code != ErrorCode::kCancelled) log_warn("render job {} failed: {}", job.id, why.message);
  }
  const auto report = [&]() -> Result<> {
    if (made) {
      auto finished = context_.jobs.finish_render(job.id, *made);
      if (!finished && finished.error().code == ErrorCode::kNotFound) {
        app::remove_render(context_.media.uploads_dir(), job);  // deleted while it was made
      }
      return finished;
    }
    const Error& why = made.error();
    if (context_.jobs.cancel_requested(job.id)) return context_.jobs.cancelled(job.id);
    // After a pause too: requeue knows of it.
    if (wanted_away(job) || why.code == ErrorCode::kCancelled) return context_.jobs.requeue(job.id);
    const domain::JobFailure failure{why.code, why.message, why.action, why.code != ErrorCode::kBadMedia};
    return why.code == ErrorCode::kNoSpace ? context_.jobs.pause(job.id, failure) : context_.jobs.fail(job.id, failure);
  };
  report_until_stored(context_, fmt::format("the end of render job {}", job.id), report);
}

std::optional<Supervisor::SlotStatus> RenderSlot::status() const {
  const std::lock_guard lock(mutex_);
  if (job_id_.empty()) return std::nullopt;
  Supervisor::SlotStatus status{.kind = "render", .pid = pid_, .job_id = job_id_, .engine = "ffmpeg"};
  if (pid_ > 0) status.memory_bytes = observe::resident_bytes(pid_);
  status.device = "cpu";
  return status;
}

}  // namespace zimu::supervisor
