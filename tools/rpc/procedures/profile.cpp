// The profile procedures of the four kinds: CREATE, DELETE, MODIFY, GET, LIST, UNSET.
#include <array>
#include <cerrno>
#include <cstdlib>

#include "runtime/profiles/profile_store.hpp"
#include "tools/rpc/convert.hpp"
#include "tools/rpc/convert_profile.hpp"
#include "tools/rpc/procedure.hpp"

namespace openl2tp::rpc {
namespace {

struct PeerKind {
  using Parameters = runtime::PeerProfileParameters;
  using Message = l2tp_api_peer_profile_msg_data;
  using Unset = l2tp_api_peer_profile_unset_msg_data;
  using List = l2tp_api_peer_profile_list_msg_data;
  static constexpr std::array names = {"PEER_PROFILE_CREATE", "PEER_PROFILE_DELETE", "PEER_PROFILE_MODIFY",
                                       "PEER_PROFILE_GET",    "PEER_PROFILE_LIST",   "PEER_PROFILE_UNSET"};
};
struct TunnelKind {
  using Parameters = runtime::TunnelProfileParameters;
  using Message = l2tp_api_tunnel_profile_msg_data;
  using Unset = l2tp_api_tunnel_profile_unset_msg_data;
  using List = l2tp_api_tunnel_profile_list_msg_data;
  static constexpr std::array names = {"TUNNEL_PROFILE_CREATE", "TUNNEL_PROFILE_DELETE", "TUNNEL_PROFILE_MODIFY",
                                       "TUNNEL_PROFILE_GET",    "TUNNEL_PROFILE_LIST",   "TUNNEL_PROFILE_UNSET"};
};
struct SessionKind {
  using Parameters = runtime::SessionProfileParameters;
  using Message = l2tp_api_session_profile_msg_data;
  using Unset = l2tp_api_session_profile_unset_msg_data;
  using List = l2tp_api_session_profile_list_msg_data;
  static constexpr std::array names = {"SESSION_PROFILE_CREATE", "SESSION_PROFILE_DELETE", "SESSION_PROFILE_MODIFY",
                                       "SESSION_PROFILE_GET",    "SESSION_PROFILE_LIST",   "SESSION_PROFILE_UNSET"};
};
struct PppKind {
  using Parameters = runtime::PppProfileParameters;
  using Message = l2tp_api_ppp_profile_msg_data;
  using Unset = l2tp_api_ppp_profile_unset_msg_data;
  using List = l2tp_api_ppp_profile_list_msg_data;
  static constexpr std::array names = {"PPP_PROFILE_CREATE", "PPP_PROFILE_DELETE", "PPP_PROFILE_MODIFY",
                                       "PPP_PROFILE_GET",    "PPP_PROFILE_LIST",   "PPP_PROFILE_UNSET"};
};

Value<int> number(const char* procedure, const runtime::ControlResult<void>& done) {
  Value<int> result;
  *result = done ? 0 : refused(procedure, done.error());
  return result;
}

template <class Kind>
Value<int> create(runtime::Control& control, const Caller&, const typename Kind::Message& message) {
  const auto given = profile_parameters(message);
  if (!given) return number(Kind::names[0], tl::unexpected(given.error()));
  return number(Kind::names[0], control.profiles().create(std::string(message.profile_name), *given));
}

template <class Kind>
Value<int> remove(runtime::Control& control, const Caller&, const wire_string& name) {
  return number(Kind::names[1], control.profiles().template remove<typename Kind::Parameters>(std::string(name)));
}

template <class Kind>
Value<int> modify(runtime::Control& control, const Caller&, const typename Kind::Message& message) {
  const auto given = profile_parameters(message);
  if (!given) return number(Kind::names[2], tl::unexpected(given.error()));
  return number(Kind::names[2], control.profiles().modify(std::string(message.profile_name), *given));
}

template <class Kind>
Value<typename Kind::Message> failed_get(int result_code) {
  Value<typename Kind::Message> failure;
  failure->profile_name = copy_string("");
  failure->result_code = result_code;
  return failure;
}

template <class Kind>
Value<typename Kind::Message> get(runtime::Control& control, const Caller& caller, const wire_string& name) {
  const auto report = control.profiles().template get<typename Kind::Parameters>(std::string(name));
  if (!report) return failed_get<Kind>(error_number(report.error()));
  auto message = profile_message(*report, caller.privileged);
  if constexpr (std::is_same_v<Kind, PeerKind>) { // the only one with a use count
    const auto uses = control.peer_profile_uses(report->name);
    if (!uses) return failed_get<Kind>(refused(Kind::names[3], uses.error()));
    message->use_count = static_cast<int>(*uses);
  }
  return message;
}

template <class Kind>
Value<typename Kind::List> list(runtime::Control& control, const Caller&, const Nothing&) {
  const auto names = control.profiles().template list<typename Kind::Parameters>();
  Value<typename Kind::List> message;
  auto& entries = message->profiles;
  // One empty entry more: clients look at an entry before they look for its end.
  if (!allocate_entries(entries, names.size() + 1)) {
    message->result = -ENOMEM;
    return message;
  }
  for (std::size_t i = 0; i <= names.size(); ++i)
    entries.entries[i].profile_name = copy_string(i < names.size() ? std::string_view(names[i]) : "");
  message->num_profiles = static_cast<int>(names.size());
  return message;
}

template <class Kind>
Value<int> unset(runtime::Control& control, const Caller&, const typename Kind::Unset& message) {
  const auto names = unset_names(message);
  return number(Kind::names[5],
                control.profiles().template unset<typename Kind::Parameters>(std::string(message.profile_name), names));
}

/// `first`: the number of CREATE, which DELETE, MODIFY, GET and LIST follow.
template <class Kind>
consteval std::array<Procedure, 6> rows(std::uint32_t first, std::uint32_t unset_number) {
  return {Procedure{first, Kind::names[0], Access::change, &Typed<&create<Kind>>::run},
          Procedure{first + 1, Kind::names[1], Access::change, &Typed<&remove<Kind>>::run},
          Procedure{first + 2, Kind::names[2], Access::change, &Typed<&modify<Kind>>::run},
          Procedure{first + 3, Kind::names[3], Access::read, &Typed<&get<Kind>>::run},
          Procedure{first + 4, Kind::names[4], Access::read, &Typed<&list<Kind>>::run, Weight::large},
          Procedure{unset_number, Kind::names[5], Access::change, &Typed<&unset<Kind>>::run}};
}

constexpr auto kPeer = rows<PeerKind>(L2TP_PEER_PROFILE_CREATE, L2TP_PEER_PROFILE_UNSET);
constexpr auto kTunnel = rows<TunnelKind>(L2TP_TUNNEL_PROFILE_CREATE, L2TP_TUNNEL_PROFILE_UNSET);
constexpr auto kSession = rows<SessionKind>(L2TP_SESSION_PROFILE_CREATE, L2TP_SESSION_PROFILE_UNSET);
constexpr auto kPpp = rows<PppKind>(L2TP_PPP_PROFILE_CREATE, L2TP_PPP_PROFILE_UNSET);

constexpr auto kProcedures = [] {
  std::array<Procedure, 24> all{};
  std::size_t at = 0;
  for (const auto* kind : {&kPeer, &kTunnel, &kSession, &kPpp})
    for (const Procedure& row : *kind)
      all[at++] = row;
  return all;
}();

} // namespace

std::span<const Procedure> profile_procedures() noexcept { return kProcedures; }

} // namespace openl2tp::rpc
