# Installs the libraries with an exported package, so that another project can write
#   find_package(twostage REQUIRED)
#   target_link_libraries(mine PRIVATE twostage::sim)
include(CMakePackageConfigHelpers)

set(package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/twostage)
install(TARGETS twostage_sim twostage_theory twostage_results EXPORT twostage_targets
        ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR})
install(TARGETS twostage RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
foreach(folder sim theory results)
  install(DIRECTORY ${folder} DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/twostage
          FILES_MATCHING PATTERN "*.hpp" PATTERN "out" EXCLUDE PATTERN "browser" EXCLUDE)
endforeach()
install(DIRECTORY experiments/studies experiments/teaching DESTINATION ${CMAKE_INSTALL_DATADIR}/twostage/experiments
        PATTERN "__pycache__" EXCLUDE)
install(FILES experiments/paper.toml DESTINATION ${CMAKE_INSTALL_DATADIR}/twostage/experiments)
install(DIRECTORY results/figures results/report DESTINATION ${CMAKE_INSTALL_DATADIR}/twostage/results
        PATTERN "__pycache__" EXCLUDE)
install(FILES results/drawing.py results/named_values.py results/opened.py results/owned.py results/plain_text.py results/processes.py
        DESTINATION ${CMAKE_INSTALL_DATADIR}/twostage/results)
install(EXPORT twostage_targets NAMESPACE twostage:: DESTINATION ${package_dir})
configure_package_config_file(.cmake/twostageConfig.cmake.in twostageConfig.cmake
                              INSTALL_DESTINATION ${package_dir})
write_basic_package_version_file(twostageConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/twostageConfig.cmake ${PROJECT_BINARY_DIR}/twostageConfigVersion.cmake
        DESTINATION ${package_dir})
