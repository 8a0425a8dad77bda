// A client of the management service: finds the daemon, calls procedures, returns owned results.
// One client belongs to one thread. What does not live here: what the results mean (errors.hpp, l2tpconfig).
#pragma once

#include <memory>
#include <string>

#include <tl/expected.hpp>

#include "tools/rpc/portmapper.hpp"
#include "tools/rpc/stub.hpp"

namespace openl2tp::rpc {

struct ClientOptions {
  std::string host = "localhost"; ///< name or address; localhost, 127.0.0.1, ::1 are the caller's network namespace
  Protocol protocol = Protocol::udp;
  int timeout_s = 25;        ///< a call fails after this
  bool prefer_socket = true; ///< with UDP to a local daemon: over its UNIX socket where there is one
};

class Client final : public Stub {
 public:
  /// Finds and connects to the daemon. Locally: its UNIX socket (unless TCP is asked for), rpcbind, then the ports file
  /// (only that when the environment names the file). Elsewhere: rpcbind of that host. Blocks.
  /// @error one line for people, "host: RPC: reason".
  [[nodiscard]] static tl::expected<Client, std::string> connect(const ClientOptions& options);

  /// Connects to a daemon at a known port of this host.
  [[nodiscard]] static tl::expected<Client, std::string> connect_to_port(const ClientOptions& options,
                                                                         std::uint16_t port);

  /// Connects to a daemon's UNIX socket: no bound on the size of answers, and root is root whatever the port.
  [[nodiscard]] static tl::expected<Client, std::string> connect_to_socket(const ClientOptions& options,
                                                                           const std::string& path);

  /// True when calls travel over the UNIX socket.
  [[nodiscard]] bool over_socket() const noexcept { return over_socket_; }

  [[nodiscard]] const std::string& host() const noexcept { return options_.host; }

  [[nodiscard]] tl::expected<void, std::string> call_raw(rpcproc_t procedure, xdrproc_t encode_argument, void* argument,
                                                         xdrproc_t decode_result, void* result) override;

 private:
  struct Close {
    void operator()(CLIENT* client) const noexcept { clnt_destroy(client); }
  };
  using Handle = std::unique_ptr<CLIENT, Close>;

  Client(ClientOptions options, Handle handle) : options_(std::move(options)), handle_(std::move(handle)) {}
  [[nodiscard]] static tl::expected<Client, std::string> connect_local(const ClientOptions& options);

  ClientOptions options_;
  Handle handle_;
  bool over_socket_ = false;
};

} // namespace openl2tp::rpc
