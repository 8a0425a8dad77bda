// session profile create, delete, modify, show, list and unset.
#include "tools/l2tpconfig/output.hpp"
#include "tools/l2tpconfig/profile_kind.hpp"

namespace openl2tp::cli {

const SessionProfileKind& session_profile_kind() noexcept {
  static constexpr SessionProfileKind kind{.noun = "session",
                                           .create = L2TP_SESSION_PROFILE_CREATE,
                                           .remove = L2TP_SESSION_PROFILE_DELETE,
                                           .modify = L2TP_SESSION_PROFILE_MODIFY,
                                           .get = L2TP_SESSION_PROFILE_GET,
                                           .list = L2TP_SESSION_PROFILE_LIST,
                                           .unset = L2TP_SESSION_PROFILE_UNSET,
                                           .fields = &session_profile_fields,
                                           .text = &session_profile_text,
                                           .wire_kind = L2TP_EXT_SESSION_PROFILE};
  return kind;
}

std::span<const Command> session_profile_commands() { return profile::commands<&session_profile_kind>(); }

} // namespace openl2tp::cli
