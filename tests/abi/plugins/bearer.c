/* Places a call as its called number says, and logs what the daemon asked and answered:
 *   now      answered from inside open         later    answered 50 ms later, at one speed
 *   busy     failed 50 ms later, result 8      inside   failed from inside open, result 9
 *   lost     answered, lost 200 ms later       silent   never answered
 *   refuse   open fails, after an answer       positive open returns 7
 *   twice    answered twice                    undone   answered, failed, failed, answered
 *   zero     failed with result 0              stranger answered for another token
 *   late     answered from inside close        elsewhere answered on a thread of its own
 */
#include "frame.h"

#include <pthread.h>
#include <stdlib.h>

struct openl2tp_shard {
  openl2tp_loop* loop;
};
struct openl2tp_bearer {
  openl2tp_session_token token;
  openl2tp_timer* timer;
  char script[16];
};

static openl2tp_status up(openl2tp_session_token token) { return the_ops->bearer_up(the_host, token, 64000, 56000); }
static openl2tp_status failed(openl2tp_session_token token, uint16_t result, const char* reason) {
  return the_ops->bearer_failed(the_host, token, result, 0, reason, strlen(reason));
}

static void* up_elsewhere(void* token) {
  say("elsewhere %d", up(*(openl2tp_session_token*)token));
  return NULL;
}

static void on_timer(void* user) {
  openl2tp_bearer* bearer = user;
  if (strcmp(bearer->script, "later") == 0)
    say("later %d", the_ops->bearer_up(the_host, bearer->token, 33600, 0));
  else if (strcmp(bearer->script, "busy") == 0)
    say("busy %d", failed(bearer->token, 8, "engaged"));
  else
    say("lost %d", failed(bearer->token, 1, "wire cut"));
}

static openl2tp_status in(openl2tp_shard* shard, openl2tp_bearer* bearer, uint64_t after_ms) {
  const openl2tp_status made = the_ops->timer_make(shard->loop, &bearer->timer, on_timer, bearer);
  if (made == OPENL2TP_OK) the_ops->timer_arm(bearer->timer, after_ms);
  return made;
}

static openl2tp_status bearer_open(openl2tp_bearer** out, openl2tp_shard* shard, openl2tp_session_token token,
                                   const openl2tp_bearer_params* params) {
  openl2tp_bearer* bearer = calloc(1, sizeof(*bearer));
  if (bearer == NULL) return OPENL2TP_E_NO_MEMORY;
  bearer->token = token;
  snprintf(bearer->script, sizeof(bearer->script), "%.*s", (int)params->called_number_length, params->called_number);
  const char* script = bearer->script;
  say("open tunnel %u session %u number %s sub %.*s speed %u to %u framing %u bearer %u size %u", params->tunnel_id,
      params->session_id, script, (int)params->sub_address_length, params->sub_address, params->minimum_bps,
      params->maximum_bps, params->framing_type, params->bearer_type, params->struct_size);
  openl2tp_status status = OPENL2TP_OK;
  if (strcmp(script, "now") == 0) {
    say("now %d", up(token));
  } else if (strcmp(script, "later") == 0 || strcmp(script, "busy") == 0) {
    status = in(shard, bearer, 50);
  } else if (strcmp(script, "lost") == 0) {
    say("up %d", up(token));
    status = in(shard, bearer, 200);
  } else if (strcmp(script, "inside") == 0) {
    say("inside %d", failed(token, 9, "no dial tone"));
  } else if (strcmp(script, "refuse") == 0) {
    say("up %d", up(token));
    status = OPENL2TP_E_BUSY;
  } else if (strcmp(script, "positive") == 0) {
    status = 7;
  } else if (strcmp(script, "twice") == 0) {
    say("up %d", up(token));
    say("again %d", up(token));
  } else if (strcmp(script, "undone") == 0) {
    say("up %d", up(token));
    say("failed %d", failed(token, 1, "wire cut"));
    say("failed again %d", failed(token, 8, "engaged"));
    say("up again %d", up(token));
  } else if (strcmp(script, "zero") == 0) {
    say("zero %d", failed(token, 0, "nothing"));
  } else if (strcmp(script, "stranger") == 0) {
    say("stranger %d", up(token + 1));
  } else if (strcmp(script, "elsewhere") == 0) {
    pthread_t thread;
    if (pthread_create(&thread, NULL, up_elsewhere, &token) == 0) pthread_join(thread, NULL);
  }
  if (status != OPENL2TP_OK)
    free(bearer);
  else
    *out = bearer;
  return status;
}

static void bearer_close(openl2tp_bearer* bearer, uint16_t result_code) {
  say("close number %s result %u", bearer->script, result_code);
  if (strcmp(bearer->script, "late") == 0) say("late %d", up(bearer->token));
  if (bearer->timer != NULL) the_ops->timer_free(bearer->timer);
  free(bearer);
}

static openl2tp_status shard_start(openl2tp_shard** out, openl2tp_loop* loop, uint32_t index, uint32_t shards) {
  (void)index, (void)shards;
  *out = malloc(sizeof(**out));
  if (*out == NULL) return OPENL2TP_E_NO_MEMORY;
  (*out)->loop = loop;
  return OPENL2TP_OK;
}
static void shard_stop(openl2tp_shard* shard) { free(shard); }

static const openl2tp_bearer_ops bearer_ops = {
    .struct_size = sizeof(bearer_ops),
    .open = bearer_open,
    .close = bearer_close,
};
TEST_PLUGIN_OFFERS(OPENL2TP_EXTENSION_BEARER, bearer_ops)

TEST_PLUGIN("bearer", .shard_start = shard_start, .shard_stop = shard_stop, )
