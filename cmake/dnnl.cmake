# oneDNN. Not by its own CMake file: that one insists on the headers of OpenCL, which nobody here wants.
find_path(ZIMU_DNNL_HEADERS oneapi/dnnl/dnnl.hpp REQUIRED)
find_library(ZIMU_DNNL_LIBRARY dnnl REQUIRED)
add_library(DNNL::dnnl SHARED IMPORTED)
set_target_properties(DNNL::dnnl PROPERTIES IMPORTED_LOCATION "${ZIMU_DNNL_LIBRARY}"
  INTERFACE_INCLUDE_DIRECTORIES "${ZIMU_DNNL_HEADERS}")
