// What a PPP plugin is told of a session, gathered from tunnel, session and profiles into the structs of the ABI.
#pragma once

#include <string>

#include "openl2tp/ppp.h"
#include "protocol/session/session.hpp"
#include "protocol/tunnel/tunnel.hpp"
#include "runtime/profiles/profiles.hpp"

namespace openl2tp::runtime {

/// The structs and what they point to, but for what the tunnel, session and configurations hold themselves: those must
/// outlive this. data_path and session_fd are left to the caller.
class PppParams {
 public:
  /// @param local  the operator made the session here
  PppParams(const protocol::Tunnel& tunnel, const protocol::Session& session, const TunnelConfig& tunnel_config,
            const SessionConfig& session_config, bool local);
  PppParams(const PppParams&) = delete;
  PppParams& operator=(const PppParams&) = delete;
  ~PppParams() = default;

  [[nodiscard]] openl2tp_ppp_params& get() noexcept { return params_; }

 private:
  void fill_call(const protocol::Session& session);
  void fill_proxy(const protocol::ProxySettings& proxy);
  void fill_profile(const SessionConfig& config);

  std::string peer_address_, local_address_;
  openl2tp_ppp_params params_{};
  openl2tp_ppp_profile profile_{};
  openl2tp_ppp_proxy proxy_{};
};

/// True when we are the LNS of a call of this type.
[[nodiscard]] constexpr bool is_lns(SessionType type) noexcept {
  return type == SessionType::lns_incoming || type == SessionType::lns_outgoing;
}
/// True for a call that an OCRQ asked for.
[[nodiscard]] constexpr bool is_outgoing(SessionType type) noexcept {
  return type == SessionType::lac_outgoing || type == SessionType::lns_outgoing;
}

/// Framing and bearer types as the ABI has them: the bits of RFC 2661 sections 4.4.3 and 4.4.4.
[[nodiscard]] constexpr std::uint32_t framing_bits(protocol::Framing framing) noexcept {
  return (framing.sync ? OPENL2TP_FRAMING_SYNC : 0U) | (framing.async ? OPENL2TP_FRAMING_ASYNC : 0U);
}
[[nodiscard]] constexpr std::uint32_t bearer_bits(protocol::Bearer bearer) noexcept {
  return (bearer.digital ? OPENL2TP_BEARER_DIGITAL : 0U) | (bearer.analog ? OPENL2TP_BEARER_ANALOG : 0U);
}

} // namespace openl2tp::runtime
