/* A PPP provider without a data path that never returns from one of its functions. Which one the environment variable
 * OPENL2TP_TEST_HANGS says:
 *   load  a constructor      entry  the entry point     start  shard_start     open  open of a session
 *   timer, watch, work       from inside a call that a session's open leads to
 *   profile  the observer of profiles                   stop   shard_stop
 */
#include "frame.h"

#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

struct openl2tp_shard {
  openl2tp_loop* loop;
};

static void hang_at(const char* place) {
  const char* where = getenv("OPENL2TP_TEST_HANGS");
  if (where == NULL || strcmp(where, place) != 0) return;
  for (;;)
    pause();
}

__attribute__((constructor)) static void load(void) { hang_at("load"); }

static void on_timer(void* user) { (void)user, hang_at("timer"); }
static void on_ready(void* user, uint32_t events) { (void)user, (void)events, hang_at("watch"); }
static void work(void* user) { (void)user, hang_at("work"); }
static void done(void* user) { (void)user; }

static openl2tp_status ppp_open(openl2tp_ppp** out, openl2tp_shard* shard, openl2tp_session_token token,
                                const openl2tp_ppp_params* params) {
  (void)token, (void)params;
  *out = NULL;
  say("open");
  hang_at("open");
  openl2tp_timer* timer = NULL;
  openl2tp_watch* watch = NULL;
  if (the_ops->timer_make(shard->loop, &timer, on_timer, NULL) == OPENL2TP_OK) the_ops->timer_arm(timer, 1);
  (void)the_ops->watch_start(shard->loop, &watch, eventfd(0, EFD_CLOEXEC), OPENL2TP_WATCH_WRITE, on_ready, NULL);
  return the_ops->run_on_worker(shard->loop, work, done, NULL);
}
static void ppp_close(openl2tp_ppp* ppp, uint16_t result_code) { (void)ppp, (void)result_code; }
static void on_profile(uint32_t event, uint32_t kind, const char* name, size_t length) {
  (void)event, (void)kind, (void)name, (void)length;
  hang_at("profile");
}

static openl2tp_status shard_start(openl2tp_shard** out, openl2tp_loop* loop, uint32_t index, uint32_t shards) {
  (void)index, (void)shards;
  hang_at("start");
  *out = malloc(sizeof(**out));
  if (*out == NULL) return OPENL2TP_E_NO_MEMORY;
  (*out)->loop = loop;
  return OPENL2TP_OK;
}
static void shard_stop(openl2tp_shard* shard) {
  hang_at("stop");
  free(shard);
}

static const uint32_t data_paths[] = {OPENL2TP_DATA_PATH_NONE};
static const openl2tp_ppp_ops ppp_ops = {
    .struct_size = sizeof(ppp_ops),
    .data_path_count = 1,
    .data_paths = data_paths,
    .open = ppp_open,
    .close = ppp_close,
};
static const openl2tp_observer_ops observer_ops = {.struct_size = sizeof(observer_ops), .profile = on_profile};

static const void* get_extension(const char* id) {
  if (strcmp(id, OPENL2TP_EXTENSION_OBSERVER) == 0) return &observer_ops;
  return strcmp(id, OPENL2TP_EXTENSION_PPP) == 0 ? &ppp_ops : NULL;
}

static const openl2tp_plugin_ops ops = {
    .struct_size = sizeof(ops),
    .abi_major = OPENL2TP_ABI_MAJOR,
    .abi_minor = OPENL2TP_ABI_MINOR,
    .name = "hangs",
    .get_extension = get_extension,
    .shard_start = shard_start,
    .shard_stop = shard_stop,
};

const openl2tp_plugin_ops* openl2tp_plugin_entry(openl2tp_host* host, const openl2tp_host_ops* host_ops) {
  the_host = host;
  the_ops = host_ops;
  hang_at("entry");
  return &ops;
}
