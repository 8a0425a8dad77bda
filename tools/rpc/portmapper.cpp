// Port mapper version 2 over UDP to 127.0.0.1.
#include "tools/rpc/portmapper.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <unistd.h>

#include <rpc/rpc.h>

#include <rpc/pmap_prot.h>

#include "openl2tp_rpc.h"

namespace openl2tp::rpc {
namespace {

constexpr timeval kRetry{0, 500000};
constexpr timeval kTotal{2, 0};

/// One call to the port mapper; every procedure used here takes a mapping and returns one unit.
tl::expected<unsigned, PortmapperError> ask(rpcproc_t procedure, pmap mapping) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(PMAPPORT);
  int socket = RPC_ANYSOCK;
  CLIENT* client = clntudp_create(&address, PMAPPROG, PMAPVERS, kRetry, &socket);
  if (client == nullptr) return tl::unexpected(PortmapperError::unreachable);
  u_int answer = 0;
  const clnt_stat status =
      clnt_call(client, procedure, reinterpret_cast<xdrproc_t>(&xdr_pmap), reinterpret_cast<char*>(&mapping),
                reinterpret_cast<xdrproc_t>(&xdr_u_int), reinterpret_cast<char*>(&answer), kTotal);
  clnt_destroy(client);
  if (status != RPC_SUCCESS) return tl::unexpected(PortmapperError::unreachable);
  return answer;
}

} // namespace

tl::expected<std::uint16_t, PortmapperError> registered_port(Protocol protocol) {
  const auto answer = ask(PMAPPROC_GETPORT, {L2TP_PROG, L2TP_VERSION, static_cast<u_long>(protocol), 0});
  if (!answer) return tl::unexpected(answer.error());
  if (*answer == 0 || *answer > 0xffff) return tl::unexpected(PortmapperError::not_registered);
  return static_cast<std::uint16_t>(*answer);
}

tl::expected<void, PortmapperError> register_port(Protocol protocol, std::uint16_t port) {
  const auto answer = ask(PMAPPROC_SET, {L2TP_PROG, L2TP_VERSION, static_cast<u_long>(protocol), port});
  if (!answer) return tl::unexpected(answer.error());
  if (*answer == 0) return tl::unexpected(PortmapperError::refused);
  return {};
}

tl::expected<void, PortmapperError> unregister_ports() {
  const auto answer = ask(PMAPPROC_UNSET, {L2TP_PROG, L2TP_VERSION, 0, 0});
  if (!answer) return tl::unexpected(answer.error());
  if (*answer == 0) return tl::unexpected(PortmapperError::not_registered);
  return {};
}

} // namespace openl2tp::rpc
