#include "runtime/dataplane/kernel_types.hpp"
#include "runtime/descriptors.hpp"

#include <cerrno>

namespace openl2tp::runtime {

std::string_view name(KernelOperation operation) noexcept {
  switch (operation) {
  case KernelOperation::queue: return "queue";
  case KernelOperation::cancel: return "cancel";
  case KernelOperation::open_socket: return "open_socket";
  case KernelOperation::set_socket_option: return "set_socket_option";
  case KernelOperation::bind_socket: return "bind_socket";
  case KernelOperation::connect_socket: return "connect_socket";
  case KernelOperation::create_tunnel: return "create_tunnel";
  case KernelOperation::delete_tunnel: return "delete_tunnel";
  case KernelOperation::create_session: return "create_session";
  case KernelOperation::delete_session: return "delete_session";
  case KernelOperation::connect_session: return "connect_session";
  case KernelOperation::set_session_option: return "set_session_option";
  case KernelOperation::read_statistics: return "read_statistics";
  case KernelOperation::list_objects: return "list_objects";
  case KernelOperation::claim_ports: return "claim_ports";
  }
  return "";
}

bool KernelError::temporary() const noexcept {
  switch (error) {
  case ENOMEM:
  case ENOBUFS:
  case EMFILE:
  case ENFILE:
  case EBUSY:
  case EAGAIN:
  case EEXIST: // a session of an earlier life of this id has not gone yet
  case EADDRINUSE:
  case ECANCELED:
  case EINTR: return true;
  default: return false;
  }
}

std::string to_string(const KernelError& error) {
  std::string text;
  if (error.tunnel != 0) text += "tunnel " + std::to_string(error.tunnel);
  if (error.session != 0) text += " session " + std::to_string(error.session);
  if (!text.empty()) text += ": ";
  if (error.operation == KernelOperation::claim_ports)
    return text + "tunnel " + std::to_string(error.other) +
           " has the same addresses and ports, and this kernel (Linux before 6.11) would give the data of both to one: "
           "one of them needs a port of its own (our_udp_port=0 where it is opened)";
  text += name(error.operation);
  text += ": ";
  text += error_text(error.error);
  return text;
}

} // namespace openl2tp::runtime
