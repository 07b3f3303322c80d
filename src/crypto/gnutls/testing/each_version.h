#pragma once

#include <gtest/gtest.h>

#include <string>

#include "crypto/gnutls/testing/session_scene.h"

namespace bowline::crypto::testing {

/// A test that runs over TLS 1.2 and once more over TLS 1.3, on both ends.
class EachVersion : public ::testing::TestWithParam<ports::TlsVersion> {
 protected:
  EachVersion() {
    scene.client_configuration.versions = {GetParam()};
    scene.server_configuration.versions = {GetParam()};
  }
  SessionScene scene;
};

inline const auto each_version =
    ::testing::Values(ports::TlsVersion::tls_1_2, ports::TlsVersion::tls_1_3);

inline std::string name_of_version(const ::testing::TestParamInfo<ports::TlsVersion>& version) {
  return version.param == ports::TlsVersion::tls_1_2 ? "tls_1_2" : "tls_1_3";
}

}  // namespace bowline::crypto::testing
