/* Does to a session what its session id says, and logs what the daemon answered:
 *   1  nothing                 2  up, from inside ppp_open      3  up twice
 *   4  refuses with BUSY       5  down, then up                 6  returns a positive status
 *   7  up for another token    8  up from another thread        9  up from inside ppp_close
 *  10  down with result 0     11  down, with a reason          12  logs 300 lines
 *  13  blocks for 150 ms      14  tells facts, then up         15  sends a frame, and an empty one
 *  16  traces, and closes itself as any plugin may           17  tells a phase, and a strange one
 *  18  up with IPv6, then tells IPv4, twice                  19  sends a frame from inside ppp_close
 *  20  closes itself, then refuses
 */
#include <openl2tp/plugin.h>

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

struct openl2tp_ppp {
  openl2tp_session_token token;
  uint16_t script;
};
struct openl2tp_shard {
  uint32_t index;
};

static openl2tp_host* the_host;
static const openl2tp_host_ops* the_ops;

static void say(const char* what, long number) {
  char line[80];
  const int length = snprintf(line, sizeof(line), "%s %ld", what, number);
  the_ops->log(the_host, OPENL2TP_LOG_INFO, line, (size_t)length);
}

static void* up_elsewhere(void* token) {
  say("elsewhere", the_ops->ppp_up(the_host, *(openl2tp_session_token*)token, NULL));
  return NULL;
}

static openl2tp_status shard_start(openl2tp_shard** out, openl2tp_loop* loop, uint32_t index, uint32_t shards) {
  (void)loop, (void)shards;
  *out = malloc(sizeof(**out));
  if (*out == NULL) return OPENL2TP_E_NO_MEMORY;
  (*out)->index = index;
  say("shard_start", (long)index);
  return index == 13 ? (free(*out), OPENL2TP_E_FAILED) : OPENL2TP_OK;
}

static void shard_stop(openl2tp_shard* shard) {
  say("shard_stop", (long)shard->index);
  free(shard);
}

