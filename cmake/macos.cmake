# Build for macOS from Linux; the results cannot be run.
# CMAKE_C_COMPILER_TARGET says for which processor: x86_64-macos, aarch64-macos.
set(CMAKE_SYSTEM_NAME Darwin)
if(CMAKE_C_COMPILER_TARGET MATCHES "^aarch64")
  set(CMAKE_SYSTEM_PROCESSOR arm64)
else()
  set(CMAKE_SYSTEM_PROCESSOR x86_64)
endif()
set(CMAKE_C_COMPILER ${CMAKE_CURRENT_LIST_DIR}/zig-cc.sh)
set(CMAKE_AR llvm-ar)
set(CMAKE_RANLIB llvm-ranlib)
set(CMAKE_NM llvm-nm)
set(CMAKE_FIND_ROOT_PATH_MODE_PROGRAM NEVER)
