// What the rows of parameters do not say: states, peers and counters.
#include "tools/l2tpconfig/json.hpp"

#include "tools/l2tpconfig/output.hpp"
#include "tools/l2tpconfig/output_shared.hpp"

namespace openl2tp::cli {
namespace {

std::string dumped(const Json& document, int indent) {
  return document.dump(indent, ' ', false, Json::error_handler_t::replace);
}

Json bits(bool first, const char* first_name, bool second, const char* second_name) {
  Json names = Json::array();
  if (first) names.push_back(first_name);
  if (second) names.push_back(second_name);
  return names;
}

Json result_json(unsigned result, unsigned error, const optstring& message) {
  if (result == 0) return nullptr;
  return {{"result", result}, {"error", error}, {"message", json_of(message)}};
}

Json transport_json(const l2tp_api_tunnel_stats& s) {
  return {{"ns", s.ns},
          {"nr", s.nr},
          {"peer_ns", s.peer_ns},
          {"peer_nr", s.peer_nr},
          {"cwnd", s.cwnd},
          {"ssthresh", s.ssthresh},
          {"congpkt_acc", s.congpkt_acc},
          {"retransmits", s.retransmits},
          {"duplicate_pkt_discards", s.duplicate_pkt_discards},
          {"data_pkt_discards", s.data_pkt_discards},
          {"tx_zlbs", s.tx_zlbs},
          {"tx_zlb_fails", s.tx_zlb_fails},
          {"rx_zlbs", s.rx_zlbs},
          {"tx_hellos", s.tx_hellos},
          {"tx_hello_fails", s.tx_hello_fails},
          {"rx_hellos", s.rx_hellos},
          {"control_rx_packets", s.control_rx_packets},
          {"control_rx_bytes", s.control_rx_bytes},
          {"control_rx_oos_packets", s.control_rx_oos_packets},
          {"control_rx_oos_discards", s.control_rx_oos_discards},
          {"control_tx_packets", s.control_tx_packets},
          {"control_tx_bytes", s.control_tx_bytes},
          {"data_rx_packets", s.data_rx_packets},
          {"data_rx_bytes", s.data_rx_bytes},
          {"data_rx_errors", s.data_rx_errors},
          {"data_rx_oos_packets", s.data_rx_oos_packets},
          {"data_rx_oos_discards", s.data_rx_oos_discards},
          {"data_tx_packets", s.data_tx_packets},
          {"data_tx_bytes", s.data_tx_bytes},
          {"data_tx_errors", s.data_tx_errors}};
}

Json session_peer_json(const l2tp_api_session_peer_info& p) {
  return {{"result", result_json(p.result_code, p.error_code, p.error_message)},
          {"sequencing_required", p.sequencing_required != 0},
          {"framing_types", bits(p.framing_type_sync != 0, "sync", p.framing_type_async != 0, "async")},
          {"bearer_types", bits(p.bearer_type_digital != 0, "digital", p.bearer_type_analog != 0, "analog")},
          {"call_serial_number", p.call_serial_number},
          {"physical_channel_id", p.physical_channel_id},
          {"minimum_bps", p.minimum_bps},
          {"maximum_bps", p.maximum_bps},
          {"tx_connect_speed", p.connect_speed},
          {"rx_connect_speed", p.rx_connect_speed},
          {"priv_group_id", json_of(p.private_group_id)},
          {"calling_number", json_of(p.calling_number)},
          {"called_number", json_of(p.called_number)},
          {"sub_address", json_of(p.sub_address)},
          {"proxy_auth_name", json_of(p.proxy_auth_name)}};
}

Json time_json(const optstring& time) {
  const auto view = rpc::string_of(time);
  return view ? Json(bare_time(*view)) : Json(nullptr);
}

Json told(const char* text) { return *text == '\0' ? Json(nullptr) : Json(text); }
Json told(std::uint64_t number) { return number == 0 ? Json(nullptr) : Json(number); }

Json ppp_json(const l2tp_ext_ppp& ppp) {
  return {{"state", ppp_phase_text(ppp.phase)},
          {"up_at", ppp.up_at == 0 ? Json(nullptr) : Json(time_text(ppp.up_at))},
          {"plugin", told(ppp.plugin)},
          {"data_path", told(ppp.data_path)},
          {"interface_name", told(ppp.interface_name)},
          {"user_name", told(ppp.user_name)},
          {"auth_method", told(ppp.auth_method)},
          {"local_ipaddr", told(ppp.local_ipv4)},
          {"peer_ipaddr", told(ppp.peer_ipv4)},
          {"local_ipv6addr", told(ppp.local_ipv6)},
          {"peer_ipv6addr", told(ppp.peer_ipv6)},
          {"mtu", told(ppp.mtu)},
          {"mru", told(ppp.mru)},
          {"unit", ppp.unit < 0 ? Json(nullptr) : Json(ppp.unit)},
          {"process", told(ppp.process)},
          {"end_reason", told(ppp.end_reason)}};
}

} // namespace

Json json_of(const optstring& text) {
  const auto view = rpc::string_of(text);
  return view ? Json(std::string(*view)) : Json(nullptr);
}

Json tunnel_json(const l2tp_api_tunnel_msg_data& t, bool secrets, const Addresses& addresses) {
  Json object = {{"tunnel_id", t.tunnel_id},
                 {"tunnel_name", json_of(t.tunnel_name)},
                 {"state", json_of(t.state)},
                 {"local_ipaddr", address_text(t.our_addr, kTunnelAddresses.first, addresses)},
                 {"peer_ipaddr", address_text(t.peer_addr, kTunnelAddresses.second, addresses)},
                 {"peer_tunnel_id", t.peer_tunnel_id},
                 {"mode", tunnel_mode_text(t.mode)},
                 {"created_at", time_json(t.create_time)},
                 {"created_by_admin", t.created_by_admin != 0},
                 {"num_sessions", t.num_sessions},
                 {"establish_retries", t.num_establish_retries},
                 {"config", parameters_json(tunnel_fields(), t, secrets, addresses)},
                 {"supplied", supplied_json(tunnel_fields(), t)},
                 {"result", result_json(t.result_code_result, t.result_code_error, t.result_code_message)}};
  object["peer"] = {
      {"host_name", json_of(t.peer.host_name)},
      {"vendor_name", json_of(t.peer.vendor_name)},
      {"protocol_version", t.peer.protocol_version_ver},
      {"protocol_revision", t.peer.protocol_version_rev},
      {"firmware_revision", t.peer.firmware_revision},
      {"framing_caps", bits(t.peer.framing_cap_sync != 0, "sync", t.peer.framing_cap_async != 0, "async")},
      {"bearer_caps", bits(t.peer.bearer_cap_digital != 0, "digital", t.peer.bearer_cap_analog != 0, "analog")},
      {"rx_window_size", t.peer.rx_window_size},
      {"result", result_json(t.peer.result_code_result, t.peer.result_code_error, t.peer.result_code_message)}};
  object["transport"] = transport_json(t.stats);
  return object;
}

Json session_json(const l2tp_api_session_msg_data& s, bool secrets, const l2tp_ext_ppp* ppp) {
  Json object = {{"tunnel_id", s.tunnel_id},
                 {"tunnel_name", json_of(s.tunnel_name)},
                 {"session_id", s.session_id},
                 {"session_name", json_of(s.session_name)},
                 {"peer_session_id", s.peer_session_id},
                 {"state", json_of(s.state)},
                 {"created_at", time_json(s.create_time)},
                 {"created_by_admin", s.created_by_admin != 0},
                 {"call_serial_number", s.call_serial_number},
                 {"config", parameters_json(session_fields(), s, secrets, {})},
                 {"supplied", supplied_json(session_fields(), s)},
                 {"peer", session_peer_json(s.peer)}};
  object["statistics"] = {{"data_rx_packets", s.stats.data_rx_packets}, {"data_rx_bytes", s.stats.data_rx_bytes},
                          {"data_rx_errors", s.stats.data_rx_errors},   {"data_tx_packets", s.stats.data_tx_packets},
                          {"data_tx_bytes", s.stats.data_tx_bytes},     {"data_tx_errors", s.stats.data_tx_errors}};
  object["ppp"] = ppp == nullptr || ppp->phase == L2TP_EXT_PPP_NONE ? Json(nullptr) : ppp_json(*ppp);
  return object;
}

Json user_json(const l2tp_ext_user& user) {
  Json object = {{"user_name", user.user_name},
                 {"tunnel_id", user.tunnel_id},
                 {"session_id", user.session_id},
                 {"created_at", time_text(user.created_at)},
                 {"created_by_admin", user.created_by_admin != 0}};
  object["ppp"] = user.ppp.phase == L2TP_EXT_PPP_NONE ? Json(nullptr) : ppp_json(user.ppp);
  object["statistics"] = {{"data_rx_packets", user.data_rx_packets},
                          {"data_rx_bytes", user.data_rx_bytes},
                          {"data_tx_packets", user.data_tx_packets},
                          {"data_tx_bytes", user.data_tx_bytes}};
  return object;
}

Json system_statistics_json(const l2tp_api_system_stats& s) {
  Json object = {{"total_sent_control_frames", s.total_sent_control_frames},
                 {"total_rcvd_control_frames", s.total_rcvd_control_frames},
                 {"total_retransmitted_control_frames", s.total_retransmitted_control_frames},
                 {"total_control_frame_send_fails", s.total_control_frame_send_fails},
                 {"illegal_messages", s.illegal_messages},
                 {"unsupported_messages", s.unsupported_messages},
                 {"ignored_avps", s.ignored_avps},
                 {"vendor_avps", s.vendor_avps},
                 {"tunnel_setup_failures", s.tunnel_setup_failures},
                 {"session_setup_failures", s.session_setup_failures},
                 {"no_control_frame_resources", s.no_control_frame_resources},
                 {"no_peer_resources", s.no_peer_resources},
                 {"no_tunnel_resources", s.no_tunnel_resources},
                 {"no_session_resources", s.no_session_resources},
                 {"no_ppp_resources", s.no_ppp_resources},
                 {"too_many_tunnels", s.too_many_tunnels},
                 {"too_many_sessions", s.too_many_sessions},
                 {"short_frames", s.short_frames},
                 {"wrong_version_frames", s.wrong_version_frames},
                 {"unexpected_data_frames", s.unexpected_data_frames},
                 {"bad_rcvd_frames", s.bad_rcvd_frames},
                 {"auth_fails", s.auth_fails},
                 {"encode_message_fails", s.encode_message_fails},
                 {"no_matching_tunnel_id_discards", s.no_matching_tunnel_id_discards},
                 {"mismatched_tunnel_ids", s.mismatched_tunnel_ids},
                 {"no_matching_session_id_discards", s.no_matching_session_id_discards},
                 {"mismatched_session_ids", s.mismatched_session_ids},
                 {"event_queue_full_errors", s.event_queue_full_errors}};
  Json messages = Json::object();
  for (u_int i = 0; i < s.messages.messages_len; ++i) {
    const l2tp_api_system_msg_stats& row = s.messages.messages_val[i];
    messages[std::string(message_name(i))] = {{"rx", row.rx}, {"rx_bad", row.rx_bad}, {"tx", row.tx}};
  }
  object["messages"] = std::move(messages);
  return object;
}

void print_json(Context& context, const Json& document) { context.out << dumped(document, 2) << '\n'; }

void JsonList::add(const Json& element) {
  if (!context_.json) return;
  context_.out << (empty_ ? "[\n" : ",\n") << dumped(element, -1);
  empty_ = false;
}

void JsonList::close() {
  if (context_.json) context_.out << (empty_ ? "[]\n" : "\n]\n");
}

} // namespace openl2tp::cli
