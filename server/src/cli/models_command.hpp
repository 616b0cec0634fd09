#pragma once
#include <string>

namespace zimu::cli {

int models_list(bool json);
int models_pull(const std::string& name);
int models_import(const std::string& path, const std::string& name, const std::string& quantize);
int models_verify(const std::string& name);  ///< empty: all
int models_remove(const std::string& name);

}  // namespace zimu::cli
