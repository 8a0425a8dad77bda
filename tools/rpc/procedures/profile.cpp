// The profile procedures of the four kinds: CREATE, DELETE, MODIFY, GET, LIST, UNSET.
#include <array>
#include <cerrno>
#include <cstdlib>
#include <type_traits>

#include "runtime/profiles/profile_store.hpp"
#include "tools/rpc/audit.hpp"
#include "tools/rpc/convert.hpp"
#include "tools/rpc/convert_profile.hpp"
#include "tools/rpc/procedure.hpp"

namespace openl2tp::rpc {
namespace {

struct PeerKind {
  static constexpr runtime::ProfileKind kind = runtime::ProfileKind::peer;
  static constexpr std::string_view noun = "peer profile";
  using Parameters = runtime::PeerProfileParameters;
  using Message = l2tp_api_peer_profile_msg_data;
  using Unset = l2tp_api_peer_profile_unset_msg_data;
  using List = l2tp_api_peer_profile_list_msg_data;
  static constexpr std::array names = {"PEER_PROFILE_CREATE", "PEER_PROFILE_DELETE", "PEER_PROFILE_MODIFY",
                                       "PEER_PROFILE_GET",    "PEER_PROFILE_LIST",   "PEER_PROFILE_UNSET"};
};
struct TunnelKind {
  static constexpr runtime::ProfileKind kind = runtime::ProfileKind::tunnel;
  static constexpr std::string_view noun = "tunnel profile";
  using Parameters = runtime::TunnelProfileParameters;
  using Message = l2tp_api_tunnel_profile_msg_data;
  using Unset = l2tp_api_tunnel_profile_unset_msg_data;
  using List = l2tp_api_tunnel_profile_list_msg_data;
  static constexpr std::array names = {"TUNNEL_PROFILE_CREATE", "TUNNEL_PROFILE_DELETE", "TUNNEL_PROFILE_MODIFY",
                                       "TUNNEL_PROFILE_GET",    "TUNNEL_PROFILE_LIST",   "TUNNEL_PROFILE_UNSET"};
};
struct SessionKind {
  static constexpr runtime::ProfileKind kind = runtime::ProfileKind::session;
  static constexpr std::string_view noun = "session profile";
  using Parameters = runtime::SessionProfileParameters;
  using Message = l2tp_api_session_profile_msg_data;
  using Unset = l2tp_api_session_profile_unset_msg_data;
  using List = l2tp_api_session_profile_list_msg_data;
  static constexpr std::array names = {"SESSION_PROFILE_CREATE", "SESSION_PROFILE_DELETE", "SESSION_PROFILE_MODIFY",
                                       "SESSION_PROFILE_GET",    "SESSION_PROFILE_LIST",   "SESSION_PROFILE_UNSET"};
};
struct PppKind {
  static constexpr runtime::ProfileKind kind = runtime::ProfileKind::ppp;
  static constexpr std::string_view noun = "ppp profile";
  using Parameters = runtime::PppProfileParameters;
  using Message = l2tp_api_ppp_profile_msg_data;
  using Unset = l2tp_api_ppp_profile_unset_msg_data;
  using List = l2tp_api_ppp_profile_list_msg_data;
  static constexpr std::array names = {"PPP_PROFILE_CREATE", "PPP_PROFILE_DELETE", "PPP_PROFILE_MODIFY",
                                       "PPP_PROFILE_GET",    "PPP_PROFILE_LIST",   "PPP_PROFILE_UNSET"};
};

/// With peer and tunnel profiles an empty name is one that is not found, but for delete and create.
template <class Kind>
runtime::ControlError of_no_name(runtime::ControlError error) {
  if (error.fault != runtime::ControlFault::profile_name_missing) return error;
  if constexpr (std::is_same_v<Kind, PeerKind>) error.fault = runtime::ControlFault::peer_profile_not_found;
  if constexpr (std::is_same_v<Kind, TunnelKind>) error.fault = runtime::ControlFault::tunnel_profile_not_found;
  return error;
}
template <class Kind>
runtime::ControlResult<void> of_no_name(runtime::ControlResult<void> done) {
  return done.map_error([](runtime::ControlError error) { return of_no_name<Kind>(std::move(error)); });
}

Value<int> number(const char* procedure, const runtime::ControlResult<void>& done) {
  Value<int> result;
  *result = done ? 0 : refused(procedure, done.error());
  return result;
}

/// Refuses what would leave a saved configuration that a daemon does not start with.
runtime::ControlResult<void> not_in_use(runtime::Control& control, runtime::ProfileKind kind, const std::string& name) {
  constexpr std::size_t kNamed = 3;
  if (name.empty()) return {};
  const auto users = control.profile_users(kind, name, kNamed + 1);
  if (!users) return tl::unexpected(users.error());
  if (users->empty()) return {};
  std::string text = "in use by ";
  for (std::size_t i = 0; i < users->size() && i < kNamed; ++i)
    text += (i == 0 ? "" : ", ") + (*users)[i];
  if (users->size() > kNamed) text += " and others";
  return tl::unexpected(runtime::ControlError{runtime::ControlFault::in_use, text + "; force deletes it nevertheless"});
}

template <class Kind>
Value<int> create(runtime::Control& control, const Caller&, const typename Kind::Message& message) {
  note_object(Kind::noun, message.profile_name);
  const auto given = profile_parameters(message);
  if (!given) return number(Kind::names[0], tl::unexpected(given.error()));
  auto done = control.profiles().create(std::string(message.profile_name), *given);
  // There always is one.
  if (!done && done.error().fault == runtime::ControlFault::profile_name_illegal && done.error().detail == "default")
    done.error().fault = runtime::ControlFault::profile_already_exists;
  return number(Kind::names[0], done);
}

template <class Kind>
Value<int> remove(runtime::Control& control, const Caller&, const wire_string& name) {
  note_object(Kind::noun, name);
  if (auto unused = not_in_use(control, Kind::kind, name); !unused) return number(Kind::names[1], unused);
  return number(Kind::names[1], control.profiles().template remove<typename Kind::Parameters>(std::string(name)));
}

/// DELETE of a profile whether or not it is in use.
Value<int> remove_in_use(runtime::Control& control, const Caller&, const l2tp_ext_profile_delete_1_argument& argument) {
  constexpr const char* kName = "EXT_PROFILE_DELETE";
  const std::string name(argument.name);
  note_object("profile", name);
  switch (number_of(argument.kind)) {
  case L2TP_EXT_PEER_PROFILE: return number(kName, control.profiles().remove<runtime::PeerProfileParameters>(name));
  case L2TP_EXT_TUNNEL_PROFILE: return number(kName, control.profiles().remove<runtime::TunnelProfileParameters>(name));
  case L2TP_EXT_SESSION_PROFILE:
    return number(kName, control.profiles().remove<runtime::SessionProfileParameters>(name));
  case L2TP_EXT_PPP_PROFILE: return number(kName, control.profiles().remove<runtime::PppProfileParameters>(name));
  default: break;
  }
  return number(kName, tl::unexpected(runtime::ControlError{runtime::ControlFault::invalid_argument, "kind"}));
}

template <class Kind>
Value<int> modify(runtime::Control& control, const Caller&, const typename Kind::Message& message) {
  note_object(Kind::noun, message.profile_name);
  const auto given = profile_parameters(message);
  if (!given) return number(Kind::names[2], tl::unexpected(given.error()));
  return number(Kind::names[2], of_no_name<Kind>(control.profiles().modify(std::string(message.profile_name), *given)));
}

template <class Kind>
Value<typename Kind::Message> failed_get(const wire_string& name, int result_code) {
  Value<typename Kind::Message> failure;
  failure->profile_name = copy_string(name);
  failure->result_code = result_code;
  return failure;
}

template <class Kind>
Value<typename Kind::Message> get(runtime::Control& control, const Caller& caller, const wire_string& name) {
  const auto report = control.profiles().template get<typename Kind::Parameters>(std::string(name));
  if (!report) return failed_get<Kind>(name, error_number(of_no_name<Kind>(report.error())));
  auto message = profile_message(*report, caller.privileged);
  if constexpr (std::is_same_v<Kind, PeerKind>) { // the only one with a use count
    const auto uses = control.peer_profile_uses(report->name);
    if (!uses) return failed_get<Kind>(name, refused(Kind::names[3], uses.error()));
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
  note_object(Kind::noun, message.profile_name);
  const auto names = unset_names(message);
  return number(Kind::names[5], of_no_name<Kind>(control.profiles().template unset<typename Kind::Parameters>(
                                    std::string(message.profile_name), names)));
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
  std::array<Procedure, 25> all{};
  std::size_t at = 0;
  for (const auto* kind : {&kPeer, &kTunnel, &kSession, &kPpp})
    for (const Procedure& row : *kind)
      all[at++] = row;
  all[at] = {L2TP_EXT_PROFILE_DELETE, "EXT_PROFILE_DELETE", Access::change, &Typed<&remove_in_use>::run};
  return all;
}();

} // namespace

std::span<const Procedure> profile_procedures() noexcept { return kProcedures; }

} // namespace openl2tp::rpc
