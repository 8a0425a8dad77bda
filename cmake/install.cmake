# Where `cmake --install` puts things: the daemon in sbin, its command line in bin, plugins in lib/openl2tp (openl2tp_plugin() does
# that), the sdk's headers and man pages beside them. Included last, when every target exists.

include(GNUInstallDirs)

if(TARGET openl2tpd)
  install(TARGETS openl2tpd RUNTIME DESTINATION ${CMAKE_INSTALL_SBINDIR})
endif()
if(TARGET l2tpconfig)
  install(TARGETS l2tpconfig RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
endif()
install(DIRECTORY ${PROJECT_SOURCE_DIR}/sdk/include/openl2tp DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} COMPONENT sdk)
install(FILES ${PROJECT_SOURCE_DIR}/LICENSE DESTINATION ${CMAKE_INSTALL_DOCDIR})
install(FILES ${PROJECT_SOURCE_DIR}/sdk/LICENSE DESTINATION ${CMAKE_INSTALL_DOCDIR} RENAME LICENSE.sdk)

foreach(section 1 3 4 5 7 8)
  file(GLOB pages CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/tools/*/*.${section} ${PROJECT_SOURCE_DIR}/sdk/*.${section}
    ${PROJECT_SOURCE_DIR}/plugins/*/*.${section} ${PROJECT_SOURCE_DIR}/docs/man/*.${section})
  install(FILES ${pages} DESTINATION ${CMAKE_INSTALL_MANDIR}/man${section})
endforeach()
