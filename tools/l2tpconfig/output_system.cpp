// system show {version|configuration|status|statistics}, and the phrases that all layouts share.
#include <array>

#include <fmt/format.h>

#include "tools/l2tpconfig/commands.hpp"
#include "tools/l2tpconfig/output.hpp"
#include "tools/l2tpconfig/output_shared.hpp"
#include "tools/l2tpconfig/values.hpp"

namespace openl2tp::cli {
namespace {

constexpr std::array<std::string_view, L2TP_API_MSG_TYPE_COUNT> kMessages = {
    "ILLEGAL", "SCCRQ", "SCCRP", "SCCCN", "STOPCCN",   "RESERVED1", "HELLO", "OCRQ", "OCRP",
    "OCCN",    "ICRQ",  "ICRP",  "ICCN",  "RESERVED2", "CDN",       "WEN",   "SLI",
};

std::string limit_text(int limit) { return limit == 0 ? "0 (unlimited)" : std::to_string(limit); }

} // namespace

std::string text_or(const optstring& text, std::string_view absent) {
  const auto view = rpc::string_of(text);
  return view && !view->empty() ? printable(*view) : std::string(absent);
}

std::string bare_time(std::string_view time) {
  while (time.ends_with('\n'))
    time.remove_suffix(1);
  while (time.starts_with(' '))
    time.remove_prefix(1);
  return std::string(time);
}

std::string created_line(const optstring& time) {
  constexpr std::size_t weekday = 3;
  std::string text(rpc::string_of(time).value_or(std::string_view()));
  while (text.ends_with('\n'))
    text.pop_back();
  if (text.size() > weekday && text[0] != ' ') text.erase(0, weekday);
  return text.empty() ? text : "  created at: " + printable(text) + '\n';
}

std::string address_text(l2tp_api_ip_addr address) {
  const std::uint32_t word = address.s_addr;
  return fmt::format("{}.{}.{}.{}", word & 0xff, (word >> 8) & 0xff, (word >> 16) & 0xff, word >> 24);
}

std::string_view message_name(std::size_t type) noexcept { return type < kMessages.size() ? kMessages[type] : "OTHER"; }

std::string system_version_text(const l2tp_api_app_msg_data& m) {
  std::string features;
  const auto feature = [&](std::uint32_t bit, const char* name) {
    if ((m.features & bit) != 0) features += std::string(name) + ' ';
  };
  feature(L2TP_API_APP_FEATURE_LAC_SUPPORT, "LAC");
  feature(L2TP_API_APP_FEATURE_LNS_SUPPORT, "LNS");
  feature(L2TP_API_APP_FEATURE_LOCAL_CONF_FILE, "CONF");
  feature(L2TP_API_APP_FEATURE_LOCAL_STAT_FILE, "STAT");
  return fmt::format("OpenL2TP V{}.{}, built {} [{}],\n"
                     "\topenl2tpd\n"
                     "  Features: {}\n",
                     m.major, m.minor, printable(m.build_date), printable(m.build_time), features);
}

std::string system_configuration_text(const l2tp_api_system_config& c) {
  return fmt::format("L2TP configuration:\n"
                     "  UDP port: {}\n"
                     "  max tunnels: {}, max sessions: {}\n"
                     "  drain tunnels: {}\n"
                     "  tunnel establish timeout: {} seconds\n"
                     "  session establish timeout: {} seconds\n"
                     "  tunnel persist pend timeout: {} seconds\n"
                     "  session persist pend timeout: {} seconds\n"
                     "  deny local tunnel creation: {}, deny remote tunnel creation: {}\n"
                     "  trace flags: {}\n",
                     c.udp_port, limit_text(c.max_tunnels), limit_text(c.max_sessions), yes_no(c.drain_tunnels != 0),
                     c.tunnel_establish_timeout, c.session_establish_timeout, c.tunnel_persist_pend_timeout,
                     c.session_persist_pend_timeout, yes_no(c.deny_local_tunnel_creates),
                     yes_no(c.deny_remote_tunnel_creates), trace_flags_text(c.trace_flags));
}

std::string system_status_text(const l2tp_api_system_status& s) {
  return fmt::format("L2TP service status:-\n"
                     "  tunnels: {}, sessions: {}\n",
                     s.num_tunnels, s.num_sessions);
}

std::string system_statistics_text(const l2tp_api_system_stats& s) {
  std::string text =
      fmt::format("L2TP counters:-\n"
                  "  Total messages sent: {}, received: {}, retransmitted: {}\n"
                  "    illegal: {}, unsupported: {}, ignored AVPs: {}, vendor AVPs: {}\n"
                  "  Setup failures: tunnels: {}, sessions: {}\n"
                  "  Resource failures: control frames: {}, peers: {}\n"
                  "    tunnels: {}, sessions: {}, ppp: {}\n"
                  "  Limit exceeded errors: tunnels: {}, sessions: {}\n",
                  s.total_sent_control_frames, s.total_rcvd_control_frames, s.total_retransmitted_control_frames,
                  s.illegal_messages, s.unsupported_messages, s.ignored_avps, s.vendor_avps, s.tunnel_setup_failures,
                  s.session_setup_failures, s.no_control_frame_resources, s.no_peer_resources, s.no_tunnel_resources,
                  s.no_session_resources, s.no_ppp_resources, s.too_many_tunnels, s.too_many_sessions);
  text += fmt::format("  Frame errors: short frames: {}, wrong version frames: {}\n"
                      "     unexpected data frames: {}, bad frames: {}\n"
                      "  Internal: authentication failures: {}, message encode failures: {}\n"
                      "     no matching tunnel discards: {}, mismatched tunnel ids: {}\n"
                      "     no matching session_discards: {}, mismatched session ids: {}\n"
                      "     total control frame send failures: {}, event queue fulls: {}\n"
                      "\n"
                      "  Message counters:-\n"
                      "{:>16} {:>16} {:>16} {:>16}\n",
                      s.short_frames, s.wrong_version_frames, s.unexpected_data_frames, s.bad_rcvd_frames, s.auth_fails,
                      s.encode_message_fails, s.no_matching_tunnel_id_discards, s.mismatched_tunnel_ids,
                      s.no_matching_session_id_discards, s.mismatched_session_ids, s.total_control_frame_send_fails,
                      s.event_queue_full_errors, "Message", "RX Good", "RX Bad", "TX");
  for (u_int i = 0; i < s.messages.messages_len && i < kMessages.size(); ++i) {
    const l2tp_api_system_msg_stats& row = s.messages.messages_val[i];
    text += fmt::format("{:>16} {:>16} {:>16} {:>16}\n", kMessages[i], row.rx, row.rx_bad, row.tx);
  }
  return text;
}

} // namespace openl2tp::cli
