#include <unistd.h>

#include <algorithm>

#include <fmt/format.h>

#include "base/file.hpp"
#include "models/ct2_whisper.hpp"
#include "models/ggml_file.hpp"
#include "models/ggml_writer.hpp"
#include "models/hf_whisper.hpp"
#include "models/manifest.hpp"
#include "models/registry.hpp"

namespace zimu::models {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kCopyPiece = 1U << 20U;

enum class SourceKind : std::uint8_t { kGgmlFile, kCt2Folder, kHfFolder };

bool has(const fs::path& folder, std::string_view file) {
  std::error_code ec;
  return fs::exists(folder / file, ec);
}

Result<SourceKind> detect(const fs::path& source) {
  std::error_code ec;
  const auto status = fs::status(source, ec);
  if (!fs::exists(status)) {
    return fail(ErrorCode::kNotFound, fmt::format("there is no file or folder {}", source.string()), "check the path");
  }
  if (!fs::is_directory(status)) return SourceKind::kGgmlFile;
  if (has(source, "model.safetensors") || has(source, "model.safetensors.index.json")) return SourceKind::kHfFolder;
  if (has(source, "model.bin")) return SourceKind::kCt2Folder;
  if (has(source, "pytorch_model.bin")) {
    return fail(ErrorCode::kUnsupported, fmt::format("{} holds a pickled PyTorch model", source.string()),
                "save it again with safe_serialization=True, which writes model.safetensors");
  }
  return fail(ErrorCode::kModelInvalid, fmt::format("{} holds no Whisper model", source.string()),
              "a CTranslate2 folder has model.bin, a Hugging Face folder has model.safetensors");
}

/// "faster-whisper-small.en" → "small.en", "ggml-base.bin" → "base".
std::string default_name(const fs::path& source) {
  const fs::path clean = source.filename().empty() ? source.parent_path() : source;
  std::string name = clean.filename().string();
  if (name.ends_with(".bin")) name.resize(name.size() - 4);
  for (const std::string_view prefix : {"ggml-", "faster-", "whisper-"}) {
    if (name.starts_with(prefix) && name.size() > prefix.size()) name.erase(0, prefix.size());
  }
  return name;
}

struct Target {
  std::string name;
  WeightFormat format = WeightFormat::kF16;
};

Result<Target> choose_target(const fs::path& source, const ImportOptions& options) {
  if (!options.quantize.empty() && options.quantize != "q8_0") {
    return fail(ErrorCode::kInvalidArgument, fmt::format("quantisation \"{}\" is unknown", options.quantize), "use q8_0");
  }
  Target target;
  target.format = options.quantize.empty() ? WeightFormat::kF16 : WeightFormat::kQ8_0;
  target.name = options.name;
  if (target.name.empty()) {
    target.name = default_name(source);
    if (!options.quantize.empty()) target.name += "-" + options.quantize;
  }
  ZIMU_TRY_VOID(check_model_name(target.name));
  return target;
}

Result<WhisperModel> read_source(const fs::path& source, SourceKind kind) {
  switch (kind) {
    case SourceKind::kGgmlFile: return read_ggml_file(source);
    case SourceKind::kCt2Folder: return read_ct2_folder(source);
    case SourceKind::kHfFolder: return read_hf_folder(source);
  }
  return fail(ErrorCode::kInternal, "unknown source kind");
}

Result<> copy_bytes(std::span<const std::byte> bytes, HashingFile& out, const OnWritten& on_written) {
  const std::uint64_t total = bytes.size();
  while (!bytes.empty()) {
    const auto piece = bytes.first(std::min(bytes.size(), kCopyPiece));
    ZIMU_TRY_VOID(out.write(piece));
    bytes = bytes.subspan(piece.size());
    if (!on_written(out.size(), total)) return fail(ErrorCode::kCancelled, "the import was cancelled");
  }
  return {};
}

Result<> write_model(const WhisperModel& model, SourceKind kind, const Target& target, HashingFile& out,
                     const OnWritten& on_written) {
  if (kind == SourceKind::kGgmlFile && target.format == WeightFormat::kF16) {
    return copy_bytes(model.files.front().bytes(), out, on_written);
  }
  if (is_quantized(model.hparams) && kind == SourceKind::kGgmlFile) {
    return fail(ErrorCode::kInvalidArgument, "the model is quantised already", "import it without --quantize");
  }
  return write_ggml(model, target.format, out, on_written);
}

}  // namespace

Result<InstalledModel> import_model(Registry& registry, const std::filesystem::path& source, const ImportOptions& options,
                                    const OnProgress& on_progress) {
  ZIMU_TRY(const auto target, choose_target(source, options));
  ZIMU_TRY(const auto kind, detect(source));
  ZIMU_TRY(const auto model, read_source(source, kind));
  ZIMU_TRY_VOID(make_directories(registry.dir()));
  const bool copied = kind == SourceKind::kGgmlFile && target.format == WeightFormat::kF16;
  ZIMU_TRY_VOID(check_room(registry.dir(), copied ? model.files.front().bytes().size() : ggml_size(model, target.format)));

  const auto path = registry.path_of(target.name);
  ZIMU_TRY(auto out, HashingFile::create(path));
  const OnWritten on_written = [&](std::uint64_t done, std::uint64_t total) {
    if (on_progress) on_progress(Progress{"convert", done, total});
    return !options.stop.stop_requested();
  };
  ZIMU_TRY_VOID(write_model(model, kind, target, out, on_written));
  // The old manifest goes first: after a crash in between, the model has none rather than a wrong one.
  ::unlink(manifest_path(path).c_str());
  Manifest manifest{.size_bytes = out.size(), .multilingual = model.hparams.multilingual()};
  ZIMU_TRY(manifest.sha256, out.finish());
  manifest.origin = options.origin.empty() ? source.string() : options.origin;
  ZIMU_TRY_VOID(save_manifest(path, manifest));
  return registry.find(target.name);
}

}  // namespace zimu::models
