# Build for Windows as Microsoft's compiler would lay it out, from Linux: clang,
# with the headers and import libraries of Wine. CMAKE_C_COMPILER_TARGET says
# for which processor. Wine has import libraries for x86_64 only: what is built
# for another one can be compiled, and not linked.
set(CMAKE_SYSTEM_NAME Windows)
string(REGEX MATCH "^[^-]+" CMAKE_SYSTEM_PROCESSOR "${CMAKE_C_COMPILER_TARGET}")
set(CMAKE_C_COMPILER clang)
set(CMAKE_RC_COMPILER llvm-rc)
set(CMAKE_AR llvm-ar)
set(CMAKE_RANLIB llvm-ranlib)
set(CMAKE_OBJDUMP objdump)
set(CMAKE_FIND_ROOT_PATH_MODE_PROGRAM NEVER)

set(wine_headers /usr/include/wine/wine)
set(wine_libraries /usr/lib/x86_64-linux-gnu/wine/x86_64-windows)
set(msvc_flags "-fms-compatibility-version=19.29 -D_UCRT")
string(APPEND msvc_flags " -isystem ${wine_headers}/msvcrt")
string(APPEND msvc_flags " -isystem ${wine_headers}/windows")
set(CMAKE_C_FLAGS_INIT "${msvc_flags}")
set(CMAKE_MSVC_RUNTIME_LIBRARY "")

if(CMAKE_SYSTEM_PROCESSOR STREQUAL x86_64)
  # The linker looks for NAME.lib, where Wine has libNAME.a; and the little of a
  # C runtime that no DLL can have is ours.
  set(msvc ${CMAKE_BINARY_DIR}/msvc)
  file(MAKE_DIRECTORY ${msvc})
  foreach(name iphlpapi kernel32 mswsock ntdll shell32 ucrtbase ws2_32)
    file(CREATE_LINK ${wine_libraries}/lib${name}.a ${msvc}/${name}.lib
      SYMBOLIC)
  endforeach()
  foreach(kind program dll)
    execute_process(
      COMMAND clang --target=${CMAKE_C_COMPILER_TARGET} -O1 -c -D${kind}
        ${CMAKE_CURRENT_LIST_DIR}/msvc-start.c -o ${msvc}/start-${kind}.lib
      COMMAND_ERROR_IS_FATAL ANY)
  endforeach()
  set(msvc_linking "-L${msvc} -Xlinker /nodefaultlib")
  set(CMAKE_EXE_LINKER_FLAGS_INIT
    "${msvc_linking} -lstart-program -Xlinker /entry:mainCRTStartup")
  set(CMAKE_SHARED_LINKER_FLAGS_INIT
    "${msvc_linking} -lstart-dll -Xlinker /noentry")
  set(CMAKE_C_STANDARD_LIBRARIES "-lucrtbase -lkernel32 -lntdll -lshell32")
else()
  set(CMAKE_TRY_COMPILE_TARGET_TYPE STATIC_LIBRARY)
endif()

if(CMAKE_HOST_UNIX AND NOT DEFINED CMAKE_CROSSCOMPILING_EMULATOR)
  set(CMAKE_CROSSCOMPILING_EMULATOR ${CMAKE_CURRENT_LIST_DIR}/wine.sh)
endif()
