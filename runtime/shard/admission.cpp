#include "runtime/shard/admission.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <variant>

namespace openl2tp::runtime {

using protocol::CdnResult;
using protocol::GeneralError;
using protocol::make_reason;
using protocol::Refusal;
using protocol::RefusalCause;
using protocol::StopResult;

namespace {

std::string_view text_of(std::string_view text) { return text; }
std::string_view text_of(const std::optional<std::string_view>& text) { return text.value_or(std::string_view{}); }

} // namespace

tl::expected<std::shared_ptr<const TunnelConfig>, Refusal>
Admission::judge_tunnel(const protocol::Route& route, const protocol::Sccrq& request, bool counts) {
  if (closed_) return tl::unexpected(Refusal{RefusalCause::denied, make_reason(StopResult::shutting_down)});
  if (system_.drain)
    return tl::unexpected(
        Refusal{RefusalCause::denied,
                make_reason(StopResult::general_error, GeneralError::try_another, "no new tunnels here for now")});
  if (system_.deny_remote_tunnel_creates)
    return tl::unexpected(Refusal{RefusalCause::denied, make_reason(StopResult::not_authorised, GeneralError::none,
                                                                    "tunnels from peers are disabled")});
  auto config = profiles_->for_incoming_tunnel(route.path.peer.address, request.host_name, system_);
  if (!config)
    return tl::unexpected(Refusal{RefusalCause::not_authorised,
                                  make_reason(StopResult::not_authorised, GeneralError::none, "unknown peer")});
  if (auto judged = ask_policies(route, request, *config); !judged) return tl::unexpected(std::move(judged.error()));
  if (counts && !count_tunnel())
    return tl::unexpected(
        Refusal{RefusalCause::limit, make_reason(StopResult::general_error, GeneralError::insufficient_resources,
                                                 "tunnel limit is reached")});
  return config;
}

protocol::Secret Admission::secret_for(const protocol::Endpoint& peer) const {
  const auto config = profiles_->for_incoming_tunnel(peer.address, {}, system_);
  return config ? config->settings->secret : protocol::Secret{};
}

tl::expected<std::shared_ptr<const SessionConfig>, Refusal>
Admission::judge_session(protocol::TunnelId tunnel, const TunnelConfig& of, const protocol::Message& request) {
  if (system_.drain)
    return tl::unexpected(Refusal{RefusalCause::denied, make_reason(CdnResult::no_facilities_temporary,
                                                                    GeneralError::none, "no new calls here for now")});
  // ICRQ wants an LNS, OCRQ a LAC: the peer profile may let us be only one of them.
  const bool incoming = std::holds_alternative<protocol::Icrq>(request);
  const TunnelMode wanted = incoming ? TunnelMode::lns : TunnelMode::lac;
  if (of.allowed_mode != TunnelMode::lac_lns && of.allowed_mode != wanted)
    return tl::unexpected(
        Refusal{RefusalCause::denied,
                make_reason(CdnResult::no_facilities_permanent, GeneralError::none,
                            incoming ? "no incoming calls to this LAC" : "no outgoing calls by this LNS")});
  if (auto judged = ask_policies(tunnel, request); !judged) return tl::unexpected(std::move(judged.error()));
  if (!count_session())
    return tl::unexpected(Refusal{RefusalCause::limit, make_reason(CdnResult::no_facilities_temporary,
                                                                   GeneralError::none, "session limit is reached")});
  return profiles_->for_incoming_session(of, incoming ? SessionType::lns_incoming : SessionType::lac_outgoing, system_);
}

// ---- what policies are asked

tl::expected<void, protocol::Refusal>
Admission::ask_policies(const protocol::Route& route, const protocol::Sccrq& request, const TunnelConfig& config) {
  if (!plugins_.has_policies()) return {};
  const std::string address = to_string(route.path.peer.address);
  openl2tp_tunnel_request asked{};
  asked.struct_size = sizeof asked;
  asked.peer_tunnel_id = request.assigned_tunnel_id;
  asked.peer_port = route.path.peer.port;
  asked.peer_address = address.data();
  asked.peer_address_length = address.size();
  asked.host_name = request.host_name.data();
  asked.host_name_length = request.host_name.size();
  const std::string_view vendor = text_of(request.vendor_name);
  asked.vendor_name = vendor.data();
  asked.vendor_name_length = vendor.size();
  if (const auto& profile = config.in_force.peer_profile_name) {
    asked.peer_profile = profile->data();
    asked.peer_profile_length = profile->size();
  }
  return plugins_.judge(asked);
}

tl::expected<void, protocol::Refusal> Admission::ask_policies(protocol::TunnelId tunnel,
                                                              const protocol::Message& request) {
  if (!plugins_.has_policies()) return {};
  openl2tp_session_request asked{};
  asked.struct_size = sizeof asked;
  asked.tunnel_id = tunnel.value;
  const auto fill = [&asked](const auto& message) {
    asked.peer_session_id = message.assigned_session_id;
    asked.call_serial_number = message.call_serial_number;
    const std::string_view called = text_of(message.called_number);
    asked.called_number = called.data();
    asked.called_number_length = called.size();
    const std::string_view sub_address = text_of(message.sub_address);
    asked.sub_address = sub_address.data();
    asked.sub_address_length = sub_address.size();
  };
  if (const auto* incoming = std::get_if<protocol::Icrq>(&request)) {
    fill(*incoming);
    const std::string_view calling = text_of(incoming->calling_number);
    asked.calling_number = calling.data();
    asked.calling_number_length = calling.size();
  } else if (const auto* outgoing = std::get_if<protocol::Ocrq>(&request)) {
    fill(*outgoing);
    asked.flags = OPENL2TP_OBJECT_OUTGOING;
  }
  return plugins_.judge(asked);
}

} // namespace openl2tp::runtime
