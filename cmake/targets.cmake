# openl2tp_library / _program / _plugin / _test / _fuzz: what every target of the project shares, in one place.

add_library(openl2tp_options INTERFACE)
target_include_directories(openl2tp_options INTERFACE ${PROJECT_SOURCE_DIR} ${PROJECT_SOURCE_DIR}/sdk/include)
target_compile_options(openl2tp_options INTERFACE
  -Wall -Wextra -Wshadow -Wconversion -Wswitch-enum -Wnon-virtual-dtor
  # Fields left out of a designated initialiser have their defaults on purpose.
  -Wno-missing-designated-field-initializers -fstack-protector-strong
  $<$<BOOL:${OPENL2TP_WERROR}>:-Werror>
  $<$<CONFIG:Release>:-U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2>)
target_compile_definitions(openl2tp_options INTERFACE _GNU_SOURCE)

# Without it the engine has no trace at all: what the benchmark compares against, to show what trace costs while it is off.
option(OPENL2TP_TRACE "The trace facility" ON)
if(NOT OPENL2TP_TRACE)
  target_compile_definitions(openl2tp_options INTERFACE OPENL2TP_NO_TRACE)
endif()
target_link_options(openl2tp_options INTERFACE -Wl,-z,relro,-z,now)

# A build from nothing, as CI makes it, takes two thirds of the time when the headers below are parsed once. With it a source that lacks an
# include of one of them is not found out, so it is off for developers; headers are always compiled without (checks.cmake).
option(OPENL2TP_PRECOMPILE "Precompile the headers that most sources include" OFF)
if(OPENL2TP_PRECOMPILE)
  set(often algorithm array atomic cerrno charconv chrono cstddef cstdint cstdio cstdlib cstring deque fstream functional map memory mutex
    optional set span sstream string string_view thread tl/expected.hpp unordered_map utility variant vector fmt/format.h)
  list(TRANSFORM often REPLACE "(.+)" "$<$<COMPILE_LANGUAGE:CXX>:<\\1$<ANGLE-R>>" OUTPUT_VARIABLE often)
  file(CONFIGURE OUTPUT ${PROJECT_BINARY_DIR}/precompiled.cpp CONTENT "int main() {}\n")
  # Two of each header: of libraries (-fPIC), and of programs (-fPIE), most of which are tests.
  add_library(openl2tp_precompiled_library STATIC ${PROJECT_BINARY_DIR}/precompiled.cpp)
  add_executable(openl2tp_precompiled_program EXCLUDE_FROM_ALL ${PROJECT_BINARY_DIR}/precompiled.cpp)
  foreach(kind library program)
    target_link_libraries(openl2tp_precompiled_${kind} PRIVATE openl2tp_options tl_expected)
    target_precompile_headers(openl2tp_precompiled_${kind} PRIVATE ${often})
  endforeach()
  if(BUILD_TESTING)
    target_link_libraries(openl2tp_precompiled_program PRIVATE GTest::gtest)
    target_precompile_headers(openl2tp_precompiled_program PRIVATE $<$<COMPILE_LANGUAGE:CXX>:<gtest/gtest.h$<ANGLE-R>>)
  endif()
endif()
function(openl2tp_precompiled name kind)
  if(OPENL2TP_PRECOMPILE)
    target_precompile_headers(${name} REUSE_FROM openl2tp_precompiled_${kind})
  endif()
endfunction()

# openl2tp_library(NAME ROOM room SOURCES ... [DEPENDS ...]): a static library of one room.
function(openl2tp_library name)
  cmake_parse_arguments(arg "" "ROOM" "SOURCES;DEPENDS" ${ARGN})
  add_library(${name} STATIC ${arg_SOURCES})
  target_link_libraries(${name} PUBLIC openl2tp_options ${arg_DEPENDS})
  openl2tp_precompiled(${name} library)
endfunction()

