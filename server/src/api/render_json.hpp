#pragma once
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include "app/job_service.hpp"

/// Render jobs as the JSON of docs/openapi.json. Pure.
namespace zimu::api {

boost::json::value render_json(const std::optional<domain::RenderOptions>& options);  ///< null for other jobs
boost::json::value result_json(const std::optional<domain::RenderResult>& result);    ///< null until it is there
/// The body of POST /api/v1/jobs with `kind` render.
Result<app::CreateRender> read_render(const boost::json::object& object);

}  // namespace zimu::api
