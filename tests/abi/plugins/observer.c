/* Logs every event with all its facts, one line each. A session named "unwanted" is cleared when it comes up. */
#include "frame.h"

static const char* name_of(uint32_t event) {
  static const char* const names[] = {"?", "CREATED", "UP", "DOWN", "DELETED", "MODIFIED", "PPP_UP"};
  return names[event < sizeof(names) / sizeof(*names) ? event : 0];
}

static void on_tunnel(openl2tp_shard* shard, uint32_t event, const openl2tp_tunnel_facts* facts) {
  (void)shard;
  say("tunnel %s id=%u peer=%u flags=%u result=%u error=%u address='%.*s' host='%.*s' name='%.*s' reason='%.*s'",
      name_of(event), facts->tunnel_id, facts->peer_tunnel_id, facts->flags, facts->result_code, facts->error_code,
      (int)facts->peer_address_length, facts->peer_address, (int)facts->peer_host_name_length, facts->peer_host_name,
      (int)facts->tunnel_name_length, facts->tunnel_name, (int)facts->reason_length, facts->reason);
}

static void on_session(openl2tp_shard* shard, uint32_t event, const openl2tp_session_facts* facts) {
  (void)shard;
  say("session %s id=%u/%u peer=%u/%u token=%llx flags=%u result=%u error=%u name='%.*s' user='%.*s' interface='%.*s' "
      "reason='%.*s'",
      name_of(event), facts->tunnel_id, facts->session_id, facts->peer_tunnel_id, facts->peer_session_id,
      (unsigned long long)facts->token, facts->flags, facts->result_code, facts->error_code,
      (int)facts->session_name_length, facts->session_name, (int)facts->user_name_length, facts->user_name,
      (int)facts->interface_name_length, facts->interface_name, (int)facts->reason_length, facts->reason);
  static const char unwanted[] = "unwanted";
  if (event == OPENL2TP_EVENT_UP && facts->session_name_length == strlen(unwanted) &&
      memcmp(facts->session_name, unwanted, strlen(unwanted)) == 0)
    say("close asked %d", the_ops->session_close(the_host, facts->token, 3, 0, "not wanted", 10));
}

static void on_peer(openl2tp_shard* shard, uint32_t event, const openl2tp_peer_facts* facts) {
  (void)shard;
  say("peer %s address='%.*s' local='%.*s' flags=%u", name_of(event), (int)facts->peer_address_length,
      facts->peer_address, (int)facts->local_address_length, facts->local_address, facts->flags);
}

static void on_profile(uint32_t event, uint32_t kind, const char* name, size_t length) {
  static const char* const kinds[] = {"?", "tunnel", "session", "ppp", "peer"};
  say("profile %s kind=%s name='%.*s'", name_of(event), kinds[kind < 5 ? kind : 0], (int)length, name);
}

static const openl2tp_observer_ops observer_ops = {
    .struct_size = sizeof(observer_ops),
    .tunnel = on_tunnel,
    .session = on_session,
    .peer = on_peer,
    .profile = on_profile,
};
TEST_PLUGIN_OFFERS(OPENL2TP_EXTENSION_OBSERVER, observer_ops)

TEST_PLUGIN("observer", )
