# What `cmake --install` puts down, in two components:
#   library   libtrimtab, include/trimtab/optimizer.h and the package for find_package(trimtab): target trimtab::optimizer
#   program   bin/trimtab
# The library is shared and shows nothing but the classes of that header; what it is made of stays inside.
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

set_target_properties(trimtab_library PROPERTIES CXX_VISIBILITY_PRESET hidden VISIBILITY_INLINES_HIDDEN ON)
add_library(trimtab_shared SHARED $<TARGET_OBJECTS:trimtab_library>)
target_link_libraries(trimtab_shared PRIVATE trimtab_optimizer trimtab_options)
target_link_options(trimtab_shared PRIVATE -Wl,--exclude-libs,ALL)
target_compile_features(trimtab_shared INTERFACE cxx_std_23)
target_include_directories(trimtab_shared INTERFACE "$<BUILD_INTERFACE:${CMAKE_SOURCE_DIR}/include>" "$<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>")
set_target_properties(trimtab_shared PROPERTIES OUTPUT_NAME trimtab EXPORT_NAME optimizer VERSION ${PROJECT_VERSION} SOVERSION ${PROJECT_VERSION_MAJOR}
  LIBRARY_OUTPUT_DIRECTORY "${CMAKE_BINARY_DIR}/lib")

install(TARGETS trimtab_shared EXPORT trimtab_targets LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR} COMPONENT library NAMELINK_COMPONENT library)
install(DIRECTORY "${CMAKE_SOURCE_DIR}/include/trimtab" DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} COMPONENT library)
set(package "${CMAKE_INSTALL_LIBDIR}/cmake/trimtab")
install(EXPORT trimtab_targets NAMESPACE trimtab:: FILE trimtab-config.cmake DESTINATION ${package} COMPONENT library)
write_basic_package_version_file("${CMAKE_BINARY_DIR}/trimtab-config-version.cmake" VERSION ${PROJECT_VERSION} COMPATIBILITY SameMinorVersion)
install(FILES "${CMAKE_BINARY_DIR}/trimtab-config-version.cmake" DESTINATION ${package} COMPONENT library)
# The program's target comes later, in another folder.
install(PROGRAMS "${CMAKE_BINARY_DIR}/trimtab" DESTINATION ${CMAKE_INSTALL_BINDIR} COMPONENT program)

if(TRIMTAB_TESTS AND NOT TRIMTAB_SANITIZE)
  add_test(NAME integration.library_installed COMMAND "${CMAKE_COMMAND}" "-DBUILD=${CMAKE_BINARY_DIR}" "-DSOURCE=${CMAKE_SOURCE_DIR}"
    "-DCOMPILER=${CMAKE_CXX_COMPILER}" -P "${CMAKE_SOURCE_DIR}/cmake/TestInstalled.cmake")
  set_tests_properties(integration.library_installed PROPERTIES LABELS integration TIMEOUT 300 RUN_SERIAL ON)
endif()
