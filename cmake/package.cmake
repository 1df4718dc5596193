# SPDX-License-Identifier: Apache-2.0
# What is installed beside the programs, and the Debian package of it all: scripts/package.
set(CMM_DEBIAN ${PROJECT_SOURCE_DIR}/deploy/debian)
install(FILES config/cgroup-memory-manager.yaml DESTINATION ${CMAKE_INSTALL_FULL_SYSCONFDIR})
install(FILES systemd/cgroup-memory-manager.service DESTINATION lib/systemd/system)
install(FILES README.md ${CMM_DEBIAN}/copyright deploy/prometheus/alerts.yaml deploy/grafana/dashboard.json
        DESTINATION ${CMAKE_INSTALL_DOCDIR})
add_custom_command(OUTPUT changelog.gz DEPENDS ${CMM_DEBIAN}/changelog VERBATIM
  COMMAND gzip -9nc ${CMM_DEBIAN}/changelog > changelog.gz)
add_custom_target(changelog ALL DEPENDS changelog.gz)
install(FILES ${PROJECT_BINARY_DIR}/changelog.gz DESTINATION ${CMAKE_INSTALL_DOCDIR})

set(CPACK_GENERATOR DEB)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_INSTALL_DEFAULT_DIRECTORY_PERMISSIONS
    OWNER_READ OWNER_WRITE OWNER_EXECUTE GROUP_READ GROUP_EXECUTE WORLD_READ WORLD_EXECUTE)
# There is no address to write to yet.
set(CPACK_DEBIAN_PACKAGE_MAINTAINER "The cgroup-memory-manager authors <maintainers@cgroup-memory-manager.invalid>")
set(CPACK_DEBIAN_PACKAGE_SECTION admin)
set(CPACK_DEBIAN_PACKAGE_PRIORITY optional)
set(CPACK_PACKAGE_DESCRIPTION
"Watches the containers of a host. Where the page cache of one passes a
threshold, it frees the excess through the kernel, on cgroup v1 and v2: down
to a target and no further, in slices of milliseconds, file pages only, and
with a cooldown for each container.
.
With cgroup-tool, which makes, fills, watches and removes memory-limited
cgroups.")
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
set(CPACK_DEBIAN_PACKAGE_CONTROL_EXTRA
    ${CMM_DEBIAN}/conffiles ${CMM_DEBIAN}/postinst ${CMM_DEBIAN}/prerm ${CMM_DEBIAN}/postrm)
include(CPack)
