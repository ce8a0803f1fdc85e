# SPDX-License-Identifier: Apache-2.0
# What a package holds besides the binary. The scripts are inside the binary too; the copies are for reading.
foreach(dir scripts objects)
  if(EXISTS ${PROJECT_SOURCE_DIR}/${dir})
    install(DIRECTORY ${dir}/ DESTINATION ${CMAKE_INSTALL_DATADIR}/tidegate/${dir} FILES_MATCHING PATTERN "*.lua")
  endif()
endforeach()
install(DIRECTORY bindings/meta/ DESTINATION ${CMAKE_INSTALL_DATADIR}/tidegate/meta FILES_MATCHING PATTERN "*.lua")
install(DIRECTORY config/examples/ DESTINATION ${CMAKE_INSTALL_DATADIR}/tidegate/config FILES_MATCHING PATTERN "*.lua")
install(FILES config/completion/tidegate.bash DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions RENAME tidegate)
install(FILES docs/man/tidegate.1 DESTINATION ${CMAKE_INSTALL_MANDIR}/man1)

# With the prefix /usr that is /etc, not /usr/etc; with others it follows the prefix, also one that is given to `cmake --install`.
set(sysconf ${CMAKE_INSTALL_SYSCONFDIR})
if(CMAKE_INSTALL_PREFIX STREQUAL "/usr")
  set(sysconf ${CMAKE_INSTALL_FULL_SYSCONFDIR})
endif()
install(FILES config/tidegate.lua config/schema.lua DESTINATION ${sysconf}/tidegate)

# The unit names the program and its configuration where they are installed.
set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS config/tidegate.service)
file(READ config/tidegate.service unit)
string(REPLACE "/usr/bin/" "${CMAKE_INSTALL_FULL_BINDIR}/" unit "${unit}")
string(REPLACE "/etc/tidegate/" "${CMAKE_INSTALL_FULL_SYSCONFDIR}/tidegate/" unit "${unit}")
file(WRITE ${PROJECT_BINARY_DIR}/generated/tidegate.service "${unit}")
install(FILES ${PROJECT_BINARY_DIR}/generated/tidegate.service DESTINATION lib/systemd/system)
