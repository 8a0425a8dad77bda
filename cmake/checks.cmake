# Checks of the source tree that are part of a build: the layers of the rooms, and headers that compile alone.
# Included last, when every target exists.

find_package(Python3 REQUIRED COMPONENTS Interpreter)

# Cheap (one pass over the #include lines), so it runs in every build and fails it.
add_custom_target(check_layers ALL
  COMMAND Python3::Interpreter ${PROJECT_SOURCE_DIR}/cmake/check_layers.py --root ${PROJECT_SOURCE_DIR}
  COMMENT "Checking that no room includes what it may not" VERBATIM)

# One translation unit a header that includes it twice and nothing else. Compiled by the test tidy.headers and, in the dev preset,
# by every build (OPENL2TP_CHECK_HEADERS). clang reads the standard library as a module with a part for each of its headers: they are parsed once
# and not for every unit, and each unit sees the parts that it includes, as without modules.
option(OPENL2TP_CHECK_HEADERS "Compile every header alone as part of the build" OFF)
file(GLOB_RECURSE headers CONFIGURE_DEPENDS RELATIVE ${PROJECT_SOURCE_DIR}
  ${PROJECT_SOURCE_DIR}/sdk/*.hpp ${PROJECT_SOURCE_DIR}/sdk/*.h ${PROJECT_SOURCE_DIR}/protocol/*.hpp
  ${PROJECT_SOURCE_DIR}/runtime/*.hpp ${PROJECT_SOURCE_DIR}/tools/*.hpp ${PROJECT_SOURCE_DIR}/plugins/*.hpp)
set(units)
foreach(header ${headers})
  string(REPLACE "/" "_" unit ${header})
  set(unit ${PROJECT_BINARY_DIR}/header_units/${unit}.cpp)
  file(CONFIGURE OUTPUT ${unit} CONTENT "#include \"@header@\"\n#include \"@header@\" // twice\n" @ONLY)
  list(APPEND units ${unit})
endforeach()
if(units)
  add_library(self_contained_headers OBJECT ${units})
  if(NOT OPENL2TP_CHECK_HEADERS)
    set_target_properties(self_contained_headers PROPERTIES EXCLUDE_FROM_ALL ON)
  endif()
  target_link_libraries(self_contained_headers PRIVATE openl2tp_options)
  foreach(room openl2tp_protocol openl2tp_runtime openl2tp_tools openl2tp_rpc openl2tp_rpc_xdr openl2tp_ppp_engine)
    if(TARGET ${room})
      target_link_libraries(self_contained_headers PRIVATE ${room})
    endif()
  endforeach()
  foreach(folder ${CMAKE_CXX_IMPLICIT_INCLUDE_DIRECTORIES})
    if(NOT standard_headers AND EXISTS ${folder}/string_view)
      set(standard_headers ${folder})
    endif()
  endforeach()
  if(CMAKE_CXX_COMPILER_ID STREQUAL "Clang" AND standard_headers)
    set(parts)
    foreach(header algorithm array atomic bit cerrno charconv chrono climits cmath compare concepts condition_variable coroutine csignal cstdarg
        cstddef cstdint cstdio cstdlib cstring ctime deque exception filesystem fstream functional future initializer_list ios iosfwd iostream istream
        iterator limits list locale map memory mutex new numeric optional ostream queue random ranges set shared_mutex span sstream stdexcept
        stop_token streambuf string string_view system_error thread tuple type_traits typeindex typeinfo unordered_map unordered_set utility variant
        vector)
      string(APPEND parts "  module ${header} { header \"${standard_headers}/${header}\" export * }\n")
    endforeach()
    file(CONFIGURE OUTPUT ${PROJECT_BINARY_DIR}/header_units/std.modulemap CONTENT "module std [system] {\n@parts@}\n" @ONLY)
    target_compile_options(self_contained_headers PRIVATE -fmodules -fno-implicit-module-maps
      -fmodule-map-file=${PROJECT_BINARY_DIR}/header_units/std.modulemap -fmodules-cache-path=${PROJECT_BINARY_DIR}/header_units/modules
      "SHELL:-Xclang -fmodules-local-submodule-visibility"
      -Wno-modules-ambiguous-internal-linkage) # inline functions of the C library, which a module and a unit both have
  endif()
endif()
