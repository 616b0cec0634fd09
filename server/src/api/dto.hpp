#pragma once
#include <boost/json/object.hpp>

#include <string>

#include "app/event_bus.hpp"
#include "app/store.hpp"
#include "domain/job.hpp"
#include "domain/media.hpp"
#include "domain/transcript.hpp"

/// Domain objects as the JSON of docs/openapi.json. Pure.
namespace zimu::api {

boost::json::object to_json(const domain::Job& job);
boost::json::object to_json(const domain::Media& media);
boost::json::object to_json(const domain::Segment& segment);
boost::json::object to_json(const domain::Window& window);
boost::json::object to_json(const app::ModelPull& pull);
/// Without segments.
boost::json::object header_json(const domain::Transcript& transcript);
boost::json::object to_json(const domain::Transcript& transcript);

/// {"items": […], "next": …}
boost::json::object page_json(boost::json::array items, const std::optional<std::string>& next);

/// The SSE name and data of an event.
struct NamedEvent {
  std::string name;
  std::string data;
  std::string job_id;  ///< for the job filter; empty when it belongs to none
};
NamedEvent to_event(const app::Payload& payload);

}  // namespace zimu::api
