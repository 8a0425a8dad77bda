/* A PPP provider on the frames path whose set-ups take 300 ms, counted over all shards: logs how many were under way at
 * most, each time that is a new record, and every tenth that came up. By user name:
 *   fails  reports down instead of up      never  reports nothing
 */
#include "frame.h"

#include <stdatomic.h>
#include <stdlib.h>

struct openl2tp_shard {
  openl2tp_loop* loop;
};
struct openl2tp_ppp {
  openl2tp_session_token token;
  openl2tp_timer* timer;
  int fails;
};

static atomic_uint under_way, most, ups;

static int is(const openl2tp_ppp_params* params, const char* user) {
  return params->user_name_length == strlen(user) && memcmp(params->user_name, user, strlen(user)) == 0;
}

static void on_timer(void* user) {
  openl2tp_ppp* ppp = user;
  atomic_fetch_sub(&under_way, 1);
  the_ops->timer_free(ppp->timer);
  ppp->timer = NULL;
  if (ppp->fails) {
    (void)the_ops->ppp_down(the_host, ppp->token, 1, 0, "no luck", 7);
    return;
  }
  (void)the_ops->ppp_up(the_host, ppp->token, NULL);
  const unsigned count = atomic_fetch_add(&ups, 1) + 1;
  if (count % 10 == 0) say("up %u", count);
}

static openl2tp_status ppp_open(openl2tp_ppp** out, openl2tp_shard* shard, openl2tp_session_token token,
                                const openl2tp_ppp_params* params) {
  openl2tp_ppp* ppp = calloc(1, sizeof(*ppp));
  if (ppp == NULL) return OPENL2TP_E_NO_MEMORY;
  ppp->token = token;
  ppp->fails = is(params, "fails");
  *out = ppp;
  if (is(params, "never")) {
    say("never");
    return OPENL2TP_OK;
  }
  const openl2tp_status made = the_ops->timer_make(shard->loop, &ppp->timer, on_timer, ppp);
  if (made != OPENL2TP_OK) {
    free(ppp);
    return made;
  }
  the_ops->timer_arm(ppp->timer, 300);
  const unsigned now = atomic_fetch_add(&under_way, 1) + 1;
  unsigned record = atomic_load(&most);
  while (now > record && !atomic_compare_exchange_weak(&most, &record, now)) {
  }
  if (now > record) say("most %u", now);
  return OPENL2TP_OK;
}

static void ppp_close(openl2tp_ppp* ppp, uint16_t result_code) {
  (void)result_code;
  if (ppp->timer != NULL) {
    atomic_fetch_sub(&under_way, 1);
    the_ops->timer_free(ppp->timer);
  }
  free(ppp);
}
static void frames(openl2tp_shard* shard, const openl2tp_frame_in* all, size_t count) {
  (void)shard, (void)all, (void)count;
}

static openl2tp_status shard_start(openl2tp_shard** out, openl2tp_loop* loop, uint32_t index, uint32_t shards) {
  (void)index, (void)shards;
  *out = malloc(sizeof(**out));
  if (*out == NULL) return OPENL2TP_E_NO_MEMORY;
  (*out)->loop = loop;
  return OPENL2TP_OK;
}
static void shard_stop(openl2tp_shard* shard) { free(shard); }

static const uint32_t data_paths[] = {OPENL2TP_DATA_PATH_FRAMES};
static const openl2tp_ppp_ops ppp_ops = {
    .struct_size = sizeof(ppp_ops),
    .data_path_count = 1,
    .data_paths = data_paths,
    .open = ppp_open,
    .close = ppp_close,
    .frames = frames,
};
TEST_PLUGIN_OFFERS(OPENL2TP_EXTENSION_PPP, ppp_ops)

TEST_PLUGIN("set_ups", .shard_start = shard_start, .shard_stop = shard_stop, )
