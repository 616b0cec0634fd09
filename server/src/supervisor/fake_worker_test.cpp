#include "supervisor/fake_worker.hpp"

#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <cstdio>
#include <fstream>

#include "base/file.hpp"
#include "base/uuid.hpp"

namespace zimu::supervisor::testing {
namespace {

namespace fs = std::filesystem;

constexpr const char* kPrelude = R"py(
import json, os, signal, sys, time
here = os.path.dirname(os.path.abspath(__file__))
_requests = os.fdopen(3, 'r', encoding='utf-8')
def emit(type, **fields):
    data = (json.dumps({'v': 1, 'type': type, **fields}) + '\n').encode()
    while data:
        data = data[os.write(4, data):]
def hello():
    emit('hello', pid=os.getpid(), engine='fake 1', devices=['cpu'], features=['words', 'inspect'])
def requests():
    for line in _requests:
        yield json.loads(line)
def window(job, index, text, **more):
    start = index * 10000
    emit('window', job=job, window={'index': index, 'start_ms': start, 'end_ms': start + 10000, 'segments': [
        {'index': index, 'start_ms': start + 500, 'end_ms': start + 9000, 'text': text}], **more})
def media(job, duration_ms=40000):
    emit('media', job=job, audio_stream=0, info={'format': 'wav', 'duration_ms': duration_ms, 'streams': [
        {'index': 0, 'kind': 'audio', 'codec': 'pcm_s16le', 'channels': 1, 'sample_rate_hz': 16000, 'default': True}]})
def done(job, **more):
    emit('done', job=job, device='cpu', **more)
def failed(job, code, message='it failed', action='do something', retryable=False):
    emit('failed', job=job, code=code, message=message, action=action, retryable=retryable)
def die(number=signal.SIGSEGV):
    signal.signal(number, signal.SIG_DFL) if number not in (signal.SIGKILL, signal.SIGSTOP) else None
    os.kill(os.getpid(), number)
    time.sleep(60)
def note(name, text):
    with open(os.path.join(here, name), 'a') as f:
        f.write(text + '\n')
def times(name):
    try:
        with open(os.path.join(here, name)) as f:
            return len(f.readlines())
    except FileNotFoundError:
        return 0
)py";

/// Calls `visit(pid, state)` for each child of this process.
template <class Visit>
void for_each_child(Visit visit) {
  for (const auto& entry : fs::directory_iterator("/proc")) {
    const std::string name = entry.path().filename().string();
    if (name.find_first_not_of("0123456789") != std::string::npos) continue;
    const auto stat = read_file(entry.path() / "stat", 4096);
    if (!stat) continue;  // it went away meanwhile
    char state = 0;
    int parent = 0;
    const auto after_name = stat->rfind(')');
    if (after_name == std::string::npos) continue;
    if (std::sscanf(stat->c_str() + after_name + 1, " %c %d", &state, &parent) == 2 && parent == ::getpid()) {
      visit(state);
    }
  }
}

}  // namespace

ScratchFolder::ScratchFolder() : path_(fs::temp_directory_path() / ("zimu-supervisor-" + new_uuid())) {
  fs::create_directories(path_);
}

ScratchFolder::~ScratchFolder() {
  std::error_code ignored;
  fs::remove_all(path_, ignored);
}

std::vector<std::string> python_worker(const ScratchFolder& folder, const std::string& name,
                                       const std::string& body) {
  const fs::path script = folder.path() / (name + ".py");
  std::ofstream(script) << kPrelude << body;
  return {"python3", "-u", "-S", "-E", script.string()};
}

int zombie_children() {
  int count = 0;
  for_each_child([&count](char state) { count += state == 'Z' ? 1 : 0; });
  return count;
}

int all_children() {
  int count = 0;
  for_each_child([&count](char) { ++count; });
  return count;
}

std::size_t open_fds() {
  const fs::directory_iterator fds("/proc/self/fd");
  return static_cast<std::size_t>(std::distance(begin(fds), end(fds)));
}

bool process_exists(pid_t pid) {
  return ::kill(pid, 0) == 0;
}

}  // namespace zimu::supervisor::testing