static openl2tp_status ppp_open(openl2tp_ppp** out, openl2tp_shard* shard, openl2tp_session_token token,
                                const openl2tp_ppp_params* params) {
  (void)shard;
  if (params->session_id == 4) return OPENL2TP_E_BUSY;
  if (params->session_id == 6) return 1;
  if (params->session_id == 20) {
    say("close asked", the_ops->session_close(the_host, token, 3, 0, "enough", 6));
    return OPENL2TP_E_BUSY;
  }
  *out = malloc(sizeof(**out));
  if (*out == NULL) return OPENL2TP_E_NO_MEMORY;
  (*out)->token = token;
  (*out)->script = params->session_id;
  switch (params->session_id) {
  case 2: say("up", the_ops->ppp_up(the_host, token, NULL)); break;
  case 3:
    say("up", the_ops->ppp_up(the_host, token, NULL));
    say("again", the_ops->ppp_up(the_host, token, NULL));
    break;
  case 5:
    say("down", the_ops->ppp_down(the_host, token, 1, 0, NULL, 0));
    say("up", the_ops->ppp_up(the_host, token, NULL));
    break;
  case 7: say("stranger", the_ops->ppp_up(the_host, token + 1, NULL)); break;
  case 8: {
    pthread_t thread;
    if (pthread_create(&thread, NULL, up_elsewhere, &token) == 0) pthread_join(thread, NULL);
    break;
  }
  case 10: say("down", the_ops->ppp_down(the_host, token, 0, 0, NULL, 0)); break;
  case 11: say("down", the_ops->ppp_down(the_host, token, 3, 0, "no money", 8)); break;
  case 13: nanosleep(&(struct timespec){.tv_nsec = 150000000}, NULL); break;
  case 14: {
    openl2tp_ppp_facts facts = {.struct_size = sizeof(facts),
                                .given =
                                    OPENL2TP_PPP_KNOWN_INTERFACE | OPENL2TP_PPP_KNOWN_USER | OPENL2TP_PPP_KNOWN_IPV4,
                                .interface_name = "ppp7",
                                .interface_name_length = 4,
                                .user_name = "someone",
                                .user_name_length = 7,
                                .peer_ipv4 = {192, 0, 2, 9}};
    say("update", the_ops->ppp_update(the_host, token, &facts));
    facts.given = 0x8000;
    say("strange", the_ops->ppp_update(the_host, token, &facts));
    say("up", the_ops->ppp_up(the_host, token, NULL));
    break;
  }
#ifdef OPENL2TP_PPP_KNOWN_PHASE
  case 17: {
    openl2tp_ppp_facts facts = {
        .struct_size = sizeof(facts), .given = OPENL2TP_PPP_KNOWN_PHASE, .phase = OPENL2TP_PPP_PHASE_AUTHENTICATING};
    say("phase", the_ops->ppp_update(the_host, token, &facts));
    facts.phase = 77;
    say("strange phase", the_ops->ppp_update(the_host, token, &facts));
    break;
  }
#endif
  case 18: {
    openl2tp_ppp_facts facts = {.struct_size = sizeof(facts),
                                .given = OPENL2TP_PPP_KNOWN_INTERFACE | OPENL2TP_PPP_KNOWN_IPV6 |
                                         OPENL2TP_PPP_KNOWN_USER | OPENL2TP_PPP_KNOWN_AUTH | OPENL2TP_PPP_KNOWN_MTU,
                                .interface_name = "ppp8",
                                .interface_name_length = 4,
                                .user_name = "someone",
                                .user_name_length = 7,
                                .auth_method = "CHAP",
                                .auth_method_length = 4,
                                .local_ipv6 = {0, 0, 0, 0, 0, 0, 0, 1},
                                .peer_ipv6 = {0, 0, 0, 0, 0, 0, 0, 2},
                                .mtu = 1400,
                                .mru = 1450};
    say("up", the_ops->ppp_up(the_host, token, &facts));
    const openl2tp_ppp_facts more = {.struct_size = sizeof(more),
                                     .given = OPENL2TP_PPP_KNOWN_IPV4,
                                     .local_ipv4 = {192, 0, 2, 8},
                                     .peer_ipv4 = {192, 0, 2, 9}};
    say("update", the_ops->ppp_update(the_host, token, &more));
    say("update", the_ops->ppp_update(the_host, token, &more));
    break;
  }
  case 15: {
    const openl2tp_frame_out frames[] = {{.token = token, .octets = (const uint8_t*)"abc", .length = 3},
                                         {.token = token}};
    say("sent", (long)the_ops->ppp_send(the_host, frames, 2));
    break;
  }
  case 16:
    the_ops->session_trace(the_host, token, OPENL2TP_TRACE_PPP, "one\ntwo", 7);
    the_ops->session_trace(the_host, token, OPENL2TP_TRACE_DATA, "off", 3);
    say("mask", the_ops->session_trace_mask(the_host, token));
    say("close asked", the_ops->session_close(the_host, token, 3, 0, "enough", 6));
    break;
  case 12:
    for (long i = 0; i < 300; ++i)
      say("line", i);
    break;
  default: break;
  }
  return OPENL2TP_OK;
}

static void ppp_close(openl2tp_ppp* ppp, uint16_t result_code) {
  say("close", result_code);
  if (ppp->script == 19) {
    const openl2tp_frame_out frame = {.token = ppp->token, .octets = (const uint8_t*)"bye", .length = 3};
    say("goodbye", (long)the_ops->ppp_send(the_host, &frame, 1));
  }
  if (ppp->script == 9) say("late", the_ops->ppp_up(the_host, ppp->token, NULL));
  free(ppp);
}

static const uint32_t data_paths[] = {OPENL2TP_DATA_PATH_NONE};
static const openl2tp_ppp_ops ppp_ops = {
    .struct_size = sizeof(ppp_ops),
    .data_path_count = 1,
    .data_paths = data_paths,
    .open = ppp_open,
    .close = ppp_close,
};
static const void* get_extension(const char* id) { return strcmp(id, OPENL2TP_EXTENSION_PPP) == 0 ? &ppp_ops : NULL; }

static const openl2tp_plugin_ops ops = {
    .struct_size = sizeof(ops),
    .abi_major = OPENL2TP_ABI_MAJOR,
    .abi_minor = OPENL2TP_ABI_MINOR,
    .name = "scripted",
    .version = "0.1",
    .get_extension = get_extension,
    .shard_start = shard_start,
    .shard_stop = shard_stop,
};

const openl2tp_plugin_ops* openl2tp_plugin_entry(openl2tp_host* host, const openl2tp_host_ops* host_ops) {
  the_host = host;
  the_ops = host_ops;
  return &ops;
}
