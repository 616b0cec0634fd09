#include "archive/zip_stream.hpp"

#include <archive.h>
#include <archive_entry.h>
#include <locale.h>

#include <utility>

#include <fmt/format.h>

namespace zimu::archive {
namespace {

struct FreeEntry {
  void operator()(archive_entry* entry) const { archive_entry_free(entry); }
};

/// libarchive takes the encoding of names from the locale of the calling thread. This one knows no country, only UTF-8.
class Utf8Names {
 public:
  Utf8Names() : before_(::uselocale(locale())) {}
  Utf8Names(const Utf8Names&) = delete;
  Utf8Names& operator=(const Utf8Names&) = delete;
  ~Utf8Names() { ::uselocale(before_); }
  static bool available() { return locale() != nullptr; }

 private:
  static locale_t locale() {
    static const locale_t utf8 = ::newlocale(LC_CTYPE_MASK, "C.UTF-8", nullptr);
    return utf8;
  }
  locale_t before_;
};

}  // namespace

struct ZipStream::Impl {
  ::archive* handle = nullptr;
  std::string bytes;  ///< written and not handed out yet

  ~Impl() {
    if (handle != nullptr) archive_write_free(handle);
  }
  static la_ssize_t take(::archive*, void* self, const void* data, std::size_t size) {
    static_cast<Impl*>(self)->bytes.append(static_cast<const char*>(data), size);
    return static_cast<la_ssize_t>(size);
  }
  Error error(std::string_view what) const {
    const char* why = archive_error_string(handle);
    return {ErrorCode::kInternal, fmt::format("cannot write {}: {}", what, why == nullptr ? "no reason given" : why)};
  }
};

ZipStream::ZipStream(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
ZipStream::ZipStream(ZipStream&&) noexcept = default;
ZipStream::~ZipStream() = default;

Result<ZipStream> ZipStream::begin() {
  if (!Utf8Names::available()) {
    return fail(ErrorCode::kUnsupported, "the locale C.UTF-8 is missing on this system", "install it (Debian: libc-bin)");
  }
  const Utf8Names names;
  auto impl = std::make_unique<Impl>();
  impl->handle = archive_write_new();
  if (impl->handle == nullptr) return fail(ErrorCode::kOutOfMemory, "no memory for a zip");
  // Without blocks every write comes out at once, and the end is not padded.
  if (archive_write_set_format_zip(impl->handle) != ARCHIVE_OK ||
      archive_write_set_bytes_per_block(impl->handle, 0) != ARCHIVE_OK ||
      archive_write_open(impl->handle, impl.get(), nullptr, Impl::take, nullptr) != ARCHIVE_OK) {
    return std::unexpected(impl->error("a zip"));
  }
  return ZipStream(std::move(impl));
}

Result<std::string> ZipStream::add(const std::string& name, std::string_view content, Timestamp modified) {
  const Utf8Names names;
  const std::unique_ptr<archive_entry, FreeEntry> entry(archive_entry_new());
  if (!entry) return fail(ErrorCode::kOutOfMemory, "no memory for a file of a zip");
  archive_entry_set_pathname(entry.get(), name.c_str());
  archive_entry_set_filetype(entry.get(), AE_IFREG);
  archive_entry_set_perm(entry.get(), 0644);
  archive_entry_set_size(entry.get(), static_cast<la_int64_t>(content.size()));
  archive_entry_set_mtime(entry.get(), std::chrono::floor<std::chrono::seconds>(modified).time_since_epoch().count(), 0);
  if (archive_write_header(impl_->handle, entry.get()) != ARCHIVE_OK) return std::unexpected(impl_->error(name));
  const auto written = archive_write_data(impl_->handle, content.data(), content.size());
  if (written != static_cast<la_ssize_t>(content.size()) || archive_write_finish_entry(impl_->handle) != ARCHIVE_OK) {
    return std::unexpected(impl_->error(name));
  }
  return std::exchange(impl_->bytes, {});
}

Result<std::string> ZipStream::end() {
  const Utf8Names names;
  if (archive_write_close(impl_->handle) != ARCHIVE_OK) return std::unexpected(impl_->error("the end of a zip"));
  return std::exchange(impl_->bytes, {});
}

}  // namespace zimu::archive
