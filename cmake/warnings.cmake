# idem_warnings(target): the warnings every target of this project lives with.
function(idem_warnings target)
  if(MSVC)
    target_compile_options(${target} PRIVATE /W4 /permissive-)
  else()
    target_compile_options(${target} PRIVATE
      -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion
      -Wstrict-prototypes -Wmissing-prototypes -Wundef -Wvla -Wswitch-enum
      -Wcast-qual -Wwrite-strings -Wformat=2
      $<$<C_COMPILER_ID:GNU>:-Wnull-dereference>)
  endif()
  if(IDEM_WERROR)
    set_target_properties(${target} PROPERTIES COMPILE_WARNING_AS_ERROR ON)
  endif()
endfunction()
