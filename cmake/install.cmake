# What "cmake --install" puts where. Everything stays relocatable, but for what
# is given as an absolute path.
include(CMakePackageConfigHelpers)

set(package ${CMAKE_INSTALL_LIBDIR}/cmake/idemsock)
set(generated ${CMAKE_CURRENT_BINARY_DIR}/package)

install(TARGETS ${libraries} EXPORT idemsock FILE_SET HEADERS)
install(EXPORT idemsock NAMESPACE idemsock::
  FILE idemsockTargets.cmake DESTINATION ${package})

write_basic_package_version_file(${generated}/idemsockConfigVersion.cmake
  COMPATIBILITY ${compatibility})
file(CONFIGURE OUTPUT ${generated}/idemsockConfig.cmake @ONLY CONTENT
[[include(CMakeFindDependencyMacro)
if(NOT WIN32)
  set(THREADS_PREFER_PTHREAD_FLAG ON)
  find_dependency(Threads)
endif()
include(${CMAKE_CURRENT_LIST_DIR}/idemsockTargets.cmake)
]])
install(
  FILES ${generated}/idemsockConfig.cmake
        ${generated}/idemsockConfigVersion.cmake
  DESTINATION ${package})

# pkg-config: the prefix is found from where the file lies.
cmake_path(APPEND libdir "\${prefix}" ${CMAKE_INSTALL_LIBDIR})
cmake_path(APPEND includedir "\${prefix}" ${CMAKE_INSTALL_INCLUDEDIR})
file(RELATIVE_PATH up
  ${CMAKE_INSTALL_FULL_LIBDIR}/pkgconfig ${CMAKE_INSTALL_PREFIX})
string(REGEX REPLACE "/$" "" up ${up})
if(WIN32)
  set(private_libraries "-liphlpapi -lmswsock -lws2_32 -lntdll")
else()
  set(private_libraries "-pthread")
  if(CMAKE_DL_LIBS)
    string(APPEND private_libraries " -l${CMAKE_DL_LIBS}")
  endif()
endif()
configure_file(cmake/idemsock.pc.in ${generated}/idemsock.pc @ONLY)
install(FILES ${generated}/idemsock.pc
  DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)

if(IDEM_BUILD_PROGRAMS)
  install(TARGETS idem-server idem-client)
endif()
install(FILES LICENSE README.md CHANGELOG.md TYPE DOC)
install(DIRECTORY docs TYPE DOC) # README.md links there
