# Compiler flags shared by every target. The numeric ones are part of the promise that a study and a seed
# give the same bits everywhere (README.md, "Reproducibility").
add_library(twostage_flags INTERFACE)
target_compile_options(twostage_flags INTERFACE -Wall -Wextra -Wpedantic -Wconversion)
# No contraction: a fused multiply-add rounds once where the source rounds twice. No trapping math: g++
# then turns comparisons into selects and vectorises; it changes no value, only which flags are raised.
target_compile_options(twostage_flags INTERFACE -ffp-contract=off -fno-trapping-math)
if(TWOSTAGE_WERROR)
  target_compile_options(twostage_flags INTERFACE -Werror)
endif()
# Eigen's own vector code changes bits with the instruction set.
target_compile_definitions(twostage_flags INTERFACE EIGEN_DONT_VECTORIZE EIGEN_NO_CPUID EIGEN_DONT_PARALLELIZE
                                                    EIGEN_MPL2_ONLY)
if(TWOSTAGE_SANITIZE)
  add_compile_options(-fsanitize=${TWOSTAGE_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all)
  add_link_options(-fsanitize=${TWOSTAGE_SANITIZE})
endif()
if(TWOSTAGE_COVERAGE)
  add_compile_options(--coverage -fprofile-update=atomic)  # counters of threads must not tear
  add_link_options(--coverage)
endif()

# The files of one folder as one for the compiler, which reads headers and makes templates but once: a first build takes
# half the time, and a rebuild after a change longer. Entries of registries are left out: all of them call their functions alike.
option(TWOSTAGE_UNITY "Compile the files of a folder together" OFF)
function(twostage_compile_by_folder target)
  set_target_properties(${target} PROPERTIES UNITY_BUILD ON UNITY_BUILD_MODE GROUP)
  get_target_property(sources ${target} SOURCES)
  foreach(source ${sources})
    cmake_path(GET source PARENT_PATH folder)
    cmake_path(RELATIVE_PATH folder BASE_DIRECTORY ${PROJECT_SOURCE_DIR} OUTPUT_VARIABLE folder)
    if(NOT folder MATCHES "^sim/(world$|algorithm/)")
      string(REPLACE "/" "_" folder ${folder})
      set_source_files_properties(${source} PROPERTIES UNITY_GROUP ${folder})
    endif()
  endforeach()
endfunction()

# twostage_add_library(<name> <dependency>...): the static library twostage_<name>, alias twostage::<name>,
# of every .cpp below the current folder, so that adding a file is adding a file. Folders named browser are built for
# WebAssembly alone (sim/web/build.py).
function(twostage_add_library name)
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS "${CMAKE_CURRENT_SOURCE_DIR}/*.cpp")
  list(FILTER sources EXCLUDE REGEX "/main\\.cpp$|/browser/")
  add_library(twostage_${name} STATIC ${sources})
  add_library(twostage::${name} ALIAS twostage_${name})
  set_target_properties(twostage_${name} PROPERTIES EXPORT_NAME ${name})
  target_compile_features(twostage_${name} PUBLIC cxx_std_20)
  target_include_directories(twostage_${name} PUBLIC $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}>
                                                     $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}/twostage>)
  target_link_libraries(twostage_${name} PUBLIC ${ARGN} PRIVATE $<BUILD_INTERFACE:twostage_flags>)
  if(TWOSTAGE_UNITY)
    twostage_compile_by_folder(twostage_${name})
  endif()
endfunction()
