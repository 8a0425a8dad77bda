// The management service: sockets, threads, registration. Quick calls run one after another on the service's own
// thread, which no socket ever blocks; calls that may take long run on threads of their own (large_calls.hpp). So a
// slow client delays no other, and nothing here delays a shard.
//
// libtirpc's own server loop is not used: it reads TCP records with waits of up to 35 seconds on the one thread, and
// keeps its sockets in process-wide tables. XDR and the port mapper's protocol are libtirpc's.
#pragma once

#include <atomic>
#include <list>
#include <optional>
#include <span>
#include <string>
#include <thread>
#include <vector>

#include <tl/expected.hpp>

#include "runtime/events.hpp"
#include "tools/rpc/access.hpp"
#include "tools/rpc/connection.hpp"
#include "tools/rpc/duplicate_cache.hpp"
#include "tools/rpc/large_calls.hpp"
#include "tools/rpc/listener.hpp"
#include "tools/rpc/ports_file.hpp"
#include "tools/rpc/registrar.hpp"

namespace openl2tp::rpc {

struct ServiceOptions {
  bool remote = false;                        ///< serve other hosts (-R); logs a warning
  std::vector<protocol::IpAddress> addresses; ///< with `remote`: listen there and on loopback; empty: on every address
  std::vector<Network> allow;                 ///< with `remote`: who may call; empty: every host
  bool register_with_rpcbind = true;          ///< a missing rpcbind is a log line, not a failure
  std::chrono::milliseconds register_interval{20'000}; ///< rpcbind that starts, or starts again, is noticed within it
  std::string ports_file;                         ///< empty: ports_file_path(instance); the UNIX socket is beside it
  std::string instance;                           ///< tells daemons of one network namespace apart; is_instance_name()
  bool test = false;                              ///< the test procedures work
  const std::atomic<bool>* trace_calls = nullptr; ///< where true, every call is logged; outlives this
  runtime::EventHub* events = nullptr;            ///< for monitoring clients; nobody else listens on it; outlives this
  std::chrono::milliseconds stall_max{10'000};    ///< a call must be complete, and a reply taken, within this time
};

class Service {
 public:
  /// Open TCP connections; one more closes the one that has been idle longest. The same of the UNIX socket.
  static constexpr std::size_t kConnectionsMax = 512;
  static constexpr std::size_t kUnixConnectionsMax = 256;
  /// The longest reply over UDP, as clients' buffers are of this size (libtirpc's default); a longer one is SYSTEM_ERR.
  static constexpr std::size_t kUdpReplyMax = 8800;
  /// Replies that clients have not taken, in all; beyond it the slowest client goes.
  static constexpr std::size_t kUnsentMax = std::size_t{256} << 20;

  /// `control` outlives the service.
  Service(runtime::Control& control, ServiceOptions options);
  /// Stops if still running.
  ~Service();
  Service(const Service&) = delete;
  Service& operator=(const Service&) = delete;

  /// Opens the sockets, writes the ports file and starts the threads. Call once, before privileges are dropped.
  /// @error one line for the operator: no socket could be opened, no thread started, or the instance name is none.
  [[nodiscard]] tl::expected<void, std::string> start();

  /// Stops the threads, waiting for the calls that they may be in; removes registration, ports file and UNIX socket.
  /// Any thread; repeatable.
  void stop();

  /// The ports in use, fixed by `start`.
  [[nodiscard]] ServicePorts ports() const noexcept {
    return listeners_.empty() ? ServicePorts{}
                              : ServicePorts{.udp = listeners_.front().udp.port, .tcp = listeners_.front().tcp.port};
  }
  /// The UNIX socket served; empty when there is none.
  [[nodiscard]] const std::string& socket_file() const noexcept { return socket_file_; }

 private:
  using Clock = Connection::Clock;
  /// The sockets of one address.
  struct Place {
    Listener udp, tcp;
  };

  [[nodiscard]] tl::expected<void, std::string> open_listeners();
  [[nodiscard]] tl::expected<std::vector<Place>, ListenFailure>
  open_places(const std::vector<std::optional<protocol::IpAddress>>& addresses) const;
  void wake() noexcept;
  void run();
  void announce();
  void withdraw();
  [[nodiscard]] int poll_timeout(Clock::time_point now) const;
  void serve_connections(std::span<const struct pollfd> polled, Clock::time_point now);
  void serve_datagrams(int socket);
  /// Sends a reply, and keeps it for when the call comes again.
  void answer_datagram(int socket, std::span<const std::byte> call, std::span<const std::byte> reply,
                       DatagramPath& path);
  void accept_connections(int listener, bool is_unix);
  void send_answered(Clock::time_point now);
  void hand_over_large_calls();
  void watch_events();
  void limit_unsent();
  [[nodiscard]] Caller judged(Caller caller) const noexcept;
  /// False when there is none.
  bool close_idlest(bool is_unix);

  ServiceOptions options_;
  Dispatcher dispatcher_;
  std::vector<Place> listeners_; // never empty once started; the first is what others find
  Descriptor unix_;
  std::string socket_file_;
  Descriptor wake_;
  LargeCalls large_;
  Registrar registrar_;
  DuplicateCache duplicates_; // of datagrams
  std::list<Connection> connections_;
  std::uint64_t next_serial_ = 1;
  std::uint64_t events_dropped_ = 0; // by the hub, as far as clients know
  bool listening_ = false;           // on options_.events
  bool accept_paused_ = false;       // out of descriptors: until the next tick
  bool ports_file_written_ = false;
  std::atomic<bool> stopping_{false};
  std::thread thread_;
};

} // namespace openl2tp::rpc
