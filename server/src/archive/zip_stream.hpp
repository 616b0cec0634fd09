#pragma once
#include <memory>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "base/time.hpp"

namespace zimu::archive {

/// A zip made piece by piece: each call returns the bytes that come next, and only the list of names is kept, so that
/// memory does not depend on how much goes in. Names are UTF-8 and marked as such. Thread: one at a time.
class ZipStream {
 public:
  static Result<ZipStream> begin();
  ZipStream(ZipStream&&) noexcept;
  ZipStream& operator=(ZipStream&&) = delete;
  ~ZipStream();

  /// A file with this name, compressed. The caller keeps names unique.
  Result<std::string> add(const std::string& name, std::string_view content, Timestamp modified);
  Result<std::string> end();  ///< the list of names; nothing may be added afterwards

 private:
  struct Impl;
  explicit ZipStream(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace zimu::archive