# openl2tp_program(NAME SOURCES ... [DEPENDS ...]): ends up in bin/.
function(openl2tp_program name)
  cmake_parse_arguments(arg "" "" "SOURCES;DEPENDS" ${ARGN})
  add_executable(${name} ${arg_SOURCES})
  target_link_libraries(${name} PRIVATE openl2tp_options ${arg_DEPENDS})
endfunction()

# openl2tp_plugin(NAME SOURCES ...): NAME.so in lib/openl2tp/; exports its entry point alone and sees the sdk alone.
function(openl2tp_plugin name)
  cmake_parse_arguments(arg "" "" "SOURCES;DEPENDS" ${ARGN})
  add_library(${name} MODULE ${arg_SOURCES})
  set_target_properties(${name} PROPERTIES PREFIX "" LIBRARY_OUTPUT_DIRECTORY ${OPENL2TP_PLUGIN_OUTPUT_DIRECTORY})
  target_include_directories(${name} PRIVATE ${PROJECT_SOURCE_DIR}/sdk/include)
  target_compile_options(${name} PRIVATE -Wall -Wextra -Wshadow -Wconversion $<$<BOOL:${OPENL2TP_WERROR}>:-Werror>)
  target_link_libraries(${name} PRIVATE ${arg_DEPENDS})
  install(TARGETS ${name} LIBRARY DESTINATION lib/openl2tp)
endfunction()

# openl2tp_test(NAME LABEL label SOURCES ... [DEPENDS ...]): a GoogleTest program; each of its tests is a ctest of that label.
function(openl2tp_test name)
  cmake_parse_arguments(arg "" "LABEL" "SOURCES;DEPENDS" ${ARGN})
  add_executable(${name} ${arg_SOURCES})
  target_link_libraries(${name} PRIVATE openl2tp_options ${arg_DEPENDS} GTest::gtest GTest::gtest_main)
  target_compile_definitions(${name} PRIVATE OPENL2TP_SOURCE_DIR="${PROJECT_SOURCE_DIR}")
  openl2tp_precompiled(${name} program)
  include(GoogleTest)
  # The value of a parameter is octets to ctest where its type cannot be printed; the name after the slash says it.
  gtest_discover_tests(${name} DISCOVERY_MODE PRE_TEST NO_PRETTY_VALUES PROPERTIES LABELS ${arg_LABEL} TIMEOUT 120)
endfunction()

# openl2tp_fuzz(NAME SOURCES ... [DEPENDS ...]): a libFuzzer target. It runs once over its corpus, tests/fuzz/corpus/NAME, as
# an ordinary test of label fuzz; the fuzz preset links libFuzzer itself, the others the project's own driver.
function(openl2tp_fuzz name)
  cmake_parse_arguments(arg "" "" "SOURCES;DEPENDS" ${ARGN})
  if(OPENL2TP_FUZZ)
    add_executable(${name} ${arg_SOURCES})
    target_link_options(${name} PRIVATE -fsanitize=fuzzer)
  else()
    if(NOT TARGET openl2tp_corpus_driver)
      add_library(openl2tp_corpus_driver OBJECT ${PROJECT_SOURCE_DIR}/tests/fuzz/corpus_driver.cpp)
      target_link_libraries(openl2tp_corpus_driver PRIVATE openl2tp_options)
    endif()
    add_executable(${name} ${arg_SOURCES} $<TARGET_OBJECTS:openl2tp_corpus_driver>)
  endif()
  openl2tp_precompiled(${name} program)
  target_link_libraries(${name} PRIVATE openl2tp_options ${arg_DEPENDS})
  # -runs=0 makes libFuzzer stop after the corpus; the driver ignores words that begin with a dash.
  add_test(NAME ${name} COMMAND ${name} -runs=0 ${PROJECT_SOURCE_DIR}/tests/fuzz/corpus/${name})
  set_tests_properties(${name} PROPERTIES LABELS fuzz TIMEOUT 300)
endfunction()
