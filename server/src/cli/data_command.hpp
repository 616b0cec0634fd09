#pragma once
#include <string>

#include "domain/captions/rules.hpp"

namespace zimu::cli {

// Commands that work on the data folder itself; no server is needed.
int migrate_command();
int backup_command(const std::string& target);
int restore_command(const std::string& source);
int export_command(const std::string& transcript_id, const std::string& format, const std::string& output, bool words,
                   const domain::CaptionChoice& captions);

}  // namespace zimu::cli
