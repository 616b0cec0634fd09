#pragma once
#include <string>

namespace zimu::cli {

// The queue seen from the command line. Reading looks into the data folder, beside a server that may be running.
int jobs_list_command(const std::string& state, bool json);
int jobs_show_command(const std::string& id, bool json);
/// `what` is cancel or retry: asks the running server, else changes the queue on disk.
int jobs_change_command(const std::string& id, const std::string& what);

}  // namespace zimu::cli
