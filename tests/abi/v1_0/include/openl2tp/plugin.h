/* SPDX-License-Identifier: MIT-0
 *
 * openl2tp/plugin.h: what a plugin of openl2tpd offers the daemon; the one header to include. Rules and thread tags:
 * openl2tp/types.h.
 *
 * Life cycle: the daemon loads the plugin, calls openl2tp_plugin_entry and asks for its extensions [load]; each shard
 * thread that starts calls shard_start; then come the calls of the extensions; each shard thread that stops closes its
 * sessions, ends what the plugin left running on its loop, and calls shard_stop. A plugin is never unloaded.
 */
#ifndef OPENL2TP_PLUGIN_H
#define OPENL2TP_PLUGIN_H

#include <openl2tp/bearer.h>
#include <openl2tp/host.h>
#include <openl2tp/observer.h>
#include <openl2tp/policy.h>
#include <openl2tp/ppp.h>
#include <openl2tp/types.h>
#include <openl2tp/vendor_avp.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The plugin's functions. The daemon copies the table: it need not live longer than the call of the entry point, what
 * it points to must. */
typedef struct openl2tp_plugin_ops {
  uint32_t struct_size;          /* sizeof(openl2tp_plugin_ops) where the plugin was compiled */
  uint16_t abi_major, abi_minor; /* OPENL2TP_ABI_MAJOR, OPENL2TP_ABI_MINOR */
  const char* name;              /* NUL-terminated, 1 to 32 of a-z 0-9 _ -; required; lives as long as the process */
  const char* version;           /* NUL-terminated, shown in the log; may be NULL */

  /* The table of one extension, by its id: OPENL2TP_EXTENSION_*; NULL for what the plugin does not know. Tables start
   * with struct_size and live as long as the process; the daemon copies them. Asked once for each id that the daemon
   * knows. [load] Required. */
  const void* (*get_extension)(const char* id);

  /* A shard thread starts: makes the plugin's instance of it. `index` counts from 0 to shards - 1. Must not block. A
   * failure stops the daemon's start. [shard] Optional; with it shard_stop is required. */
  openl2tp_status (*shard_start)(openl2tp_shard** out, openl2tp_loop* loop, uint32_t index, uint32_t shards);

  /* A shard thread stops; all its sessions are closed. Frees `shard`, its timers and watches. [shard] */
  void (*shard_stop)(openl2tp_shard* shard);

  /* ---- 1.0 ends here: append below; never reorder, never change a meaning ---- */
} openl2tp_plugin_ops;

#define OPENL2TP_PLUGIN_EXPORT __attribute__((visibility("default")))

/* The one symbol that a plugin exports. `host` and `host_ops` stay valid until the process ends. Returns the plugin's
 * table, or NULL after logging why it cannot work. Must not block for long and must not start threads or children: the
 * daemon may still be starting. [load] */
OPENL2TP_PLUGIN_EXPORT const openl2tp_plugin_ops* openl2tp_plugin_entry(openl2tp_host* host,
                                                                        const openl2tp_host_ops* host_ops);

typedef const openl2tp_plugin_ops* (*openl2tp_plugin_entry_fn)(openl2tp_host* host, const openl2tp_host_ops* host_ops);

#ifdef __cplusplus
}
#endif

#endif
