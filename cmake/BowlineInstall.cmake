# What users get: all rooms merged into one static and one shared libbowline, and bowline::sim for tests.
#
#   bowline::bowline   static, or shared where BUILD_SHARED_LIBS is on
#   bowline::static    bowline::shared    to say which
#   bowline::sim       a static library on top of bowline::static, whose insides it uses
#
# A room that does not exist, or has only headers, adds nothing.

include(CMakePackageConfigHelpers)
include(GNUInstallDirs)

# bowline_merge(target STATIC|SHARED OUTPUT name ROOMS room...): one library from the objects of the rooms.
function(bowline_merge target type)
  cmake_parse_arguments(arg "" "OUTPUT" "ROOMS" ${ARGN})
  set(objects)
  foreach(room IN LISTS arg_ROOMS)
    if(TARGET bowline_${room})
      get_target_property(room_type bowline_${room} TYPE)
      if(room_type STREQUAL "STATIC_LIBRARY")
        list(APPEND objects $<TARGET_OBJECTS:bowline_${room}>)
      endif()
    endif()
  endforeach()
  if(NOT objects)
    return()
  endif()
  add_library(${target} ${type} ${objects})
  target_compile_features(${target} PUBLIC cxx_std_23)
  target_include_directories(${target} PUBLIC $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/include>
                                              $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>)
  set_target_properties(${target} PROPERTIES OUTPUT_NAME ${arg_OUTPUT} LINKER_LANGUAGE CXX
                        VERSION ${PROJECT_VERSION}
                        SOVERSION ${PROJECT_VERSION_MAJOR}.${PROJECT_VERSION_MINOR})
endfunction()

set(bowline_library_rooms base wire core ports drive linux crypto stores api session peers)
bowline_merge(bowline_static STATIC OUTPUT bowline ROOMS ${bowline_library_rooms})
bowline_merge(bowline_shared SHARED OUTPUT bowline ROOMS ${bowline_library_rooms})
bowline_merge(bowline_sim_archive STATIC OUTPUT bowline-sim ROOMS sim compose_sim)

set_target_properties(bowline_static PROPERTIES EXPORT_NAME static)
set_target_properties(bowline_shared PROPERTIES EXPORT_NAME shared)
target_link_libraries(bowline_static PRIVATE mnl gnutls nettle idn2 nghttp2 z brotlidec zstd psl sqlite3)
target_link_libraries(bowline_shared PRIVATE mnl gnutls nettle idn2 nghttp2 z brotlidec zstd psl sqlite3)
target_link_options(bowline_shared PRIVATE LINKER:--no-undefined LINKER:--as-needed)
add_library(bowline::static ALIAS bowline_static)
add_library(bowline::shared ALIAS bowline_shared)
if(BUILD_SHARED_LIBS)
  add_library(bowline::bowline ALIAS bowline_shared)
else()
  add_library(bowline::bowline ALIAS bowline_static)
endif()
set(bowline_installed bowline_static bowline_shared)

if(TARGET bowline_sim_archive)
  set_target_properties(bowline_sim_archive PROPERTIES EXPORT_NAME sim)
  target_link_libraries(bowline_sim_archive PUBLIC bowline_static)
  add_library(bowline::sim ALIAS bowline_sim_archive)
  list(APPEND bowline_installed bowline_sim_archive)
endif()

# Whoever only adds us to a larger build, or looks for bugs, gets what is linked and no more.
if(NOT BOWLINE_INSTALL OR BOWLINE_SANITIZE)
  set_target_properties(${bowline_installed} PROPERTIES EXCLUDE_FROM_ALL ON)
  return()
endif()

install(TARGETS ${bowline_installed} EXPORT bowlineTargets)
install(DIRECTORY ${PROJECT_SOURCE_DIR}/include/bowline DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}
        FILES_MATCHING PATTERN "*.h")

set(bowline_cmake_dir ${CMAKE_INSTALL_LIBDIR}/cmake/bowline)
set(bowline_pkgconfig_dir ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
install(EXPORT bowlineTargets NAMESPACE bowline:: DESTINATION ${bowline_cmake_dir})
configure_package_config_file(${CMAKE_CURRENT_LIST_DIR}/bowlineConfig.cmake.in
                              ${PROJECT_BINARY_DIR}/bowlineConfig.cmake
                              INSTALL_DESTINATION ${bowline_cmake_dir})
write_basic_package_version_file(${PROJECT_BINARY_DIR}/bowlineConfigVersion.cmake
                                 COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/bowlineConfig.cmake ${PROJECT_BINARY_DIR}/bowlineConfigVersion.cmake
        DESTINATION ${bowline_cmake_dir})

# The .pc files find the prefix from where they lie, so that an installed tree may be moved.
file(RELATIVE_PATH bowline_pc_to_prefix /prefix/${bowline_pkgconfig_dir} /prefix)
string(REGEX REPLACE "/$" "" bowline_pc_to_prefix "${bowline_pc_to_prefix}")
set(bowline_pc_names bowline)
if(TARGET bowline_sim_archive)
  list(APPEND bowline_pc_names bowline-sim)
endif()
foreach(name IN LISTS bowline_pc_names)
  configure_file(${CMAKE_CURRENT_LIST_DIR}/${name}.pc.in ${PROJECT_BINARY_DIR}/${name}.pc @ONLY)
  install(FILES ${PROJECT_BINARY_DIR}/${name}.pc DESTINATION ${bowline_pkgconfig_dir})
endforeach()

# The command, and the man pages and shell completions that it writes below share/ of the build.
if(TARGET bowline_cli)
  install(TARGETS bowline_cli RUNTIME)
endif()
install(DIRECTORY ${PROJECT_BINARY_DIR}/share/ DESTINATION ${CMAKE_INSTALL_DATAROOTDIR} OPTIONAL)
install(FILES ${PROJECT_SOURCE_DIR}/LICENSE ${PROJECT_SOURCE_DIR}/CHANGELOG.md
        DESTINATION ${CMAKE_INSTALL_DOCDIR})
