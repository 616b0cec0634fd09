#include "http/router.hpp"

#include <algorithm>
#include <array>

#include "base/check.hpp"
#include "http/url.hpp"

namespace zimu::http {
namespace {

std::vector<std::string> split(std::string_view path) {
  std::vector<std::string> segments;
  if (path.starts_with('/')) path.remove_prefix(1);
  while (true) {
    const std::size_t slash = path.find('/');
    segments.emplace_back(path.substr(0, slash));
    if (slash == std::string_view::npos) return segments;
    path.remove_prefix(slash + 1);
  }
}

bool is_param(std::string_view segment) {
  return segment.starts_with('{') && segment.ends_with('}');
}
bool is_rest(std::string_view segment) {
  return is_param(segment) && segment.ends_with("*}");
}

/// Segments are split while still encoded and decoded one by one, so that %2F stays inside its segment.
std::string decode(std::string_view segment) {
  return percent_decode(segment).value_or(std::string(segment));
}

using Params = std::vector<std::pair<std::string, std::string>>;

bool matches(const std::vector<std::string>& pattern, const std::vector<std::string>& path, Params& params) {
  params.clear();
  for (std::size_t i = 0; i < pattern.size(); ++i) {
    if (is_rest(pattern[i])) {
      std::string rest;
      for (std::size_t j = i; j < path.size(); ++j) rest += (j == i ? "" : "/") + path[j];
      params.emplace_back(pattern[i].substr(1, pattern[i].size() - 3), std::move(rest));
      return i < path.size();
    }
    if (i >= path.size()) return false;
    if (is_param(pattern[i])) {
      if (path[i].empty()) return false;
      params.emplace_back(pattern[i].substr(1, pattern[i].size() - 2), path[i]);
    } else if (pattern[i] != path[i]) {
      return false;
    }
  }
  return pattern.size() == path.size();
}

int looseness(std::string_view segment) {
  return is_rest(segment) ? 2 : is_param(segment) ? 1 : 0;
}

/// Both match one path: the one that is literal earlier wins, whatever the order of `add`.
bool is_more_specific(const std::vector<std::string>& a, const std::vector<std::string>& b) {
  for (std::size_t i = 0; i < std::min(a.size(), b.size()); ++i) {
    if (looseness(a[i]) != looseness(b[i])) return looseness(a[i]) < looseness(b[i]);
  }
  return false;
}

constexpr std::array<std::string_view, 7> kMethodOrder{"GET",   "HEAD",   "POST",   "PUT",
                                                       "PATCH", "DELETE", "OPTIONS"};

std::string allow_text(std::vector<std::string> methods) {
  const auto has = [&methods](std::string_view name) {
    return std::find(methods.begin(), methods.end(), name) != methods.end();
  };
  if (methods.empty()) return {};
  if (has("GET") && !has("HEAD")) methods.emplace_back("HEAD");
  if (!has("OPTIONS")) methods.emplace_back("OPTIONS");
  std::string text;
  for (const std::string_view name : kMethodOrder) {
    if (has(name)) text += (text.empty() ? "" : ", ") + std::string(name);
  }
  return text;
}

}  // namespace

void Router::add(std::string method, std::string pattern, Handler handler, BodyPolicy policy) {
  ZIMU_CHECK(pattern.starts_with('/'));
  ZIMU_CHECK(std::find(kMethodOrder.begin(), kMethodOrder.end(), method) != kMethodOrder.end());
  ZIMU_CHECK(handler != nullptr);
  auto segments = split(pattern);
  for (std::size_t i = 0; i + 1 < segments.size(); ++i) ZIMU_CHECK(!is_rest(segments[i]));
  routes_.push_back({std::move(method), std::move(segments), std::move(pattern), std::move(handler), policy});
}

Router::Match Router::match(std::string_view method, std::string_view path) const {
  std::vector<std::string> segments = split(path);
  for (std::string& segment : segments) segment = decode(segment);
  Match found;
  std::vector<std::string> methods;
  const Route* best_pattern = nullptr;
  const Route* best = nullptr;
  Params params;
  for (const Route& route : routes_) {
    if (!matches(route.segments, segments, params)) continue;
    // Methods of a looser pattern (a web app's catch-all) do not belong to this resource.
    if (best_pattern == nullptr || is_more_specific(route.segments, best_pattern->segments)) {
      best_pattern = &route;
      best = nullptr;
      methods.clear();
    } else if (is_more_specific(best_pattern->segments, route.segments)) {
      continue;
    }
    methods.push_back(route.method);
    const bool exact = route.method == method;
    const bool head_by_get = method == "HEAD" && route.method == "GET" && best == nullptr;
    if (!exact && !head_by_get) continue;
    best = &route;
    found.params = params;
  }
  found.allow = allow_text(std::move(methods));
  if (best_pattern != nullptr) found.pattern = best_pattern->pattern;
  if (best == nullptr) return found;
  found.handler = &best->handler;
  found.policy = best->policy;
  found.pattern = best->pattern;
  return found;
}

}  // namespace zimu::http
