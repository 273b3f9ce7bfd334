# trimtab_library(<room> [PUBLIC dep...] [PRIVATE dep...])
#
# Makes trimtab_<room> from the folder's *.cc and, from its *_test.cc, the test program <room>_test. A room may have
# sub-folders (adapters); their sources belong to it. A room without sources yet is an interface library.
# Defines TRIMTAB_SOURCE_DIR for those sources that name it: a path in every command line would keep compiled objects from
# being found again in another clone.
function(trimtab_source_dir_for)
  foreach(source ${ARGN})
    file(STRINGS "${source}" uses REGEX "TRIMTAB_SOURCE_DIR" LIMIT_COUNT 1)
    if(uses)
      set_property(SOURCE "${source}" APPEND PROPERTY COMPILE_DEFINITIONS TRIMTAB_SOURCE_DIR="${CMAKE_SOURCE_DIR}")
    endif()
  endforeach()
endfunction()

# Every room's unit tests; each test carries the label unit_<room>.
add_custom_target(unit_tests)

function(trimtab_library room)
  cmake_parse_arguments(ARG "" "" "PUBLIC;PRIVATE;TEST" ${ARGN})
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS "${CMAKE_CURRENT_SOURCE_DIR}/*.cc")
  set(tests ${sources})
  list(FILTER sources EXCLUDE REGEX "_test\\.cc$")
  list(FILTER sources EXCLUDE REGEX "_main\\.cc$")
  list(FILTER tests INCLUDE REGEX "_test\\.cc$")
  if(sources)
    add_library(trimtab_${room} STATIC ${sources})
    target_link_libraries(trimtab_${room} PUBLIC ${ARG_PUBLIC} PRIVATE trimtab_options ${ARG_PRIVATE})
    target_include_directories(trimtab_${room} PUBLIC "${CMAKE_SOURCE_DIR}/src")
  else()
    add_library(trimtab_${room} INTERFACE)
    target_link_libraries(trimtab_${room} INTERFACE ${ARG_PUBLIC})
    target_include_directories(trimtab_${room} INTERFACE "${CMAKE_SOURCE_DIR}/src")
  endif()
  if(TRIMTAB_TESTS AND tests)
    add_executable(${room}_test ${tests})
    target_link_libraries(${room}_test PRIVATE trimtab_${room} trimtab_options ${ARG_PRIVATE} ${ARG_TEST} GTest::gmock_main)
    trimtab_source_dir_for(${tests})
    gtest_discover_tests(${room}_test DISCOVERY_MODE PRE_TEST PROPERTIES TIMEOUT 120 LABELS unit_${room})
    add_dependencies(unit_tests ${room}_test)
  endif()
endfunction()
