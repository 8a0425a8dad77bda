// What a configuration file asks for, as values: built aside and checked, so that applying it is a matter of
// differences (reconciler.hpp).
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "runtime/control.hpp"
#include "runtime/profiles/profile_store.hpp"

namespace openl2tp::daemon {

struct PlannedSession {
  unsigned line = 0; // of its create command
  runtime::SessionParameters parameters;
};

struct PlannedTunnel {
  unsigned line = 0; // of its create command
  runtime::TunnelParameters parameters;
  std::vector<PlannedSession> sessions;
};

struct Configuration {
  std::string file;             // for messages
  runtime::SystemChange system; // what the file sets
  std::unique_ptr<runtime::ProfileStore>
      profiles;                       // the built-in ones and what the file makes of them; may be null: none
  runtime::ProfileNames named;        // those that the file speaks of
  std::vector<PlannedTunnel> tunnels; // in the order of the file
};

} // namespace openl2tp::daemon
