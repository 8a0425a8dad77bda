// Peers, users and test settings.
#include <fmt/format.h>

#include "tools/l2tpconfig/output.hpp"
#include "tools/l2tpconfig/output_shared.hpp"

namespace openl2tp::cli {
namespace {

const char* trigger_text(l2tp_api_test_trigger_type type) noexcept {
  switch (type) {
  case L2TP_API_TEST_FAKE_TRIGGER_OFF: return "OFF";
  case L2TP_API_TEST_FAKE_TRIGGER_ON: return "ON";
  case L2TP_API_TEST_FAKE_TRIGGER_ONCE: return "ONCE";
  case L2TP_API_TEST_FAKE_TRIGGER_LOW: return "LOW";
  case L2TP_API_TEST_FAKE_TRIGGER_MEDIUM: return "MEDIUM";
  case L2TP_API_TEST_FAKE_TRIGGER_HIGH: return "HIGH";
  }
  return "UNKNOWN";
}

} // namespace

std::string peer_list_header() { return fmt::format("{:<16} {:<16}\n", "Local", "Remote"); }

std::string peer_list_row(std::string_view local, std::string_view peer) {
  return fmt::format("{:<16} {:<16}\n", local, peer);
}

std::string peer_text(std::string_view local, std::string_view peer, int tunnels) {
  return fmt::format("Peer {}, local {}:-\n"
                     "  number active tunnels: {}\n",
                     peer, local.empty() ? "ANY" : local, tunnels);
}

std::string user_list_header() {
  return fmt::format("{:>8} {:>6}  {:<35}{:>26}\n", "TunId", "SesId", "User", "Create Time");
}

std::string user_list_row(const l2tp_api_user_list_entry& entry) {
  return fmt::format("{:>8} {:>6}  {:<35}{:>26}\n", entry.tunnel_id, entry.session_id, printable(entry.user_name),
                     printable(bare_time(entry.create_time)));
}

std::string user_list_ppp_header() {
  std::string text = user_list_header();
  text.pop_back();
  return text + fmt::format("  {:<15}{:<16}{:<10}{:<42}{:>14}{:>14}\n", "State", "Interface", "Auth", "Address",
                            "Rx Bytes", "Tx Bytes");
}

std::string user_list_row(const l2tp_ext_user& user, bool with_ppp) {
  std::string text = fmt::format("{:>8} {:>6}  {:<35}{:>26}", user.tunnel_id, user.session_id,
                                 printable(user.user_name), time_text(user.created_at));
  if (!with_ppp) return text + '\n';
  const auto cell = [](const char* told) { return *told == '\0' ? std::string("-") : printable(told); };
  std::string address = user.ppp.peer_ipv4;
  if (*user.ppp.peer_ipv6 != '\0') address += (address.empty() ? "" : ",") + std::string(user.ppp.peer_ipv6);
  return text + fmt::format("  {:<14} {:<15} {:<9} {:<42}{:>14}{:>14}\n", ppp_phase_text(user.ppp.phase),
                            cell(user.ppp.interface_name), cell(user.ppp.auth_method), cell(address.c_str()),
                            user.data_rx_bytes, user.data_tx_bytes);
}

std::string test_text(const l2tp_api_test_msg_data& t) {
  std::string ours; // what the recorded layout has no place for, where there is something to say
  if (t.num_rx_drops != 0 || t.num_tx_drops != 0)
    ours += fmt::format("  dropped: rx {}, tx {}\n", t.num_rx_drops, t.num_tx_drops);
  if (t.tunnel_id != 0)
    ours += fmt::format("  drops are of tunnel {}{}\n", t.tunnel_id,
                        t.session_id != 0 ? fmt::format(" session {}", t.session_id) : std::string());
  if (t.no_random_ids) ours += "  ids: in sequence\n";
  return fmt::format("Test settings:-\n"
                     "  fake rx drop: {}, fake tx drop: {}, fake trigger: {}\n"
                     "  trigger status: {}\n"
                     "  hold tunnels: {}, sessions: {}\n"
                     "{}"
                     "  hash list hits/misses:-\n"
                     "    tunnel_id: {}/{}\n"
                     "    tunnel_name: {}/{}\n"
                     "    session_id: {}/{}\n",
                     yes_no(t.fake_rx_drop), yes_no(t.fake_tx_drop), trigger_text(t.fake_trigger_type),
                     t.fake_trigger_fired ? "TRIGGERED" : "NOT TRIGGERED", yes_no(t.hold_tunnels),
                     yes_no(t.hold_sessions), ours, t.num_tunnel_id_hash_hits, t.num_tunnel_id_hash_misses,
                     t.num_tunnel_name_hash_hits, t.num_tunnel_name_hash_misses, t.num_session_id_hash_hits,
                     t.num_session_id_hash_misses);
}

} // namespace openl2tp::cli
