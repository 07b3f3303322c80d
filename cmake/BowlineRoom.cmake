# A room is one static library whose include path holds only the rooms it may see (DESIGN: rooms), so that a
# wrong include does not compile. Each room is reached as "room/header.h" through a folder of its own that
# holds nothing but a link to it.

set(BOWLINE_ROOMS_DIR ${PROJECT_BINARY_DIR}/rooms)

# The part of include/bowline that every room may see: the words all rooms speak.
set(BOWLINE_VOCABULARY address.h buffer.h cbor.h connection_state.h datagram_facts.h endpoint.h error.h export.h framer.h
    framers.h http_fields.h message.h multicast.h operation.h ostream.h parameters.h path.h probe_reply.h report.h resident.h
    result.h security_report.h time.h trace.h transfer_report.h trust.h url.h websocket_options.h detail/completion.h
    detail/facts.h detail/handover.h detail/printed.h detail/ref.h detail/request.h detail/request_queue.h
    detail/security_facts.h detail/trust_facts.h detail/websocket_facts.h)
file(MAKE_DIRECTORY ${BOWLINE_ROOMS_DIR}/vocabulary/bowline/detail)
foreach(header IN LISTS BOWLINE_VOCABULARY)
  file(CREATE_LINK ${PROJECT_SOURCE_DIR}/include/bowline/${header}
       ${BOWLINE_ROOMS_DIR}/vocabulary/bowline/${header} SYMBOLIC)
endforeach()

add_library(bowline_flags INTERFACE)
if(BOWLINE_UNITY AND CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  # GCC takes a source that another file includes for a header, whose types should not use an anonymous namespace.
  target_compile_options(bowline_flags INTERFACE -Wno-subobject-linkage)
endif()
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
  # UBSan's look at tables of virtual functions opens a pipe each time that it meets a type, and takes a failure for a
  # broken table. Tests that leave no descriptors make it fail; AddressSanitizer sees objects that are gone.
  if(BOWLINE_SANITIZE MATCHES "undefined")
    target_compile_options(bowline_flags INTERFACE -fno-sanitize=vptr)
  endif()
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

# Debug builds do not optimise the tests themselves, only what they test: a test compiles in half of the time.
set(bowline_test_options $<$<CONFIG:Debug>:-O0>)

# bowline_target_defaults(target [TEST]): our flags, the precompiled header of its kind, and unity builds.
function(bowline_target_defaults target)
  cmake_parse_arguments(arg "TEST" "" "" ${ARGN})
  set_target_properties(${target} PROPERTIES CXX_EXTENSIONS OFF POSITION_INDEPENDENT_CODE ON)
  target_link_libraries(${target} PRIVATE bowline_flags)
  get_target_property(type ${target} TYPE)
  if(arg_TEST)
    target_compile_options(${target} PRIVATE ${bowline_test_options})
    bowline_compile_together(${target} 4)
    bowline_precompile(${target} bowline_pch_test)
  elseif(NOT type STREQUAL "EXECUTABLE")
    bowline_compile_together(${target} 8)
    bowline_precompile(${target} bowline_pch_library)
  endif()
endfunction()

# Two precompiled headers serve all targets: what libraries use of the standard library, and that with GoogleTest.
# There are two because GCC refuses one that was compiled with -fPIC where a program is compiled with -fPIE.
function(bowline_precompile target pch)
  if(NOT BOWLINE_PCH)
    return()
  endif()
  if(NOT TARGET ${pch})
    set(headers <algorithm> <array> <chrono> <cstdint> <deque> <expected> <functional> <map> <memory> <optional>
                <span> <string> <string_view> <unordered_map> <utility> <variant> <vector>)
    file(WRITE ${PROJECT_BINARY_DIR}/${pch}.cpp "// Compiled for its precompiled header only.\n")
    add_library(${pch} OBJECT EXCLUDE_FROM_ALL ${PROJECT_BINARY_DIR}/${pch}.cpp)
    set_target_properties(${pch} PROPERTIES CXX_EXTENSIONS OFF POSITION_INDEPENDENT_CODE ON)
    target_link_libraries(${pch} PRIVATE bowline_flags)
    if(pch STREQUAL "bowline_pch_test")
      list(APPEND headers <gtest/gtest.h> <gmock/gmock.h>)
      set_target_properties(${pch} PROPERTIES POSITION_INDEPENDENT_CODE OFF)
      target_compile_options(${pch} PRIVATE -fPIE ${bowline_test_options})
      target_link_libraries(${pch} PRIVATE GTest::gtest GTest::gmock)
    endif()
    target_precompile_headers(${pch} PRIVATE ${headers})
  endif()
  target_precompile_headers(${target} REUSE_FROM ${pch})
endfunction()

# Sources that stand in one folder are compiled together, up to `most`; small folders join their neighbours. So the
# names in their anonymous namespaces must differ, and a macro ends with its file.
function(bowline_compile_together target most)
  if(NOT BOWLINE_UNITY)
    return()
  endif()
  set_target_properties(${target} PROPERTIES UNITY_BUILD ON UNITY_BUILD_MODE GROUP)
  get_target_property(sources ${target} SOURCES)
  list(FILTER sources INCLUDE REGEX "\\.cpp$")
  list(TRANSFORM sources REPLACE "^([^/].*)$" "${CMAKE_CURRENT_SOURCE_DIR}/\\1")
  list(SORT sources)
  set(group 0)
  set(members 0)
  set(before "")
  foreach(source IN LISTS sources)
    get_filename_component(folder ${source} DIRECTORY)
    if(NOT folder STREQUAL before)
      set(of_folder ${sources})
      list(FILTER of_folder INCLUDE REGEX "^${folder}/[^/]*$")
      list(LENGTH of_folder coming)
    endif()
    math(EXPR sum "${members} + ${coming}")
    if(members GREATER_EQUAL most OR (NOT folder STREQUAL before AND sum GREATER most))
      math(EXPR group "${group} + 1")
      set(members 0)
    endif()
    math(EXPR members "${members} + 1")
    set(before ${folder})
    set_property(SOURCE ${source} PROPERTY UNITY_GROUP ${group})
  endforeach()
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

  # A release build repeats core's own tests, for what the optimiser makes of them, and no other room's.
  if(BOWLINE_BUILD_TESTS AND tests AND (NOT BOWLINE_RELEASE_TESTS OR name STREQUAL "core"))
    find_package(GTest REQUIRED)
    add_executable(test_${name} ${tests})
    bowline_target_defaults(test_${name} TEST)
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
