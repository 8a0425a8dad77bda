// libtirpc does the calls; finding a local daemon is ours, so that it stays inside the network namespace.
#include "tools/rpc/client.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/un.h>

#include <cstring>

#include "tools/rpc/ports_file.hpp"

namespace openl2tp::rpc {
namespace {

/// Answers over UDP up to this size are received whole; libtirpc's own default is smaller.
constexpr u_int kUdpBuffer = 65000;
constexpr int kProbeTimeout = 3; // seconds

bool is_local(const std::string& host) {
  if (host == "localhost" || host == "::1") return true;
  in_addr address{};
  return inet_pton(AF_INET, host.c_str(), &address) == 1 && (ntohl(address.s_addr) >> 24) == 127;
}

/// The reason why libtirpc could not make a client, without its leading blanks and trailing newline.
std::string creation_error(const std::string& host) {
  const auto& error = get_rpc_createerr();
  std::string text = host + ": " + clnt_sperrno(error.cf_stat);
  if (error.cf_stat == RPC_PMAPFAILURE || error.cf_stat == RPC_RPCBFAILURE) {
    text += " - ";
    text += clnt_sperrno(error.cf_error.re_status);
  }
  return text;
}

} // namespace

tl::expected<Client, std::string> Client::connect(const ClientOptions& options) {
  if (is_local(options.host)) return connect_local(options);
  const char* transport = options.protocol == Protocol::tcp ? "tcp" : "udp";
  Handle handle(clnt_create(options.host.c_str(), L2TP_PROG, L2TP_VERSION, transport));
  if (!handle) return tl::unexpected(creation_error(options.host));
  return Client(options, std::move(handle));
}

tl::expected<Client, std::string> Client::connect_local(const ClientOptions& options) {
  const auto from_file = [&options]() -> tl::expected<Client, std::string> {
    const auto ports = read_ports_file(ports_file_path());
    const std::uint16_t port = ports ? (options.protocol == Protocol::tcp ? ports->tcp : ports->udp) : std::uint16_t{0};
    if (port == 0) return tl::unexpected(options.host + ": openl2tpd is not running here, or may not be asked");
    return connect_to_port(options, port);
  };
  if (options.protocol == Protocol::udp && options.prefer_socket) {
    if (auto client = connect_to_socket(options, socket_path(ports_file_path()))) return client;
  }
  if (ports_file_is_explicit()) return from_file();
  if (const auto port = registered_port(options.protocol)) {
    // The registration may be a dead daemon's; the null call tells, and soon.
    auto client = connect_to_port(options, *port);
    if (client) client->options_.timeout_s = kProbeTimeout;
    if (client && client->call<Nothing>(0, Nothing{})) {
      client->options_ = options;
      return client;
    }
  }
  return from_file();
}

tl::expected<Client, std::string> Client::connect_to_port(const ClientOptions& options, std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  if (inet_pton(AF_INET, options.host.c_str(), &address.sin_addr) != 1) {
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  }
  int socket = RPC_ANYSOCK;
  const timeval retry{5, 0};
  Handle handle(options.protocol == Protocol::tcp
                    ? clnttcp_create(&address, L2TP_PROG, L2TP_VERSION, &socket, 0, 0)
                    : clntudp_bufcreate(&address, L2TP_PROG, L2TP_VERSION, retry, &socket, kUdpBuffer, kUdpBuffer));
  if (!handle) return tl::unexpected(creation_error(options.host));
  return Client(options, std::move(handle));
}

tl::expected<Client, std::string> Client::connect_to_socket(const ClientOptions& options, const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path) return tl::unexpected(path + ": too long for a UNIX socket");
  std::memcpy(address.sun_path, path.c_str(), path.size());
  int socket = RPC_ANYSOCK;
  Handle handle(clntunix_create(&address, L2TP_PROG, L2TP_VERSION, &socket, 0, 0));
  if (!handle) return tl::unexpected(creation_error(options.host));
  clnt_control(handle.get(), CLSET_FD_CLOSE, nullptr); // unlike the others, this one would keep it
  Client client(options, std::move(handle));
  client.over_socket_ = true;
  return client;
}

tl::expected<void, std::string> Client::call_raw(rpcproc_t procedure, xdrproc_t encode_argument, void* argument,
                                                 xdrproc_t decode_result, void* result) {
  const timeval timeout{options_.timeout_s, 0};
  const clnt_stat status =
      clnt_call(handle_.get(), procedure, encode_argument, argument, decode_result, result, timeout);
  if (status == RPC_SUCCESS) return {};
  std::string text = options_.host + ": " + clnt_sperrno(status);
  if (status == RPC_AUTHERROR) text += "; only root of the daemon's host may do this";
  if (status == RPC_SYSTEMERROR && options_.protocol == Protocol::udp && !over_socket_) {
    text += "; an answer too large for UDP comes over TCP (-t)";
  }
  return tl::unexpected(std::move(text));
}

} // namespace openl2tp::rpc
