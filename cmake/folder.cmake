# SPDX-License-Identifier: Apache-2.0
# tg_folder(NAME DIR [DEPS folder...] [LIBS target...]): the .c files of DIR become the static library tg_NAME.
# A folder without sources is an interface library, so that the build follows the tree.
function(tg_folder name dir)
  cmake_parse_arguments(ARG "" "" "DEPS;LIBS" ${ARGN})
  file(GLOB sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/${dir}/*.c)
  list(FILTER sources EXCLUDE REGEX "/(host/main|core/http/http_load)\\.c$") # parts of the program only
  set(scope INTERFACE)
  if(sources)
    set(scope PUBLIC)
    add_library(tg_${name} STATIC ${sources})
    tg_compile_options(tg_${name})
  else()
    add_library(tg_${name} INTERFACE)
  endif()
  foreach(dep ${ARG_DEPS})
    target_link_libraries(tg_${name} ${scope} tg_${dep})
  endforeach()
  target_link_libraries(tg_${name} ${scope} ${ARG_LIBS} Threads::Threads)
endfunction()
