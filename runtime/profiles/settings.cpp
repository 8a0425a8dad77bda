// The engine's settings, and what we say of ourselves in them: host name, vendor name, firmware revision.
#include "runtime/profiles/settings.hpp"

#include <sys/utsname.h>

#include <chrono>
#include <climits>
#include <string>
#include <unistd.h>

namespace openl2tp::runtime {

namespace {

constexpr std::uint16_t kFirmwareRevision = 0x0200; // major, minor

// Read once: a host name that changes under a running daemon would make peers take us for another.
const std::string& system_host_name() {
  static const std::string name = [] {
    char text[HOST_NAME_MAX + 1] = {};
    if (::gethostname(text, sizeof(text) - 1) != 0 || text[0] == '\0') return std::string("localhost");
    return std::string(text);
  }();
  return name;
}

const std::string& vendor_name() {
  static const std::string name = [] {
    std::string text = "openl2tpd " OPENL2TP_VERSION;
    utsname system{};
    if (::uname(&system) == 0) text.append(" Linux-").append(system.release).append(" (").append(system.machine) += ")";
    text.resize(std::min<std::size_t>(text.size(), 255));
    return text;
  }();
  return name;
}

protocol::Duration seconds(std::uint32_t count) { return std::chrono::seconds(count); }

std::unique_ptr<const protocol::ProxySettings> proxy_settings(const SessionParameters& from) {
  const bool any = from.proxy_auth_type || from.proxy_auth_name || from.proxy_auth_challenge ||
                   from.proxy_auth_response || from.initial_received_confreq || from.last_sent_confreq ||
                   from.last_received_confreq;
  if (!any) return nullptr;
  auto to = std::make_unique<protocol::ProxySettings>();
  to->initial_received_confreq = from.initial_received_confreq.value_or(std::vector<std::byte>{});
  to->last_sent_confreq = from.last_sent_confreq.value_or(std::vector<std::byte>{});
  to->last_received_confreq = from.last_received_confreq.value_or(std::vector<std::byte>{});
  to->authen_type = static_cast<std::uint16_t>(from.proxy_auth_type.value_or(ProxyAuthType::reserved));
  to->authen_name = from.proxy_auth_name.value_or("");
  to->authen_challenge = from.proxy_auth_challenge.value_or(std::vector<std::byte>{});
  to->authen_response = from.proxy_auth_response.value_or(std::vector<std::byte>{});
  return to;
}

} // namespace

std::shared_ptr<const protocol::TunnelSettings> tunnel_settings(const TunnelParameters& in_force,
                                                                const SystemConfig& system) {
  auto to = std::make_shared<protocol::TunnelSettings>();
  to->host_name = in_force.host_name && !in_force.host_name->empty() ? *in_force.host_name : system_host_name();
  to->vendor_name = vendor_name();
  to->firmware_revision = kFirmwareRevision;
  if (in_force.secret) to->secret = protocol::Secret(*in_force.secret);
  to->auth_mode = in_force.auth_mode.value_or(to->auth_mode);
  to->hide_avps = in_force.hide_avps.value_or(to->hide_avps);
  to->use_tie_breaker = in_force.use_tie_breaker.value_or(to->use_tie_breaker);
  to->framing_capabilities = in_force.framing_capabilities.value_or(to->framing_capabilities);
  to->bearer_capabilities = in_force.bearer_capabilities.value_or(to->bearer_capabilities);
  to->receive_window = in_force.receive_window.value_or(to->receive_window);
  to->transmit_window = in_force.transmit_window.value_or(to->transmit_window);
  to->retries_max = static_cast<std::uint16_t>(in_force.retries_max.value_or(to->retries_max));
  if (in_force.retry_timeout_s) to->retransmit_interval = seconds(*in_force.retry_timeout_s);
  if (in_force.hello_timeout_s) to->hello_interval = seconds(*in_force.hello_timeout_s);
  to->establish_timeout = seconds(system.tunnel_establish_timeout_s);
  if (in_force.idle_timeout_s) to->idle_timeout = seconds(*in_force.idle_timeout_s);
  to->sessions_max = in_force.sessions_max.value_or(to->sessions_max);
  to->trace = in_force.trace.value_or(0);
  return to;
}

std::shared_ptr<const protocol::SessionSettings> session_settings(const SessionParameters& in_force,
                                                                  const SystemConfig& system) {
  auto to = std::make_shared<protocol::SessionSettings>();
  to->type = in_force.session_type.value_or(SessionType::unspecified);
  to->framing_type = in_force.framing_type.value_or(to->framing_type);
  to->bearer_type = in_force.bearer_type.value_or(to->bearer_type);
  to->minimum_bps = in_force.minimum_bps.value_or(0);
  to->maximum_bps = in_force.maximum_bps.value_or(0);
  to->tx_connect_speed = in_force.tx_connect_speed.value_or(to->tx_connect_speed);
  to->rx_connect_speed = in_force.rx_connect_speed.value_or(0);
  to->sequencing_required = in_force.sequencing_required.value_or(false);
  to->calling_number = in_force.calling_number.value_or("");
  to->called_number = in_force.called_number.value_or("");
  to->sub_address = in_force.sub_address.value_or("");
  to->private_group_id = in_force.private_group_id.value_or("");
  to->proxy = proxy_settings(in_force);
  to->establish_timeout = seconds(system.session_establish_timeout_s);
  to->trace = in_force.trace.value_or(0);
  return to;
}

bool concerns_settings(const SessionParameters& given) noexcept {
  return given.framing_type || given.bearer_type || given.minimum_bps || given.maximum_bps || given.tx_connect_speed ||
         given.rx_connect_speed || given.sequencing_required || given.calling_number || given.called_number ||
         given.sub_address || given.private_group_id || given.proxy_auth_type || given.proxy_auth_name ||
         given.proxy_auth_challenge || given.proxy_auth_response || given.initial_received_confreq ||
         given.last_sent_confreq || given.last_received_confreq || given.trace;
}

} // namespace openl2tp::runtime
