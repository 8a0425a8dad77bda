/* SPDX-License-Identifier: MIT-0
 *
 * event_observer: writes a line for everything that happens to tunnels and sessions. It changes nothing and may be
 * loaded beside any other.
 */
#include <openl2tp/plugin.h>

#include <stdio.h>
#include <string.h>

static openl2tp_host* host;
static const openl2tp_host_ops* host_ops;

static const char* event_name(uint32_t event) {
  switch (event) {
  case OPENL2TP_EVENT_CREATED: return "created";
  case OPENL2TP_EVENT_UP: return "up";
  case OPENL2TP_EVENT_DOWN: return "down";
  case OPENL2TP_EVENT_DELETED: return "deleted";
  case OPENL2TP_EVENT_MODIFIED: return "modified";
  case OPENL2TP_EVENT_PPP_UP: return "ppp up";
  default: return "something newer";
  }
}

static void say(const char* line, int length) { host_ops->log(host, OPENL2TP_LOG_INFO, line, (size_t)length); }

static void on_tunnel(openl2tp_shard* shard, uint32_t event, const openl2tp_tunnel_facts* facts) {
  char line[256];
  (void)shard;
  say(line, snprintf(line, sizeof(line), "tunnel %u %s, peer %.*s", facts->tunnel_id, event_name(event),
                     (int)facts->peer_address_length, facts->peer_address));
}

static void on_session(openl2tp_shard* shard, uint32_t event, const openl2tp_session_facts* facts) {
  char line[256];
  (void)shard;
  if (facts->result_code != 0)
    say(line, snprintf(line, sizeof(line), "tunnel %u session %u %s, result %u", facts->tunnel_id, facts->session_id,
                       event_name(event), facts->result_code));
  else
    say(line, snprintf(line, sizeof(line), "tunnel %u session %u %s", facts->tunnel_id, facts->session_id,
                       event_name(event)));
}

static void on_peer(openl2tp_shard* shard, uint32_t event, const openl2tp_peer_facts* facts) {
  char line[256];
  (void)shard;
  say(line, snprintf(line, sizeof(line), "peer %.*s %s", (int)facts->peer_address_length, facts->peer_address,
                     event_name(event)));
}

static const openl2tp_observer_ops observer = {
    .struct_size = sizeof(observer),
    .tunnel = on_tunnel,
    .session = on_session,
    .peer = on_peer,
};

static const void* get_extension(const char* id) {
  return strcmp(id, OPENL2TP_EXTENSION_OBSERVER) == 0 ? &observer : NULL;
}

static const openl2tp_plugin_ops ops = {
    .struct_size = sizeof(ops),
    .abi_major = OPENL2TP_ABI_MAJOR,
    .abi_minor = OPENL2TP_ABI_MINOR,
    .name = "event_observer",
    .version = "1.0",
    .get_extension = get_extension,
};

const openl2tp_plugin_ops* openl2tp_plugin_entry(openl2tp_host* the_host, const openl2tp_host_ops* the_ops) {
  host = the_host;
  host_ops = the_ops;
  return &ops;
}
