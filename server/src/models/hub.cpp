// A Hugging Face hub: what a repository holds, which of it makes a Whisper model, and fetching that.
#include <fmt/format.h>

#include <algorithm>
#include <boost/json.hpp>
#include <optional>

#include "base/file.hpp"
#include "models/fetch.hpp"
#include "outbound/http_client.hpp"

namespace zimu::models {
namespace {

namespace json = boost::json;
namespace fs = std::filesystem;

constexpr std::size_t kMaxShards = 64;
constexpr std::chrono::milliseconds kListTimeout{30'000};

struct Listing {
  std::string commit;
  std::vector<WantedFile> files;  ///< of the top folder
};

std::string text_of(const json::object& object, std::string_view key) {
  const json::value* value = object.if_contains(key);
  return value != nullptr && value->is_string() ? std::string(value->get_string()) : std::string();
}

std::uint64_t number_of(const json::object& object, std::string_view key) {
  const json::value* value = object.if_contains(key);
  return value != nullptr && value->is_int64() && value->get_int64() > 0
             ? static_cast<std::uint64_t>(value->get_int64())
             : 0;
}

Result<Listing> parse_listing(std::string_view text) {
  boost::system::error_code ec;
  const json::value root = json::parse(text, ec);
  const json::object* object = ec ? nullptr : root.if_object();
  const json::value* siblings = object == nullptr ? nullptr : object->if_contains("siblings");
  if (siblings == nullptr || !siblings->is_array()) {
    return fail(ErrorCode::kProtocol, "the hub's answer lists no files",
                "check that HF_ENDPOINT is a Hugging Face hub");
  }
  Listing listing{text_of(*object, "sha"), {}};
  for (const json::value& item : siblings->get_array()) {
    const json::object* entry = item.if_object();
    if (entry == nullptr) continue;
    WantedFile file{text_of(*entry, "rfilename"), "", number_of(*entry, "size")};
    // The rule for model names keeps sub-folders and everything that means something in a path or URL out.
    if (!check_model_name(file.name)) continue;
    const json::value* lfs = entry->if_contains("lfs");
    if (lfs != nullptr && lfs->is_object()) {
      file.sha256 = text_of(lfs->get_object(), "sha256");
      file.size = std::max(file.size, number_of(lfs->get_object(), "size"));
    }
    listing.files.push_back(std::move(file));
  }
  if (!check_model_name(listing.commit)) listing.commit.clear();
  return listing;
}

Result<Listing> list_repo(const HubSource& source, const PullOptions& options) {
  outbound::HttpRequest request;
  request.url = fmt::format("{}/api/models/{}/revision/{}?blobs=true", options.hf_endpoint, source.repo,
                            source.revision);
  request.total_timeout = kListTimeout;
  request.stop = options.stop;
  if (!options.hf_token.empty()) request.headers = {{"Authorization", "Bearer " + options.hf_token}};
  ZIMU_TRY(const auto answer, outbound::HttpClient().get(request));
  if (!answer.ok()) return std::unexpected(hub_status_error(answer.status, "repository " + source.repo));
  ZIMU_TRY(auto listing, parse_listing(answer.body));
  if (listing.commit.empty()) listing.commit = source.revision;
  return listing;
}

const WantedFile* find_file(const Listing& listing, std::string_view name) {
  const auto found = std::find_if(listing.files.begin(), listing.files.end(),
                                  [name](const WantedFile& f) { return f.name == name; });
  return found == listing.files.end() ? nullptr : &*found;
}

/// The first of them that is there, as read_vocabulary looks for them.
const WantedFile* find_vocabulary(const Listing& listing) {
  for (const std::string_view name : {"vocabulary.txt", "vocabulary.json", "vocab.json", "tokenizer.json"}) {
    if (const auto* file = find_file(listing, name)) return file;
  }
  return nullptr;
}

std::vector<WantedFile> safetensors_files(const Listing& listing) {
  if (const auto* whole = find_file(listing, "model.safetensors")) return {*whole};
  std::vector<WantedFile> shards;
  for (const WantedFile& file : listing.files) {
    if (file.name.starts_with("model-") && file.name.ends_with(".safetensors")) shards.push_back(file);
  }
  const auto* index = find_file(listing, "model.safetensors.index.json");
  if (index == nullptr || shards.empty() || shards.size() > kMaxShards) return {};
  shards.insert(shards.begin(), *index);
  return shards;
}

/// Small files first: whatever is wrong with the repository shows before gigabytes have come.
Result<std::vector<WantedFile>> choose_files(const Listing& listing, const std::string& repo) {
  const auto* vocabulary = find_vocabulary(listing);
  const auto* config = find_file(listing, "config.json");
  std::vector<WantedFile> weights = safetensors_files(listing);
  if (!weights.empty() && config != nullptr && vocabulary != nullptr) {
    weights.insert(weights.begin(), {*config, *vocabulary});
    return weights;
  }
  const auto* ct2 = find_file(listing, "model.bin");
  if (ct2 != nullptr && vocabulary != nullptr) return std::vector{*vocabulary, *ct2};
  std::vector<WantedFile> ggml;
  for (const WantedFile& file : listing.files) {
    if (file.name.starts_with("ggml-") && file.name.ends_with(".bin")) ggml.push_back(file);
  }
  if (ggml.size() == 1) return ggml;
  if (find_file(listing, "pytorch_model.bin") != nullptr) {
    return fail(ErrorCode::kUnsupported, fmt::format("{} holds only pickled PyTorch weights", repo),
                "look for a conversion to safetensors or CTranslate2 (faster-whisper)");
  }
  return fail(ErrorCode::kModelInvalid, fmt::format("{} holds no Whisper model that can be imported", repo),
              "a repository needs model.safetensors with config.json, or model.bin, and a vocabulary");
}

}  // namespace

Result<Fetched> fetch_from_hub(const HubSource& source, const FetchContext& context) {
  ZIMU_TRY(const auto origin, outbound::origin_of(context.options.hf_endpoint));
  std::string commit = source.revision;
  std::vector<WantedFile> files = source.files;
  if (files.empty()) {
    ZIMU_TRY(const auto listing, list_repo(source, context.options));
    ZIMU_TRY(files, choose_files(listing, source.repo));
    commit = listing.commit;
  }
  std::string folder_name = fmt::format("{}@{}", source.repo, commit);
  std::replace(folder_name.begin(), folder_name.end(), '/', '+');
  const fs::path folder = context.folder / folder_name;
  ZIMU_TRY_VOID(make_directories(folder));

  std::uint64_t total = 0;
  for (const WantedFile& file : files) total += file.size;
  std::uint64_t done = 0;
  for (const WantedFile& file : files) {
    ZIMU_TRY_VOID(fetch_hub_file(
        {fmt::format("{}/{}/resolve/{}/{}", context.options.hf_endpoint, source.repo, commit, file.name),
         folder, file, done, total},
        context));
    done += file.size;
  }
  const bool one_file = files.size() == 1;
  return Fetched{one_file ? folder / files.front().name : folder,
                 fmt::format("{}/{}@{}", origin, source.repo, commit)};
}

}  // namespace zimu::models
