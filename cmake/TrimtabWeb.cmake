# trimtab_web(<target>): builds web/ with Vite and makes a library with the files of web/dist inside: a generated
# assembler file (.incbin, each file gzipped at build time) and a table in web_assets.cc. See src/api/assets.h.
function(trimtab_web target)
  file(GLOB_RECURSE web_sources CONFIGURE_DEPENDS "${CMAKE_SOURCE_DIR}/web/src/*" "${CMAKE_SOURCE_DIR}/web/public/*")
  list(APPEND web_sources "${CMAKE_SOURCE_DIR}/web/index.html" "${CMAKE_SOURCE_DIR}/web/package.json"
       "${CMAKE_SOURCE_DIR}/web/package-lock.json" "${CMAKE_SOURCE_DIR}/web/vite.config.ts")
  set(out "${CMAKE_CURRENT_BINARY_DIR}/web")
  add_custom_command(
    OUTPUT "${out}/assets.S" "${out}/assets.cc"
    COMMAND "${CMAKE_SOURCE_DIR}/tools/web-build" "${CMAKE_SOURCE_DIR}" "${out}"
    DEPENDS ${web_sources} "${CMAKE_SOURCE_DIR}/tools/web-build"
    COMMENT "Building the web page" VERBATIM)
  add_library(${target} STATIC "${out}/assets.S" "${out}/assets.cc")
  target_include_directories(${target} PRIVATE "${CMAKE_SOURCE_DIR}/src")
  target_link_libraries(${target} PRIVATE trimtab_api)
endfunction()
