# What every room of the build shares: flags, one function for a room, one for the registries.

add_library(leitai_flags INTERFACE)
target_include_directories(leitai_flags INTERFACE ${CMAKE_SOURCE_DIR})
# -Wno-restrict, -Wno-array-bounds, -Wno-stringop-overflow: GCC 12 warns falsely about std::string (GCC bugs 105651, 105329).
target_compile_options(leitai_flags INTERFACE
  -Wall -Wextra -Wpedantic -Werror -Wno-restrict -Wno-array-bounds -Wno-stringop-overflow -Wshadow -Wnon-virtual-dtor -Wno-missing-field-initializers -fno-math-errno -ffp-contract=off)
if(LEITAI_FUZZ)  # clang knows other warnings
  target_compile_options(leitai_flags INTERFACE -Wno-error -Wno-unknown-warning-option)
endif()
set(LEITAI_SANITIZE "" CACHE STRING "address,undefined or thread")
if(LEITAI_SANITIZE)
  target_compile_options(leitai_flags INTERFACE -fsanitize=${LEITAI_SANITIZE} -fno-omit-frame-pointer
    -Wno-maybe-uninitialized)  # false with the checks woven in
  target_link_options(leitai_flags INTERFACE -fsanitize=${LEITAI_SANITIZE})
endif()

# leitai_room(NAME SOURCES ... [USES libraries ...]): a static library of one room.
function(leitai_room name)
  cmake_parse_arguments(ROOM "" "" "SOURCES;USES" ${ARGN})
  add_library(${name} STATIC ${ROOM_SOURCES})
  target_link_libraries(${name} PUBLIC leitai_flags ${ROOM_USES})
endfunction()

# leitai_registry(VARIABLE TABLE type suffix header files...): the file is the registration. For each file foo.cpp there is an
# `extern constinit const <type> foo<suffix>`; writes a .cpp that defines `std::span<const <type>* const> <TABLE>()` in namespace leitai.
# A file registry/backend.cpp one level down is named after its folder.
function(leitai_registry out table type suffix header)
  set(externs "")
  set(entries "")
  set(count 0)
  foreach(file ${ARGN})
    get_filename_component(name ${file} NAME_WE)
    if(name STREQUAL "backend")
      get_filename_component(folder ${file} DIRECTORY)
      get_filename_component(name ${folder} NAME)
    endif()
    string(APPEND externs "extern const ${type} ${name}${suffix};\n")
    string(APPEND entries "    &${name}${suffix},\n")
    math(EXPR count "${count} + 1")
  endforeach()
  set(body "  static constexpr const ${type}* kTable[] = {\n${entries}  };\n  return kTable;\n")
  if(count EQUAL 0)
    set(body "  return {};\n")
  endif()
  set(path ${CMAKE_CURRENT_BINARY_DIR}/${table}_registry.cpp)
  file(CONFIGURE OUTPUT ${path} CONTENT
"// Generated: one entry for each file of the registry.
#include <span>

#include \"${header}\"

namespace leitai {

${externs}
std::span<const ${type}* const> ${table}() {
${body}}

}  // namespace leitai
" @ONLY)
  set(${out} ${path} PARENT_SCOPE)
endfunction()

# leitai_embed(VARIABLE function files...): embeds files; writes a .cpp that defines
# `std::span<const EmbeddedFile> <function>()` (harness/core/embedded.h). Paths are relative to the source root.
function(leitai_embed out function)
  set(path ${CMAKE_CURRENT_BINARY_DIR}/${function}_embedded.cpp)
  string(REPLACE ";" "," list "${ARGN}")
  add_custom_command(OUTPUT ${path}
    COMMAND ${CMAKE_COMMAND} -DOUT=${path} -DFUNCTION=${function} -DROOT=${CMAKE_SOURCE_DIR} "-DFILES=${list}"
            -P ${CMAKE_SOURCE_DIR}/cmake/embed.cmake
    DEPENDS ${ARGN} ${CMAKE_SOURCE_DIR}/cmake/embed.cmake VERBATIM)
  set(${out} ${path} PARENT_SCOPE)
endfunction()

# leitai_link_rooms(target): links every room that is built, users before what they use.
function(leitai_link_rooms target)
  foreach(room suites engine http replay reports harness stats jinja io core)
    if(TARGET leitai_${room})
      target_link_libraries(${target} PRIVATE leitai_${room})
    endif()
  endforeach()
  target_link_libraries(${target} PRIVATE fmt::fmt nlohmann_json::nlohmann_json)
endfunction()
