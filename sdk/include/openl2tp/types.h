/* SPDX-License-Identifier: MIT-0
 *
 * openl2tp/types.h: the words that openl2tp/host.h and openl2tp/plugin.h share. Include plugin.h; it brings both.
 *
 * Rules of the whole interface:
 *  - C99. Fixed-width integers, pointers and size_t lengths only. Text is UTF-8 with a length, unless it says "NUL-terminated".
 *  - Every struct that crosses starts with struct_size and travels by pointer. A newer header only appends members; who receives a
 *    struct reads the members that both sides know, and takes the rest as zero.
 *  - Reserved bits and members are zero. Who receives others refuses them.
 *  - Thread tags:
 *      [load]   the daemon's main thread, before any other thread of the daemon runs;
 *      [shard]  the thread that owns the session (or the shard instance) in question: never two at once for one session;
 *      [any]    any thread, at any time between openl2tp_plugin_entry and the end of the process.
 *  - Nothing here may be called from a signal handler. Nothing may throw through it.
 */
#ifndef OPENL2TP_TYPES_H
#define OPENL2TP_TYPES_H

#include <stddef.h>
#include <stdint.h>

#define OPENL2TP_ABI_MAJOR 1 /* must be equal on both sides */
#define OPENL2TP_ABI_MINOR 0 /* says what was known when a side was compiled */

#ifdef __cplusplus
extern "C" {
#endif

/* The daemon, as one plugin sees it. Owned by the daemon; outlives the plugin. */
typedef struct openl2tp_host openl2tp_host;

/* The plugin's own state of one session: the plugin makes it in ppp_open and frees it in ppp_close. May be NULL throughout. */
typedef struct openl2tp_ppp openl2tp_ppp;

/* The plugin's own state of one shard thread: made in shard_start, freed in shard_stop. NULL for a plugin without. */
typedef struct openl2tp_shard openl2tp_shard;

/* The daemon's name for one session between ppp_open and ppp_close. Never 0; not used again for another session. */
typedef uint64_t openl2tp_ppp_token;

/* 0 or one of the negative values below; never errno. */
typedef int32_t openl2tp_status;

#define OPENL2TP_OK 0
#define OPENL2TP_E_INVALID (-1)       /* an argument is out of its range, or a reserved bit is set */
#define OPENL2TP_E_NO_MEMORY (-2)
#define OPENL2TP_E_UNSUPPORTED (-3)   /* this side does not know how */
#define OPENL2TP_E_BUSY (-4)          /* not now; a later attempt may succeed */
#define OPENL2TP_E_UNKNOWN_TOKEN (-5) /* no session of this shard and this plugin has that token (any more) */
#define OPENL2TP_E_ANSWERED (-6)      /* the session was already reported so */
#define OPENL2TP_E_WRONG_THREAD (-7)  /* a [shard] function was called elsewhere */
#define OPENL2TP_E_FAILED (-8)        /* anything else; the log has the reason */

#ifdef __cplusplus
}
#endif

#endif
