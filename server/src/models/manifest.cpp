#include "models/manifest.hpp"

#include <boost/json.hpp>

#include "base/file.hpp"
#include "base/time.hpp"

namespace zimu::models {
namespace {

namespace json = boost::json;

constexpr std::uint64_t kMaxManifestBytes = 65536;

}  // namespace

std::filesystem::path manifest_path(const std::filesystem::path& model_path) {
  auto path = model_path;
  return path.replace_extension(".json");
}

Result<Manifest> parse_manifest(std::string_view text) {
  boost::system::error_code ec;
  const json::value root = json::parse(text, ec);
  const json::object* object = ec ? nullptr : root.if_object();
  if (object == nullptr) return fail(ErrorCode::kModelInvalid, "the manifest is no proper JSON object");
  Manifest manifest;
  const json::value* sha256 = object->if_contains("sha256");
  const json::value* size = object->if_contains("size");
  if (sha256 == nullptr || !sha256->is_string() || size == nullptr || !size->is_int64() || size->get_int64() < 0) {
    return fail(ErrorCode::kModelInvalid, "the manifest has no sha256 or no size");
  }
  manifest.sha256 = sha256->get_string();
  manifest.size_bytes = static_cast<std::uint64_t>(size->get_int64());
  if (const auto* origin = object->if_contains("origin"); origin != nullptr && origin->is_string()) {
    manifest.origin = origin->get_string();
  }
  if (const auto* multi = object->if_contains("multilingual"); multi != nullptr && multi->is_bool()) {
    manifest.multilingual = multi->get_bool();
  }
  return manifest;
}

std::optional<Manifest> load_manifest(const std::filesystem::path& model_path) {
  const auto text = read_file(manifest_path(model_path), kMaxManifestBytes);
  if (!text) return std::nullopt;
  auto manifest = parse_manifest(*text);
  if (!manifest) return std::nullopt;
  return std::move(*manifest);
}

Result<> save_manifest(const std::filesystem::path& model_path, const Manifest& manifest) {
  const json::object object{{"sha256", manifest.sha256},
                            {"size", manifest.size_bytes},
                            {"origin", manifest.origin},
                            {"multilingual", manifest.multilingual},
                            {"imported_at", format_rfc3339(now_utc())}};
  return write_file_atomic(manifest_path(model_path), json::serialize(object) + "\n");
}

}  // namespace zimu::models
