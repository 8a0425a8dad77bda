/* A PPP provider without data path that logs all it is told of a session, in a few lines of "name=value". Whatever the
 * daemon leaves away would be read from beyond a struct, so the sizes come first. User "modest" is declined, so that
 * the next plugin gets the session. */
#include "frame.h"

#include <inttypes.h>
#include <stdlib.h>

static const char* hex(char* into, size_t size, const uint8_t* octets, size_t length) {
  size_t used = 0;
  into[0] = '\0';
  for (size_t i = 0; i < length && used + 3 < size; ++i)
    used += (size_t)snprintf(into + used, size - used, "%02x", octets[i]);
  return into;
}

#define TEXT(of, what) (int)(of)->what##_length, (of)->what
#define ADDRESS(what) (what)[0], (what)[1], (what)[2], (what)[3]

static void tell(const char* when, const openl2tp_ppp_params* p) {
  const openl2tp_ppp_profile* f = p->profile;
  say("%s sizes params=%u profile=%u proxy=%u enough=%d", when, p->struct_size, f->struct_size,
      p->proxy != NULL ? p->proxy->struct_size : 0,
      p->struct_size >= sizeof(*p) && f->struct_size >= sizeof(*f) &&
          (p->proxy == NULL || p->proxy->struct_size >= sizeof(*p->proxy)));
  say("%s call flags=%u data_path=%u fd=%d id=%u/%u peer=%u/%u mtu=%u reorder=%u framing=%u bearer=%u tx=%u rx=%u "
      "serial=%u address='%.*s' local='%.*s' host='%.*s'",
      when, p->flags, p->data_path, p->session_fd, p->tunnel_id, p->session_id, p->peer_tunnel_id, p->peer_session_id,
      p->mtu, p->reorder_timeout_ms, p->framing_type, p->bearer_type, p->tx_bps, p->rx_bps, p->call_serial_number,
      TEXT(p, peer_address), TEXT(p, local_address), TEXT(p, peer_host_name));
  say("%s names tunnel='%.*s' session='%.*s' interface='%.*s' user='%.*s' password='%.*s' calling='%.*s' called='%.*s' "
      "sub='%.*s' group='%.*s'",
      when, TEXT(p, tunnel_name), TEXT(p, session_name), TEXT(p, interface_name), TEXT(p, user_name),
      TEXT(p, user_password), TEXT(p, calling_number), TEXT(p, called_number), TEXT(p, sub_address),
      TEXT(p, private_group));
  say("%s profile name='%.*s' given=%" PRIx64 " options=%x trace=%x asyncmap=%x mru=%u mtu=%u sync=%u pool='%.*s' "
      "hint='%.*s' local_name='%.*s' remote_name='%.*s'",
      when, TEXT(f, profile_name), f->given, f->options, f->trace_mask, f->asyncmap, f->mru, f->mtu, f->sync_mode,
      TEXT(f, ip_pool_name), TEXT(f, radius_hint), TEXT(f, local_name), TEXT(f, remote_name));
  say("%s counts chap=%u,%u,%u pap=%u,%u,%u idle=%u ipcp=%u,%u,%u,%u echo=%u,%u lcp=%u,%u,%u,%u connect=%u failures=%u",
      when, f->chap_interval_s, f->chap_challenges_max, f->chap_restart_s, f->pap_requests_max, f->pap_restart_s,
      f->pap_timeout_s, f->idle_timeout_s, f->ipcp_config_requests_max, f->ipcp_config_naks_max,
      f->ipcp_terminate_requests_max, f->ipcp_retransmit_s, f->lcp_echo_failures_max, f->lcp_echo_interval_s,
      f->lcp_config_requests_max, f->lcp_config_naks_max, f->lcp_terminate_requests_max, f->lcp_retransmit_s,
      f->connect_time_max_s, f->failures_max);
  say("%s addresses local=%u.%u.%u.%u peer=%u.%u.%u.%u dns=%u.%u.%u.%u,%u.%u.%u.%u wins=%u.%u.%u.%u,%u.%u.%u.%u", when,
      ADDRESS(f->local_address), ADDRESS(f->peer_address), ADDRESS(f->dns_1), ADDRESS(f->dns_2), ADDRESS(f->wins_1),
      ADDRESS(f->wins_2));
  if (p->proxy == NULL) return;
  const openl2tp_ppp_proxy* x = p->proxy;
  char parts[6][80];
  say("%s proxy type=%u id=%u name=%s challenge=%s response=%s first=%s sent=%s received=%s", when, x->auth_type,
      x->auth_id, hex(parts[0], sizeof(parts[0]), x->auth_name, x->auth_name_length),
      hex(parts[1], sizeof(parts[1]), x->auth_challenge, x->auth_challenge_length),
      hex(parts[2], sizeof(parts[2]), x->auth_response, x->auth_response_length),
      hex(parts[3], sizeof(parts[3]), x->initial_received_confreq, x->initial_received_confreq_length),
      hex(parts[4], sizeof(parts[4]), x->last_sent_confreq, x->last_sent_confreq_length),
      hex(parts[5], sizeof(parts[5]), x->last_received_confreq, x->last_received_confreq_length));
}

static openl2tp_status ppp_accept(openl2tp_shard* shard, const openl2tp_ppp_params* params) {
  (void)shard;
  const int modest = params->user_name_length == 6 && memcmp(params->user_name, "modest", 6) == 0;
  return modest ? OPENL2TP_E_UNSUPPORTED : OPENL2TP_OK;
}

static openl2tp_status ppp_open(openl2tp_ppp** out, openl2tp_shard* shard, openl2tp_session_token token,
                                const openl2tp_ppp_params* params) {
  (void)shard, (void)token;
  tell("open", params);
  *out = NULL;
  return OPENL2TP_OK;
}
static void ppp_close(openl2tp_ppp* ppp, uint16_t result_code) { (void)ppp, say("close result=%u", result_code); }
static openl2tp_status ppp_modify(openl2tp_ppp* ppp, const openl2tp_ppp_params* params) {
  (void)ppp;
  tell("modify", params);
  return OPENL2TP_OK;
}
static openl2tp_status ppp_stats(openl2tp_ppp* ppp, openl2tp_ppp_stats* out) {
  (void)ppp;
  out->given = OPENL2TP_PPP_COUNTED_PACKETS;
  out->received_packets = 4711;
  out->sent_octets = 815;
  return OPENL2TP_OK;
}
static void ppp_accm(openl2tp_ppp* ppp, uint32_t send_accm, uint32_t receive_accm) {
  (void)ppp, say("accm send=%x receive=%x", send_accm, receive_accm);
}

static const uint32_t data_paths[] = {OPENL2TP_DATA_PATH_NONE};
static const openl2tp_ppp_ops ppp_ops = {
    .struct_size = sizeof(ppp_ops),
    .data_path_count = 1,
    .data_paths = data_paths,
    .accept = ppp_accept,
    .open = ppp_open,
    .close = ppp_close,
    .modify = ppp_modify,
    .stats = ppp_stats,
    .accm = ppp_accm,
};
TEST_PLUGIN_OFFERS(OPENL2TP_EXTENSION_PPP, ppp_ops)

TEST_PLUGIN("ppp_params", )
