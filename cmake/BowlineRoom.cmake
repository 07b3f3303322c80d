# A room is one static library whose include path holds only the rooms it may see (DESIGN: rooms), so that a
# wrong include does not compile. Each room is reached as "room/header.h" through a folder of its own that
# holds nothing but a link to it.

set(BOWLINE_ROOMS_DIR ${PROJECT_BINARY_DIR}/rooms)

# The part of include/bowline that every room may see: the words all rooms speak.
set(BOWLINE_VOCABULARY address.h buffer.h connection_state.h endpoint.h error.h export.h framer.h message.h
    operation.h parameters.h path.h report.h result.h time.h trace.h detail/ref.h detail/request.h)
file(MAKE_DIRECTORY ${BOWLINE_ROOMS_DIR}/vocabulary/bowline/detail)
foreach(header IN LISTS BOWLINE_VOCABULARY)
  file(CREATE_LINK ${PROJECT_SOURCE_DIR}/include/bowline/${header}
       ${BOWLINE_ROOMS_DIR}/vocabulary/bowline/${header} SYMBOLIC)
endforeach()

add_library(bowline_flags INTERFACE)
target_compile_features(bowline_flags INTERFACE cxx_std_23)
target_compile_options(bowline_flags INTERFACE -Wall -Wextra -Wpedantic -Wconversion -Wshadow
                       -Wswitch-enum -Wnon-virtual-dtor -fvisibility=hidden
                       $<$<BOOL:${BOWLINE_WERROR}>:-Werror>)
# A caller's mistake ends the program in every build: what our asserts ask is cheap, and a release build that goes
# on after one is worse than one that stops.
target_compile_options(bowline_flags INTERFACE -UNDEBUG)
# Optimising, GCC before 14 warns about optionals that are empty, and about overflows that libstdc++'s strings do
# not have; the debug and sanitizer builds keep the latter, and sanitizers and valgrind find the former.
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 14)
  target_compile_options(bowline_flags INTERFACE
    -Wno-maybe-uninitialized "$<$<NOT:$<CONFIG:Debug>>:-Wno-array-bounds;-Wno-restrict>"
    "$<$<NOT:$<CONFIG:Debug>>:-Wno-stringop-overflow;-Wno-stringop-overread>")
endif()
# Nobody replaces single functions of the library when a program is linked or loaded, so that it may call and
# inline its own exported ones directly; clang takes that for granted.
target_compile_options(bowline_flags INTERFACE $<$<CXX_COMPILER_ID:GNU>:-fno-semantic-interposition>)
if(BOWLINE_SANITIZE)
  target_compile_options(bowline_flags INTERFACE -fsanitize=${BOWLINE_SANITIZE} -fno-omit-frame-pointer
                         -fno-sanitize-recover=all)
  target_link_options(bowline_flags INTERFACE -fsanitize=${BOWLINE_SANITIZE})
  # GCC warns of every atomic_thread_fence under TSan, also those inside libstdc++; nothing of ours uses one.
  if(BOWLINE_SANITIZE STREQUAL "thread" AND CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    target_compile_options(bowline_flags INTERFACE -Wno-tsan)
  endif()
endif()

# Tests with threads run once more under ThreadSanitizer, which builds this target only.
add_custom_target(threaded_tests)
function(bowline_test_has_threads test program)
  set_property(TEST ${test} APPEND PROPERTY LABELS threads)
  add_dependencies(threaded_tests ${program})
endfunction()

function(bowline_link_room room folder)
  file(MAKE_DIRECTORY ${BOWLINE_ROOMS_DIR}/${room})
  file(CREATE_LINK ${folder} ${BOWLINE_ROOMS_DIR}/${room}/${room} SYMBOLIC)
endfunction()

function(bowline_target_defaults target)
  set_target_properties(${target} PROPERTIES CXX_EXTENSIONS OFF POSITION_INDEPENDENT_CODE ON)
  target_link_libraries(${target} PRIVATE bowline_flags)
  if(BOWLINE_PCH)
    target_precompile_headers(${target} PRIVATE <algorithm> <array> <chrono> <cstdint> <deque> <expected>
                              <functional> <map> <memory> <optional> <span> <string> <string_view>
                              <unordered_map> <utility> <variant> <vector>)
  endif()
endfunction()

# bowline_room(name SEES room... [FOLDER path] [LIBRARIES lib...])
# Sources are every *.cpp below the folder but *_test.cpp; those become the program test_<name>.
function(bowline_room name)
  cmake_parse_arguments(arg "" "FOLDER" "SEES;LIBRARIES;TEST_SEES" ${ARGN})
  if(NOT arg_FOLDER)
    set(arg_FOLDER ${PROJECT_SOURCE_DIR}/src/${name})
  endif()
  bowline_link_room(${name} ${arg_FOLDER})
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS ${arg_FOLDER}/*.cpp)
  set(tests ${sources})
  list(FILTER sources EXCLUDE REGEX "_test\\.cpp$|/tests/")
  list(FILTER tests INCLUDE REGEX "_test\\.cpp$")

  set(see ${BOWLINE_ROOMS_DIR}/vocabulary ${BOWLINE_ROOMS_DIR}/${name})
  foreach(room IN LISTS arg_SEES)
    list(APPEND see ${BOWLINE_ROOMS_DIR}/${room})
  endforeach()

  if(sources)
    add_library(bowline_${name} STATIC ${sources})
    bowline_target_defaults(bowline_${name})
    set(scope PUBLIC)
    target_include_directories(bowline_${name} PRIVATE ${see})
  else()
    add_library(bowline_${name} INTERFACE)
    set(scope INTERFACE)
  endif()
  foreach(room IN LISTS arg_SEES)
    target_link_libraries(bowline_${name} ${scope} bowline_${room})
  endforeach()
  target_link_libraries(bowline_${name} ${scope} ${arg_LIBRARIES})

  if(BOWLINE_BUILD_TESTS AND tests)
    find_package(GTest REQUIRED)
    add_executable(test_${name} ${tests})
    bowline_target_defaults(test_${name})
    if(BOWLINE_PCH)
      target_precompile_headers(test_${name} PRIVATE <gtest/gtest.h>)
    endif()
    target_include_directories(test_${name} PRIVATE ${see})
    foreach(room IN LISTS arg_TEST_SEES)
      target_include_directories(test_${name} PRIVATE ${BOWLINE_ROOMS_DIR}/${room})
      target_link_libraries(test_${name} PRIVATE bowline_${room})
    endforeach()
    target_compile_definitions(test_${name} PRIVATE BOWLINE_SOURCE_DIR="${PROJECT_SOURCE_DIR}")
    target_link_libraries(test_${name} PRIVATE bowline_${name} GTest::gtest GTest::gmock GTest::gtest_main)
    add_test(NAME ${name} COMMAND test_${name})
    set_tests_properties(${name} PROPERTIES LABELS unit)
    if(name MATCHES "^(drive|linux|api)$")
      bowline_test_has_threads(${name} test_${name})
    endif()
  endif()
endfunction()
