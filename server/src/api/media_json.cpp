#include "api/media_json.hpp"

#include <boost/json/array.hpp>

#include "api/dto.hpp"

namespace zimu::api {

Result<boost::json::object> media_json(Context& context, const domain::Media& media) {
  boost::json::object out = to_json(media);
  ZIMU_TRY(const auto headers, context.jobs.transcripts_of(media.id));
  boost::json::array transcripts;
  for (const auto& transcript : headers) transcripts.push_back(header_json(transcript));
  out["transcripts"] = std::move(transcripts);
  app::JobQuery newest;
  newest.page.limit = 1;
  newest.media_id = media.id;
  newest.whole_only = true;
  ZIMU_TRY(const auto jobs, context.jobs.list(newest));
  out["job"] = nullptr;
  if (!jobs.items.empty()) out["job"] = to_json(jobs.items.front());
  return out;
}

}  // namespace zimu::api
