#pragma once
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "http/types.hpp"

namespace zimu::api {

/// A stored file as it is sent.
struct FileContent {
  std::filesystem::path path;
  std::uint64_t size = 0;
  std::string file_name;
  std::string content_type;
  std::string etag;
};

/// The file at `path` with its size and the ETag "<tag>-<size>"; nullopt where there is none. Blocking.
std::optional<FileContent> stored_file(std::filesystem::path path, std::string file_name, std::string content_type,
                                       std::string_view tag);
/// The file with Range, ETag and its name. It is shown in place only where that is safe and no download is asked for.
http::Response file_answer(const http::Request& request, const FileContent& content, bool download);

}  // namespace zimu::api
