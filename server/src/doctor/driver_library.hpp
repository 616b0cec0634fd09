#pragma once
#include <dlfcn.h>

#include <string>

namespace zimu::doctor {

/// A library of the driver, opened by name and never closed: the probe's process ends soon. Its crash is the
/// probe's.
class DriverLibrary {
 public:
  explicit DriverLibrary(const std::string& name) : handle_(::dlopen(name.c_str(), RTLD_NOW | RTLD_LOCAL)) {
    if (handle_ != nullptr) return;
    const char* why = ::dlerror();
    error_ = why != nullptr ? why : "unknown error";
  }

  explicit operator bool() const { return handle_ != nullptr; }
  const std::string& error() const { return error_; }

  /// Calls a function that answers a status; -1 when the library has no such function.
  template <class... Args>
  int call(const char* name, Args... arguments) const {
    void* const symbol = handle_ != nullptr ? ::dlsym(handle_, name) : nullptr;
    if (symbol == nullptr) return -1;
    return reinterpret_cast<int (*)(Args...)>(symbol)(arguments...);
  }

 private:
  void* handle_;
  std::string error_;
};

}  // namespace zimu::doctor
