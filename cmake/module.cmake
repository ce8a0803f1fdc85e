# SPDX-License-Identifier: Apache-2.0
# tg_module(NAME FOLDER PROGRAM [LIBS target...]): the objects of tg_FOLDER become a shared object NAME.so that PROGRAM loads when it is needed.
# It shows one symbol, tg_FOLDER. What it uses of ours comes from the program, which is linked after it and shows exactly that: a function that
# the program hasn't got is an error of the build.
function(tg_module name folder program)
  cmake_parse_arguments(ARG "" "" "LIBS" ${ARGN})
  set(shows ${PROJECT_BINARY_DIR}/generated/${name}.map)
  set(needs ${PROJECT_BINARY_DIR}/generated/${name}.needs)
  file(GENERATE OUTPUT ${shows} CONTENT "{ global: tg_${folder}; local: *; };\n")
  add_library(${name} MODULE $<TARGET_OBJECTS:tg_${folder}>)
  tg_compile_options(${name})
  set_target_properties(${name} PROPERTIES PREFIX "" LINKER_LANGUAGE C LINK_DEPENDS ${shows})
  target_link_options(${name} PRIVATE -Wl,--version-script=${shows})
  target_link_libraries(${name} PRIVATE ${ARG_LIBS})
  add_custom_command(TARGET ${name} POST_BUILD BYPRODUCTS ${needs} VERBATIM
    COMMAND ${CMAKE_COMMAND} -DNM=${CMAKE_NM} -DMODULE=$<TARGET_FILE:${name}> -DOUT=${needs} -P ${PROJECT_SOURCE_DIR}/cmake/module_needs.cmake)
  add_dependencies(${program} ${name})
  set_property(TARGET ${program} APPEND PROPERTY LINK_DEPENDS ${needs})
  target_link_options(${program} PRIVATE -Wl,@${needs})
  install(TARGETS ${name} LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR}/tidegate)
endfunction()
