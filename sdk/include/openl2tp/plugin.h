/* SPDX-License-Identifier: MIT-0
 *
 * openl2tp/plugin.h: what a plugin of openl2tpd offers the daemon. Rules and thread tags: openl2tp/types.h.
 *
 * Life cycle: the daemon loads the plugin and calls openl2tp_plugin_entry [load]; each shard thread that starts calls shard_start; each
 * session that comes up calls ppp_open, and ppp_close when it ends, whoever ended it; each shard thread that stops closes its sessions and
 * calls shard_stop. A plugin is never unloaded.
 */
#ifndef OPENL2TP_PLUGIN_H
#define OPENL2TP_PLUGIN_H

#include <openl2tp/host.h>
#include <openl2tp/types.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Bits of `provides`. */
#define OPENL2TP_PROVIDES_PPP 0x1u /* ppp_open and ppp_close are there; at most one plugin of a daemon may say so */

/* Values of `data_path`: how PPP frames of a session reach the plugin. */
#define OPENL2TP_DATA_PATH_NONE 0u /* not at all: control plane only */

/* Bits of openl2tp_ppp_params.flags. */
#define OPENL2TP_PPP_LNS 0x1u      /* we are the LNS of this call; otherwise the LAC */
#define OPENL2TP_PPP_OUTGOING 0x2u /* an outgoing call (OCRQ); otherwise an incoming one (ICRQ) */

/* What the daemon knows about a session when PPP is to start. Valid during the call. */
typedef struct openl2tp_ppp_params {
  uint32_t struct_size;
  uint32_t flags;                    /* OPENL2TP_PPP_*; other bits are zero */
  uint16_t tunnel_id, session_id;    /* ours */
  uint16_t peer_tunnel_id, peer_session_id;
  /* ---- 1.0 ends here ---- */
} openl2tp_ppp_params;

/* The plugin's functions. The daemon copies the table: it need not live longer than the call of the entry point, what it points to must. */
typedef struct openl2tp_plugin_ops {
  uint32_t struct_size;           /* sizeof(openl2tp_plugin_ops) where the plugin was compiled */
  uint16_t abi_major, abi_minor;  /* OPENL2TP_ABI_MAJOR, OPENL2TP_ABI_MINOR */
  const char *name;               /* NUL-terminated, 1 to 32 of a-z 0-9 _ -; required; lives as long as the process */
  const char *version;            /* NUL-terminated, shown in the log; may be NULL */
  uint32_t provides;              /* OPENL2TP_PROVIDES_*; other bits are zero */
  uint32_t data_path;             /* OPENL2TP_DATA_PATH_* */

  /* A shard thread starts: makes the plugin's instance of it. `index` counts from 0. Must not block. [shard] Optional; with it shard_stop
   * is required. A failure stops the daemon's start. */
  openl2tp_status (*shard_start)(openl2tp_shard **out, uint32_t index);

  /* A shard thread stops; all its sessions are closed. Frees `shard`. [shard] */
  void (*shard_stop)(openl2tp_shard *shard);

  /* Starts PPP on a session that is established. May finish later: return 0 now and report through host_ops->ppp_up or ppp_down with
   * `token`. A session whose PPP is never reported up stays: reporting is for plugins that know. `shard`: what shard_start made, or NULL.
   * On failure nothing is stored in *out, ppp_close is not called, and the daemon clears the session (CDN result 4). Must not block.
   * [shard] Required with OPENL2TP_PROVIDES_PPP. */
  openl2tp_status (*ppp_open)(openl2tp_ppp **out, openl2tp_shard *shard, openl2tp_ppp_token token, const openl2tp_ppp_params *params);

  /* Stops PPP and frees `ppp` (what ppp_open stored, or NULL). The token is dead when this returns. result_code: that of the CDN, 0 when
   * there was none. Must not block. [shard] Required with OPENL2TP_PROVIDES_PPP. */
  void (*ppp_close)(openl2tp_ppp *ppp, uint16_t result_code);

  /* ---- 1.0 ends here: append below; never reorder, never change a meaning ---- */
} openl2tp_plugin_ops;

#define OPENL2TP_PLUGIN_EXPORT __attribute__((visibility("default")))

/* The one symbol that a plugin exports. `host` and `host_ops` stay valid until the process ends. Returns the plugin's table, or NULL after
 * logging why it cannot work. Must not block for long and must not start threads or children: the daemon may still be starting. [load] */
OPENL2TP_PLUGIN_EXPORT const openl2tp_plugin_ops *openl2tp_plugin_entry(openl2tp_host *host, const openl2tp_host_ops *host_ops);

typedef const openl2tp_plugin_ops *(*openl2tp_plugin_entry_fn)(openl2tp_host *host, const openl2tp_host_ops *host_ops);

#ifdef __cplusplus
}
#endif

#endif
