#pragma once
#include <string>

namespace zimu::cli {

// Commands that work on the data folder itself; no server is needed.
int migrate_command();
int backup_command(const std::string& target);
int restore_command(const std::string& source);
int jobs_list_command(const std::string& state, bool json);
int jobs_show_command(const std::string& id, bool json);
/// `what` is cancel or retry: asks the running server, else changes the queue on disk.
int jobs_change_command(const std::string& id, const std::string& what);
int export_command(const std::string& transcript_id, const std::string& format, const std::string& output, bool words);

}  // namespace zimu::cli
