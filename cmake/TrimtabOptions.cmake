# Compiler settings every target shares. Build types: Dev (debuggable, never -O0: Eigen without optimisation is 30 to 60
# times slower), Release (hardened), Sanitize.
option(TRIMTAB_TESTS "Build the tests" ON)
option(TRIMTAB_FUZZ "Build the fuzz targets (clang)" OFF)
option(TRIMTAB_WEB "Embed the web page; needs Node 20 or later" ON)
set(TRIMTAB_SANITIZE "" CACHE STRING "Sanitizers, for example address,undefined")

set(CMAKE_CXX_STANDARD 23)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
if(NOT CMAKE_BUILD_TYPE)
  set(CMAKE_BUILD_TYPE Release CACHE STRING "Build type" FORCE)
endif()
set(CMAKE_CXX_FLAGS_DEV "-O1 -g1" CACHE STRING "" FORCE)
set(CMAKE_C_FLAGS_DEV "-O1 -g1" CACHE STRING "" FORCE)
set(CMAKE_CXX_FLAGS_SANITIZE "-O1 -g1 -fno-omit-frame-pointer" CACHE STRING "" FORCE)
set(CMAKE_C_FLAGS_SANITIZE "-O1 -g1 -fno-omit-frame-pointer" CACHE STRING "" FORCE)
set(CMAKE_CXX_FLAGS_RELEASE "-O2 -DNDEBUG -D_FORTIFY_SOURCE=2" CACHE STRING "" FORCE)

find_program(CCACHE ccache)
if(CCACHE)
  # Paths below the source folder are taken relative, so that another clone finds the compiled objects again.
  set(cached "${CMAKE_COMMAND}" -E env "CCACHE_BASEDIR=${CMAKE_SOURCE_DIR}" CCACHE_NOHASHDIR=1 "${CCACHE}")
  set(CMAKE_CXX_COMPILER_LAUNCHER ${cached})
  set(CMAKE_C_COMPILER_LAUNCHER ${cached})
endif()
find_program(MOLD mold)
if(MOLD)
  add_link_options(-fuse-ld=mold)
endif()

add_library(trimtab_options INTERFACE)
target_compile_options(trimtab_options INTERFACE
  $<$<COMPILE_LANGUAGE:CXX>:-Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wno-sign-conversion>
  $<$<AND:$<COMPILE_LANGUAGE:CXX>,$<NOT:$<BOOL:${TRIMTAB_FUZZ}>>>:-Werror>  # clang finds fault with GCC's standard library
  $<$<COMPILE_LANGUAGE:CXX>:-fstack-protector-strong>)
target_compile_definitions(trimtab_options INTERFACE _GLIBCXX_ASSERTIONS)
target_link_options(trimtab_options INTERFACE -Wl,-z,relro,-z,now)
if(TRIMTAB_SANITIZE)
  # Instrumented, GCC 12 takes members of <regex> and <functional> for uninitialised (its documentation warns of it).
  target_compile_options(trimtab_options INTERFACE -fsanitize=${TRIMTAB_SANITIZE} -fno-sanitize-recover=all -Wno-maybe-uninitialized)
  target_link_options(trimtab_options INTERFACE -fsanitize=${TRIMTAB_SANITIZE})
endif()
if(TRIMTAB_FUZZ)
  target_compile_options(trimtab_options INTERFACE -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=all)
  target_link_options(trimtab_options INTERFACE -fsanitize=address,undefined)
endif()
