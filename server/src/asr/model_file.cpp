#include "asr/model_file.hpp"

#include "asr/model_layout.hpp"

namespace zimu::asr {

Result<ModelHeader> check_model_file(const std::string& path) {
  ZIMU_TRY(const OpenModelFile file, open_model_file(path));
  return file.layout.header;
}

}  // namespace zimu::asr
