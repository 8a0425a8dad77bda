// ppp profile create, delete, modify, show, list and unset.
#include "tools/l2tpconfig/output.hpp"
#include "tools/l2tpconfig/profile_kind.hpp"

namespace openl2tp::cli {

const PppProfileKind& ppp_profile_kind() noexcept {
  static constexpr PppProfileKind kind{.noun = "ppp",
                                       .create = L2TP_PPP_PROFILE_CREATE,
                                       .remove = L2TP_PPP_PROFILE_DELETE,
                                       .modify = L2TP_PPP_PROFILE_MODIFY,
                                       .get = L2TP_PPP_PROFILE_GET,
                                       .list = L2TP_PPP_PROFILE_LIST,
                                       .unset = L2TP_PPP_PROFILE_UNSET,
                                       .fields = &ppp_profile_fields,
                                       .text = &ppp_profile_text,
                                       .wire_kind = L2TP_EXT_PPP_PROFILE};
  return kind;
}

std::span<const Command> ppp_profile_commands() { return profile::commands<&ppp_profile_kind>(); }

} // namespace openl2tp::cli
