# SPDX-License-Identifier: Apache-2.0
# tg_embed(TARGET SYMBOL file...): Lua text files become a generated C table `SYMBOL` of tg_embedded_file_t
# (core/base/embed.h): {name relative to the source tree, bytes, length}, ended by a row whose name is NULL.
function(tg_embed target symbol)
  set(out ${PROJECT_BINARY_DIR}/generated/embed_${symbol}.c)
  add_custom_command(OUTPUT ${out}
    COMMAND ${CMAKE_COMMAND} -DOUT=${out} -DSYMBOL=${symbol} -DROOT=${PROJECT_SOURCE_DIR} "-DFILES=${ARGN}" -P ${PROJECT_SOURCE_DIR}/cmake/embed_write.cmake
    DEPENDS ${ARGN} ${PROJECT_SOURCE_DIR}/cmake/embed_write.cmake VERBATIM)
  target_sources(${target} PRIVATE ${out})
endfunction()
