#pragma once
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include <vector>

#include "app/revision_service.hpp"

/// Operations and revisions as the JSON of docs/openapi.json. Pure.
namespace zimu::api {

/// `operations` of a body, as the service takes them; kInvalidArgument names the operation and its field.
Result<std::vector<app::Edit>> parse_edits(const boost::json::object& body);
boost::json::object change_json(const app::RevisionService::Change& change);
boost::json::object catch_up_json(const app::RevisionService::CatchUp& catch_up);
/// One line of a history.
boost::json::object summary_json(const domain::RevisionSummary& revision);
/// With what went and what came.
boost::json::object revision_json(const domain::Revision& revision);
void add_undo(boost::json::object& out, const domain::UndoState& undo);

}  // namespace zimu::api
