// tunnel profile create, delete, modify, show, list and unset.
#include "tools/l2tpconfig/output.hpp"
#include "tools/l2tpconfig/profile_kind.hpp"

namespace openl2tp::cli {

const TunnelProfileKind& tunnel_profile_kind() noexcept {
  static constexpr TunnelProfileKind kind{.noun = "tunnel",
                                          .create = L2TP_TUNNEL_PROFILE_CREATE,
                                          .remove = L2TP_TUNNEL_PROFILE_DELETE,
                                          .modify = L2TP_TUNNEL_PROFILE_MODIFY,
                                          .get = L2TP_TUNNEL_PROFILE_GET,
                                          .list = L2TP_TUNNEL_PROFILE_LIST,
                                          .unset = L2TP_TUNNEL_PROFILE_UNSET,
                                          .fields = &tunnel_profile_fields,
                                          .text = &tunnel_profile_text,
                                          .wire_kind = L2TP_EXT_TUNNEL_PROFILE,
                                          .addresses = kTunnelAddresses};
  return kind;
}

std::span<const Command> tunnel_profile_commands() { return profile::commands<&tunnel_profile_kind>(); }

} // namespace openl2tp::cli
