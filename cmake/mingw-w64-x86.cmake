# Build for 32-bit Windows with MinGW-w64; run the results with Wine.
set(mingw_processor i686)
include(${CMAKE_CURRENT_LIST_DIR}/mingw-w64.cmake)
