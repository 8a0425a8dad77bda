// peer profile create, delete, modify, show, list and unset.
#include "tools/l2tpconfig/output.hpp"
#include "tools/l2tpconfig/profile_kind.hpp"

namespace openl2tp::cli {

const PeerProfileKind& peer_profile_kind() noexcept {
  static constexpr PeerProfileKind kind{.noun = "peer",
                                        .create = L2TP_PEER_PROFILE_CREATE,
                                        .remove = L2TP_PEER_PROFILE_DELETE,
                                        .modify = L2TP_PEER_PROFILE_MODIFY,
                                        .get = L2TP_PEER_PROFILE_GET,
                                        .list = L2TP_PEER_PROFILE_LIST,
                                        .unset = L2TP_PEER_PROFILE_UNSET,
                                        .fields = &peer_profile_fields,
                                        .text = &peer_profile_text,
                                        .wire_kind = L2TP_EXT_PEER_PROFILE,
                                        .addresses = kPeerProfileAddresses};
  return kind;
}

std::span<const Command> peer_profile_commands() { return profile::commands<&peer_profile_kind>(); }

} // namespace openl2tp::cli
