#include "runtime/dataplane/kernel_features.hpp"

#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/utsname.h>

#include <linux/if_pppox.h>

#include <cerrno>
#include <charconv>
#include <system_error>
#include <vector>

#include "runtime/dataplane/kernel_l2tp.hpp"
#include "runtime/descriptors.hpp"
#include "runtime/ring/unique_fd.hpp"

namespace openl2tp::runtime {

namespace {

/// @param absent  what the kernel does not have then, in the operator's words.
std::string reason(int error, const char* absent) {
  switch (error) {
  case ENOENT:
  case ENODEV:
  case ENXIO:
  case EAFNOSUPPORT:
  case EPROTONOSUPPORT:
  case ESOCKTNOSUPPORT: return absent;
  default: return std::string(absent) + ": " + error_text(error);
  }
}

} // namespace

bool mixes_ports(std::string_view release) noexcept {
  unsigned major = 0, minor = 0;
  const char* const end = release.data() + release.size();
  const auto first = std::from_chars(release.data(), end, major);
  if (first.ec != std::errc{} || first.ptr == end || *first.ptr != '.') return false;
  if (std::from_chars(first.ptr + 1, end, minor).ec != std::errc{}) return false;
  return major < 6 || (major == 6 && minor < 11);
}

KernelFeatures probe_kernel_features() {
  KernelFeatures features;
  if (utsname name{}; ::uname(&name) == 0) features.mixes_ports = mixes_ports(name.release);
  const UniqueFd session(::socket(AF_PPPOX, SOCK_DGRAM | SOCK_CLOEXEC, PX_PROTO_OL2TP));
  if (!session) features.sockets = errno;
  if (!KernelL2tp().netlink()) features.netlink = ENOENT;
  const UniqueFd ppp(::open("/dev/ppp", O_RDWR | O_CLOEXEC));
  if (!ppp) features.ppp = errno;
  return features;
}

std::string describe(const KernelFeatures& features) {
  if (features.complete()) return "kernel data path: L2TP by netlink, PPP";
  if (features.usable())
    return "kernel data path: L2TP by sockets, PPP; the kernel has no generic netlink family \"l2tp\" (module "
           "l2tp_netlink), so a session whose socket another process keeps stays until that one closes it";
  std::string missing;
  if (features.sockets != 0) missing = reason(features.sockets, "no L2TP in the kernel (modules l2tp_ppp and pppox)");
  if (features.ppp != 0) {
    if (!missing.empty()) missing += "; ";
    missing += reason(features.ppp, "no /dev/ppp (module ppp_generic)");
  }
  return "no kernel data path: " + missing +
         "; control plane and plugins that carry frames themselves work, sessions that need the kernel are refused";
}

} // namespace openl2tp::runtime
