#pragma once
#include <cstdint>
#include <filesystem>
#include <functional>
#include <stop_token>
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace zimu::outbound {

struct DownloadOptions {
  std::uint64_t max_bytes = 0;  ///< 0 = no limit
  /// Off: loopback, private and other non-public addresses are refused at every hop, so that a caller of the
  /// API cannot reach what only this machine can. Proxies are used only when it is on.
  bool allow_private_addresses = false;
  std::stop_token stop = {};
  std::function<void(std::uint64_t done, std::uint64_t total)> on_progress = {};
};

/// Fetches a media file from an http or https address into `target`, synced; gives the file name it goes by
/// (Content-Disposition, else the last part of the final address; "recording" when there is none): valid for
/// display, no '/' in it, but still the server's words. Blocking; thread: any. On failure nothing is left at
/// `target`. Failures: kTooLarge, kNoSpace, kPermission (private address), kBadMedia (a web page, or
/// nothing), kInvalidArgument (no web address, or the server says 4xx), kUnavailable, kTimeout, kCancelled.
Result<std::string> download_media(const std::string& url, const std::filesystem::path& target,
                                   const DownloadOptions& options);
Result<std::string> download_media(const std::string& url, const std::filesystem::path& target,
                                   std::uint64_t max_bytes);

/// The file name that an answer suggests. Pure; safe on any bytes. RFC 6266, RFC 8187.
std::string suggested_file_name(std::string_view content_disposition, std::string_view url);

}  // namespace zimu::outbound
