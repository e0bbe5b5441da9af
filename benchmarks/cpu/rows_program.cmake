# The part of cpu_rows and torch_rows that knows neither library: protocol, command line, measurement.
find_package(CLI11 REQUIRED)
find_package(nlohmann_json REQUIRED)
add_library(rows_program STATIC EXCLUDE_FROM_ALL "${CMAKE_CURRENT_LIST_DIR}/../protocol.cpp" "${CMAKE_CURRENT_LIST_DIR}/program.cpp"
                                "${CMAKE_CURRENT_LIST_DIR}/measurement.cpp")
target_compile_features(rows_program PUBLIC cxx_std_20)
target_link_libraries(rows_program PUBLIC nlohmann_json::nlohmann_json PRIVATE CLI11::CLI11)
