# Compiler flags shared by every target. The numeric flags are part of the promise that a study and a
# seed give the same bits everywhere: see README.md, "Reproducibility".
option(TWOSTAGE_TESTS "Build the tests" ${PROJECT_IS_TOP_LEVEL})
option(TWOSTAGE_BENCH "Build the benchmarks" OFF)
option(TWOSTAGE_WERROR "Treat warnings as errors" OFF)

if(NOT CMAKE_BUILD_TYPE AND NOT CMAKE_CONFIGURATION_TYPES)
  set(CMAKE_BUILD_TYPE Release CACHE STRING "Build type" FORCE)
endif()

add_library(twostage_flags INTERFACE)
target_compile_features(twostage_flags INTERFACE cxx_std_20)
target_compile_options(twostage_flags INTERFACE -Wall -Wextra -Wpedantic -Wconversion -ffp-contract=off)
if(TWOSTAGE_WERROR)
  target_compile_options(twostage_flags INTERFACE -Werror)
endif()
# Eigen's own vector code changes bits with the instruction set.
target_compile_definitions(twostage_flags INTERFACE EIGEN_DONT_VECTORIZE EIGEN_NO_CPUID EIGEN_DONT_PARALLELIZE
                                                    EIGEN_MPL2_ONLY)

# twostage_add_library(<name> <directory> [dependency...]): a static library of every .cpp below the
# directory, with the source root on its include path, so that adding a file is adding a file.
function(twostage_add_library name)
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS "${CMAKE_CURRENT_SOURCE_DIR}/*.cpp")
  list(FILTER sources EXCLUDE REGEX "/main\\.cpp$")
  add_library(${name} STATIC ${sources})
  target_include_directories(${name} PUBLIC $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}>
                                            $<INSTALL_INTERFACE:include/twostage>)
  target_link_libraries(${name} PUBLIC ${ARGN} PRIVATE $<BUILD_INTERFACE:twostage_flags>)
  target_compile_features(${name} PUBLIC cxx_std_20)
endfunction()
