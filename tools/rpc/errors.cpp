// One row per error number of the interface.
#include "tools/rpc/errors.hpp"

#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>

#include "openl2tp_rpc.h"

namespace openl2tp::rpc {
namespace {

constexpr std::array kTexts = {
    "Parameter not modifiable",
    "Peer address missing",
    "Peer not found",
    "Peer profile not found",
    "PPP profile not found",
    "Profile already exists",
    "Profile name illegal",
    "Profile name missing",
    "Session already exists",
    "Session id allocation failure",
    "Session limit exceeded",
    "Session not found",
    "Session profile not found",
    "Session id or session name missing",
    "Session type invalid",
    "Session type illegal for tunnel",
    "Tunnel is administratively disabled",
    "Tunnel creation is administratively disabled",
    "Tunnel already exists",
    "Tunnel id allocation failure",
    "Tunnel not found",
    "Tunnel profile not found",
    "Tunnel id or tunnel name missing",
    "Tunnel too many sessions",
    "Too many tunnels between same IP addresses",
    "Tunnel limit exceeded",
    "Session type not supported",
    "HideAVPs cannot be set without a secret",
};
static_assert(kTexts.size() == L2TP_ERR_MAX - L2TP_ERR_BASE, "a text for every error number");

} // namespace

std::string error_text(int code) {
  const long long number = std::llabs(code);
  if (number >= L2TP_ERR_BASE && number < L2TP_ERR_MAX) return kTexts[static_cast<std::size_t>(number - L2TP_ERR_BASE)];
  if (number >= L2TP_ERR_MAX) return "Unknown error (" + std::to_string(number) + ")";
  char buffer[128];
  return strerror_r(static_cast<int>(number), buffer, sizeof buffer);
}

} // namespace openl2tp::rpc
