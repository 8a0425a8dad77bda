// The management service: sockets, thread, registration. Calls run one after another on the service's own thread, so a
// slow client or a slow shard never delays anything but management; sockets never block it.
//
// libtirpc's own server loop is not used: it reads TCP records with waits of up to 35 seconds on the one thread, and
// keeps its sockets in process-wide tables. XDR and the port mapper's protocol are libtirpc's.
#pragma once

#include <list>
#include <string>
#include <thread>

#include <tl/expected.hpp>

#include "tools/rpc/connection.hpp"
#include "tools/rpc/listener.hpp"
#include "tools/rpc/ports_file.hpp"

namespace openl2tp::rpc {

struct ServiceOptions {
  bool remote = false;                         ///< listen on every address and serve other hosts; logs a warning
  bool register_with_rpcbind = true;           ///< a missing rpcbind is a log line, not a failure
  std::string ports_file;                      ///< empty: ports_file_path()
  std::chrono::milliseconds stall_max{10'000}; ///< a call must be complete, and a reply taken, within this time
};

class Service {
 public:
  /// Open TCP connections; one more closes the one that has been idle longest.
  static constexpr std::size_t kConnectionsMax = 512;
  /// The longest reply over UDP, as clients' buffers are of this size (libtirpc's default); a longer one is SYSTEM_ERR.
  static constexpr std::size_t kUdpReplyMax = 8800;

  /// `control` outlives the service.
  Service(runtime::Control& control, ServiceOptions options);
  /// Stops if still running.
  ~Service();
  Service(const Service&) = delete;
  Service& operator=(const Service&) = delete;

  /// Opens the sockets, writes the ports file and starts the thread. Call once, before privileges are dropped.
  /// @error one line for the operator: no socket could be opened, or no thread started.
  [[nodiscard]] tl::expected<void, std::string> start();

  /// Stops the thread, waiting for the call that it may be in; removes registration and ports file. Any thread;
  /// repeatable.
  void stop();

  /// The ports in use, fixed by `start`.
  [[nodiscard]] ServicePorts ports() const noexcept { return {.udp = udp_.port, .tcp = tcp_.port}; }

 private:
  void run();
  void announce();
  void withdraw();
  void serve_datagrams();
  void accept_connections();
  /// False when there is none.
  bool close_idlest();

  ServiceOptions options_;
  Dispatcher dispatcher_;
  Listener udp_, tcp_;
  Descriptor wake_;
  std::list<Connection> connections_;
  bool accept_paused_ = false; // out of descriptors: until the next tick
  bool registered_ = false;
  bool ports_file_written_ = false;
  std::thread thread_;
};

} // namespace openl2tp::rpc
