# SPDX-License-Identifier: Apache-2.0
# What a package holds besides the binary. The scripts are inside the binary too; the copies are for reading.
foreach(dir scripts objects)
  if(EXISTS ${PROJECT_SOURCE_DIR}/${dir})
    install(DIRECTORY ${dir}/ DESTINATION ${CMAKE_INSTALL_DATADIR}/tidegate/${dir} FILES_MATCHING PATTERN "*.lua")
  endif()
endforeach()
install(DIRECTORY bindings/meta/ DESTINATION ${CMAKE_INSTALL_DATADIR}/tidegate/meta FILES_MATCHING PATTERN "*.lua")
foreach(file config/tidegate.lua config/schema.lua)
  if(EXISTS ${PROJECT_SOURCE_DIR}/${file})
    install(FILES ${file} DESTINATION ${CMAKE_INSTALL_SYSCONFDIR}/tidegate)
  endif()
endforeach()
