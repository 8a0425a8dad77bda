// libnl's objects with owners, and its faults in words. What is asked with them is in kernel_network.cpp and
// kernel_ppp.cpp.
#pragma once

#include <cerrno>
#include <cstring>
#include <memory>
#include <string>

#include <netlink/netlink.h>
#include <netlink/route/addr.h>
#include <netlink/route/link.h>
#include <netlink/route/neighbour.h>
#include <netlink/route/nexthop.h>
#include <netlink/route/route.h>

#include "plugins/descriptors.hpp"

namespace openl2tp::ppp_kernel::netlink {

template <auto free_it>
struct Free {
  template <class T>
  void operator()(T* what) const noexcept {
    free_it(what);
  }
};
using Socket = std::unique_ptr<nl_sock, Free<nl_socket_free>>;
using Message = std::unique_ptr<nl_msg, Free<nlmsg_free>>;
using Address = std::unique_ptr<nl_addr, Free<nl_addr_put>>;
using Link = std::unique_ptr<rtnl_link, Free<rtnl_link_put>>;
using InterfaceAddress = std::unique_ptr<rtnl_addr, Free<rtnl_addr_put>>;
using Neighbour = std::unique_ptr<rtnl_neigh, Free<rtnl_neigh_put>>;
using Route = std::unique_ptr<rtnl_route, Free<rtnl_route_put>>;

inline constexpr const char* out_of_memory = "out of memory";

inline std::string system_fault(const char* what) { return std::string(what) + ": " + plugins::error_text(errno); }
/// Of nl_connect(): libnl has no code for the lack of descriptors, and leaves errno.
inline std::string connect_fault(int code) { return code >= 0 ? std::string() : system_fault("rtnetlink"); }
/// Empty where `code` is none.
inline std::string netlink_fault(const char* what, int code) {
  return code >= 0 ? std::string() : std::string(what) + ": " + nl_geterror(code);
}

} // namespace openl2tp::ppp_kernel::netlink
