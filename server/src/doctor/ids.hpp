#pragma once
#include <sys/types.h>

#include <optional>
#include <string>
#include <vector>

#include "doctor/check.hpp"
#include "doctor/platform.hpp"

namespace zimu::doctor {

/// Who this process is, and who it was asked to be.
struct Ids {
  uid_t uid = 0;
  gid_t gid = 0;
  std::vector<gid_t> groups;
  std::string wanted_uid;  ///< PUID, as it is written
  std::string wanted_gid;
  std::string capabilities;  ///< CapEff of /proc/self/status, hexadecimal
  bool no_new_privileges = false;
  bool read_only_root = false;
};

Ids look_at_ids(const Places& places);
Check check_ids(const Ids& ids, const Platform& platform);

/// Names of the capabilities in a hexadecimal mask: "CHOWN SETUID".
std::string capability_names(const std::string& mask);

}  // namespace zimu::doctor
