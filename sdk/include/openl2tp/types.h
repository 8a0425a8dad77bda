/* SPDX-License-Identifier: MIT-0
 *
 * openl2tp/types.h: the words that the other headers share. Include openl2tp/plugin.h; it brings all of them.
 *
 * Rules of the whole interface:
 *  - C99. Fixed-width integers, pointers and size_t lengths only. Text is UTF-8 with a length, unless it says
 * "NUL-terminated".
 *  - Every struct that crosses starts with struct_size, which its writer sets to the sizeof that it was compiled with,
 * and travels by pointer. A newer header only appends members; who receives a struct reads the members that both sides
 * know, and takes the rest as zero. The few structs without struct_size travel in arrays and never grow; they say so.
 *  - Reserved bits and members are zero. Who receives others refuses them.
 *  - Pointers in a struct are valid as long as the struct is; a struct that is passed to a function is valid during the
 * call.
 *  - Thread tags:
 *      [load]       the daemon's main thread, before any other thread of the daemon runs;
 *      [shard]      the thread that owns the shard, session or loop in question: never two at once for one of them. It
 * must not block: every session of the shard waits for the call. The daemon complains about calls of more than 100 ms;
 *      [worker]     some thread of the daemon's pool for calls that wait;
 *      [management] one thread at a time, none of a shard;
 *      [any]        any thread, at any time between openl2tp_plugin_entry and the end of the process.
 *  - Functions of the daemon never call the plugin from inside, unless they say so. What they cause happens after the
 * plugin returned.
 *  - Nothing here may be called from a signal handler. Nothing may throw through it.
 */
#ifndef OPENL2TP_TYPES_H
#define OPENL2TP_TYPES_H

#include <stddef.h>
#include <stdint.h>

#define OPENL2TP_ABI_MAJOR 1 /* must be equal on both sides */
#define OPENL2TP_ABI_MINOR 1 /* says what was known when a side was compiled */

#ifdef __cplusplus
extern "C" {
#endif

/* ---- owned by the daemon ---- */

/* The daemon, as one plugin sees it. Outlives the plugin. */
typedef struct openl2tp_host openl2tp_host;
/* The event loop of one shard thread, as one plugin sees it. From shard_start to the end of shard_stop. */
typedef struct openl2tp_loop openl2tp_loop;
/* A timer of a loop, from timer_make to timer_free. */
typedef struct openl2tp_timer openl2tp_timer;
/* A watch on a descriptor, from watch_start to watch_stop. */
typedef struct openl2tp_watch openl2tp_watch;
/* A child process, from spawn to its on_exit or child_leave. */
typedef struct openl2tp_child openl2tp_child;
/* A message that is being written, during the call of openl2tp_vendor_avp_ops.add. */
typedef struct openl2tp_avp_writer openl2tp_avp_writer;

/* The daemon's name for one session, the same in every call about it. Never 0; not used again for another session. */
typedef uint64_t openl2tp_session_token;

/* ---- owned by the plugin ---- */

/* The plugin's own state of one shard thread: made in shard_start, freed in shard_stop. NULL for a plugin without. */
typedef struct openl2tp_shard openl2tp_shard;
/* The plugin's own state of PPP of one session: made in open, freed in close of openl2tp_ppp_ops. May be NULL
 * throughout. */
typedef struct openl2tp_ppp openl2tp_ppp;
/* The plugin's own state of one bearer: made in open, freed in close of openl2tp_bearer_ops. May be NULL throughout. */
typedef struct openl2tp_bearer openl2tp_bearer;

/* ---- results ---- */

/* 0 or one of the negative values below; never errno. */
typedef int32_t openl2tp_status;

#define OPENL2TP_OK 0
#define OPENL2TP_E_INVALID (-1) /* an argument is out of its range, or a reserved bit is set */
#define OPENL2TP_E_NO_MEMORY (-2)
#define OPENL2TP_E_UNSUPPORTED (-3)   /* this side does not know how */
#define OPENL2TP_E_BUSY (-4)          /* not now; a later attempt may succeed */
#define OPENL2TP_E_UNKNOWN_TOKEN (-5) /* no session of this shard and this plugin has that token (any more) */
#define OPENL2TP_E_ANSWERED (-6)      /* it was already reported so */
#define OPENL2TP_E_WRONG_THREAD (-7)  /* a [shard] function was called elsewhere */
#define OPENL2TP_E_FAILED (-8)        /* anything else; the log has the reason */
#define OPENL2TP_E_REFUSED (-9)       /* a policy says no */

/* ---- trace categories: bits of every trace mask (the management interface has the same) ---- */

#define OPENL2TP_TRACE_PROTOCOL 0x001u  /* messages sent and received */
#define OPENL2TP_TRACE_FSM 0x002u       /* state changes */
#define OPENL2TP_TRACE_API 0x004u       /* management calls */
#define OPENL2TP_TRACE_AVP 0x008u       /* AVPs of messages */
#define OPENL2TP_TRACE_AVP_HIDE 0x010u  /* hiding and unhiding */
#define OPENL2TP_TRACE_AVP_DATA 0x020u  /* values of AVPs */
#define OPENL2TP_TRACE_FUNCTION 0x040u  /* steps inside the daemon or plugin */
#define OPENL2TP_TRACE_TRANSPORT 0x080u /* sequence numbers, windows, retransmission */
#define OPENL2TP_TRACE_DATA 0x100u      /* data path */
#define OPENL2TP_TRACE_SYSTEM 0x200u    /* system calls, kernel, signals */
#define OPENL2TP_TRACE_PPP 0x400u       /* PPP */

#ifdef __cplusplus
}
#endif

#endif
