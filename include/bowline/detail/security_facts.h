#pragma once

#include <bowline/security_report.h>

// What the values of security_report.h are made of: for the library, and for tests that make such values by
// hand.

namespace bowline {

struct SecurityReport::Facts {
  std::string protocol = "TLS";
  bool established = false;
  std::string version;
  std::string cipher;
  std::string group;
  std::string alpn;
  std::string server_name;
  std::string preshared_key;
  bool resumed = false;
  bool early_data_accepted = false;
  std::vector<Certificate> peer_chain;
  TrustReport trust;
  std::vector<std::string> exceptions;
  std::string library;
};

}  // namespace bowline
