/* SPDX-License-Identifier: MIT-0
 *
 * openl2tp/host.h: what the daemon offers its plugins. Rules and thread tags: openl2tp/types.h.
 */
#ifndef OPENL2TP_HOST_H
#define OPENL2TP_HOST_H

#include <openl2tp/types.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Levels of log. Debug lines appear when the daemon runs with -D. */
#define OPENL2TP_LOG_ERROR 0u
#define OPENL2TP_LOG_WARNING 1u
#define OPENL2TP_LOG_INFO 2u
#define OPENL2TP_LOG_DEBUG 3u

/* Events of a watch: bits. */
#define OPENL2TP_WATCH_READ 0x1u   /* readable, or the other end has closed */
#define OPENL2TP_WATCH_WRITE 0x2u  /* writable */
#define OPENL2TP_WATCH_HANGUP 0x4u /* reported, never asked for: the other end is gone */
#define OPENL2TP_WATCH_ERROR 0x8u  /* reported, never asked for: the watch is dead, stop it */

/* One descriptor of a child process: `from` of the daemon becomes `to` of the child. Travels in arrays and never grows.
 */
typedef struct openl2tp_child_fd {
  int32_t from; /* open in the daemon; duplicated before spawn returns, so it may be closed then */
  int32_t to;   /* 0 to 63, each once; of 0, 1 and 2 those that are not named are /dev/null */
} openl2tp_child_fd;

/* How a child is started. */
typedef struct openl2tp_spawn_params {
  uint32_t struct_size;
  uint32_t flags;               /* zero */
  const char* path;             /* absolute path of the program; NUL-terminated. No shell is involved. */
  const char* const* arguments; /* argv, argument 0 first: NUL-terminated strings, ended by NULL; at most 255 */
  /* envp, "NAME=value": as arguments; NULL or empty: none, PATH too is the plugin's business */
  const char* const* environment;
  const openl2tp_child_fd* fds; /* may be NULL with fd_count 0; everything else is closed in the child */
  size_t fd_count;              /* at most 16 */
  /* ---- 1.0 ends here ---- */
} openl2tp_spawn_params;

/* What a plugin knows of PPP that is up. Only what `given` names counts. */
#define OPENL2TP_PPP_KNOWN_INTERFACE 0x001u
#define OPENL2TP_PPP_KNOWN_UNIT 0x002u
#define OPENL2TP_PPP_KNOWN_USER 0x004u
#define OPENL2TP_PPP_KNOWN_IPV4 0x008u
#define OPENL2TP_PPP_KNOWN_IPV6 0x010u
#define OPENL2TP_PPP_KNOWN_AUTH 0x020u
#define OPENL2TP_PPP_KNOWN_MTU 0x040u
#define OPENL2TP_PPP_KNOWN_PROCESS 0x080u
#define OPENL2TP_PPP_KNOWN_PHASE 0x100u /* since 1.1: give it only to a daemon whose abi_minor is 1 or more */

/* How far PPP is, for those who look: telling it has no effect but that it shows. Not told: starting until ppp_up. */
#define OPENL2TP_PPP_PHASE_LCP 1u            /* the link is being negotiated */
#define OPENL2TP_PPP_PHASE_AUTHENTICATING 2u /* one side proves who it is */
#define OPENL2TP_PPP_PHASE_NETWORK 3u        /* IPCP, IPV6CP: no network is up yet */
#define OPENL2TP_PPP_PHASE_UP 4u             /* data may flow; ppp_up says so by itself */
#define OPENL2TP_PPP_PHASE_TERMINATING 5u
typedef struct openl2tp_ppp_facts {
  uint32_t struct_size;
  uint32_t given;             /* OPENL2TP_PPP_KNOWN_* */
  const char* interface_name; /* "ppp0": at most 63 octets count */
  size_t interface_name_length;
  const char* user_name; /* that the peer authenticated as, or that we did: at most 255 octets count */
  size_t user_name_length;
  const char* auth_method; /* "PAP", "CHAP", "MSCHAPv2"...: how, at most 31 octets count */
  size_t auth_method_length;
  uint32_t unit;                       /* of the kernel's PPP interface */
  uint32_t process;                    /* pid of the process that runs PPP */
  uint8_t local_ipv4[4], peer_ipv4[4]; /* network order */
  uint8_t local_ipv6[8], peer_ipv6[8]; /* interface identifiers */
  uint16_t mtu, mru;
  uint32_t reserved;
  /* ---- 1.0 ends here ---- */
  uint32_t phase; /* OPENL2TP_PPP_PHASE_* */
  uint32_t reserved_1;
  /* ---- 1.1 ends here ---- */
} openl2tp_ppp_facts;

/* One PPP frame on its way to the peer. Travels in arrays and never grows. */
typedef struct openl2tp_frame_out {
  openl2tp_session_token token;
  /* The PPP frame from its address field or, compressed, its protocol field on; no flags, no FCS; copied. */
  const uint8_t* octets;
  uint32_t length; /* 1 to 65,000 */
  uint32_t flags;  /* OPENL2TP_FRAME_* */
} openl2tp_frame_out;
/* Sets the P bit: keepalives that should not wait behind other data (RFC 2661 section 3.1). */
#define OPENL2TP_FRAME_PRIORITY 0x1u

/* The daemon's functions. Valid from openl2tp_plugin_entry to the end of the process. Members that lie beyond
 * struct_size do not exist. */
typedef struct openl2tp_host_ops {
  uint32_t struct_size;
  uint16_t abi_major, abi_minor;

  /* ---- everywhere ---- */

  /* Writes one line to the daemon's log, with the plugin's name in front. Control characters are escaped, a line is cut
   * at 512 octets, and lines beyond 100 a second are counted instead of written. `text` is valid during the call;
   * copied. Does not block. [any] */
  void (*log)(openl2tp_host* host, uint32_t level, const char* text, size_t length);

  /* A table of further functions by its name and version, "openl2tp.something/1"; NULL when this daemon has none of it.
   * There are none in 1.0. [any] */
  const void* (*get_extension)(openl2tp_host* host, const char* id);

  /* Milliseconds of a clock that never goes back. [any] */
  uint64_t (*now_ms)(openl2tp_host* host);

  /* Fills `out` with random octets that nobody can guess. [any] */
  void (*random)(openl2tp_host* host, void* out, size_t length);

  /* ---- a shard's event loop: what makes something answers OPENL2TP_E_BUSY, too, once the shard stops. Timers
   * (1,048,576), watches, children and posted calls (65,536 each) are bounded for each plugin and shard, works for each
   * shard ---- */

  /* Runs `call(user)` on the loop's thread, later. Returns OPENL2TP_E_BUSY when too many calls wait (65,536 a shard),
   * or when the loop has ended: `call` will not run then. [any], while the loop lives */
  openl2tp_status (*run_on_shard)(openl2tp_loop* loop, void (*call)(void* user), void* user);

  /* Runs `work(user)` on a thread that may wait [worker], then `done(user)` on the loop's thread [shard]. Both run for
   * certain once this returned 0; a loop that ends waits for them. Works of one shard may run at the same time and in
   * any order. Returns OPENL2TP_E_BUSY when too many wait (65,536). [shard] */
  openl2tp_status (*run_on_worker)(openl2tp_loop* loop, void (*work)(void* user), void (*done)(void* user), void* user);

  /* Makes a timer, not armed; `on_timer(user)` [shard]. [shard] */
  openl2tp_status (*timer_make)(openl2tp_loop* loop, openl2tp_timer** out, void (*on_timer)(void* user), void* user);
  /* Arms it for `after_ms` milliseconds from now, replacing what it was armed for. It fires once, never early and about
   * 5 ms late at most when the shard is not busy. [shard] */
  void (*timer_arm)(openl2tp_timer* timer, uint64_t after_ms);
  /* It will not fire unless armed again. NULL is ignored. [shard] */
  void (*timer_cancel)(openl2tp_timer* timer);
  /* Cancels and frees it; also from inside its on_timer. Must happen before shard_stop returns. NULL is ignored.
   * [shard] */
  void (*timer_free)(openl2tp_timer* timer);

  /* Watches a descriptor: `on_ready(user, events)` [shard] whenever it becomes ready. Edge-triggered: read or write
   * until EAGAIN, so the descriptor should be O_NONBLOCK. events: OPENL2TP_WATCH_READ, OPENL2TP_WATCH_WRITE or both.
   * The descriptor stays the plugin's. Returns OPENL2TP_E_INVALID for one that cannot be polled: regular files,
   * directories, /dev/null. [shard] */
  openl2tp_status (*watch_start)(openl2tp_loop* loop, openl2tp_watch** out, int32_t fd, uint32_t events,
                                 void (*on_ready)(void* user, uint32_t events), void* user);
  /* Ends and frees the watch; on_ready is not called again. `stopped(user)` [shard], which may be NULL, says that the
   * kernel has let go of the descriptor: where closing it may take long, close it then (on a worker). It does not come
   * for a watch that is stopped in shard_stop, or left there. Also from inside on_ready. [shard] */
  void (*watch_stop)(openl2tp_watch* watch, void (*stopped)(void* user), void* user);

  /* Starts a program. `on_exit(user, status)` [shard] comes once, when it has ended and was reaped, or could not be
   * started: status is its exit status (0 to 255), 256 + the number of the signal that ended it, or -errno of the
   * failed start; the child's handle is dead then. A child never outlives the daemon: it is killed when the daemon
   * dies. Path, arguments and environment have at most 65,440 octets together, with their NULs. Returns OPENL2TP_E_BUSY
   * when too many starts wait (1,024 a shard), OPENL2TP_E_INVALID for parameters beyond the limits given. [shard] */
  openl2tp_status (*spawn)(openl2tp_loop* loop, openl2tp_child** out, const openl2tp_spawn_params* params,
                           void (*on_exit)(void* user, int32_t status), void* user);
  /* Sends a signal, in order with the start. [shard] */
  void (*child_signal)(openl2tp_child* child, int32_t signal);
  /* For a child that nobody waits for any more: TERM now, KILL to its process group after `grace_ms`; on_exit will not
   * be called, the handle is dead. NULL is ignored. Children that are left at shard_stop get TERM, and KILL after 3 s.
   * [shard] */
  void (*child_leave)(openl2tp_child* child, uint32_t grace_ms);

  /* ---- PPP providers (openl2tp/ppp.h): from open to close of the session, also from inside open ---- */

  /* Reports that PPP is up: at most once a session. `facts` may be NULL. [shard]
   * This and the following return OPENL2TP_E_UNKNOWN_TOKEN, OPENL2TP_E_ANSWERED, OPENL2TP_E_INVALID or
   * OPENL2TP_E_WRONG_THREAD when a rule is broken, and the log says which. */
  openl2tp_status (*ppp_up)(openl2tp_host* host, openl2tp_session_token token, const openl2tp_ppp_facts* facts);
  /* Tells facts that became known or changed, before ppp_up or after. Those not given stay. A phase alone is told to no
   * observer. Told several times before the plugin returns, observers hear of it once. [shard] */
  openl2tp_status (*ppp_update)(openl2tp_host* host, openl2tp_session_token token, const openl2tp_ppp_facts* facts);
  /* Reports that PPP of a session has ended or could not start: the daemon clears the session and calls close soon
   * after. At most once. result_code, error_code: of the CDN (RFC 2661 section 4.4.2; result 1 lost carrier, 2 general
   * error with the error code, 3 administrative, 4 no facilities for now); result_code is not 0. `reason`: UTF-8, at
   * most 255 octets count; may be NULL with length 0; copied. [shard] */
  openl2tp_status (*ppp_down)(openl2tp_host* host, openl2tp_session_token token, uint16_t result_code,
                              uint16_t error_code, const char* reason, size_t length);
  /* Tells the ACCMs that LCP agreed on; as LNS the daemon passes them on to the LAC (SLI, RFC 2661 section 6.14).
   * [shard] */
  openl2tp_status (*ppp_accm)(openl2tp_host* host, openl2tp_session_token token, uint32_t send_accm,
                              uint32_t receive_accm);
  /* Sends PPP frames, of one session or several, on the frames data path. They leave at the end of the loop's turn.
   * Returns how many of the first were taken; the others are lost and counted: no send slot was free, a token or length
   * is wrong, or the session has no such data path. [shard] */
  size_t (*ppp_send)(openl2tp_host* host, const openl2tp_frame_out* frames, size_t count);
  /* The trace categories that are on for the session: OPENL2TP_TRACE_*. 0 for an unknown token. [shard] */
  uint32_t (*session_trace_mask)(openl2tp_host* host, openl2tp_session_token token);
  /* Writes one trace line of the session when the category, one of OPENL2TP_TRACE_*, is on; `text` as in log. [shard]
   */
  void (*session_trace)(openl2tp_host* host, openl2tp_session_token token, uint32_t category, const char* text,
                        size_t length);
  /* Asks the daemon to clear a session: for plugins that are not its PPP provider. Parameters as in ppp_down. Asked
   * again before it is done, the first reason counts. [shard] */
  openl2tp_status (*session_close)(openl2tp_host* host, openl2tp_session_token token, uint16_t result_code,
                                   uint16_t error_code, const char* reason, size_t length);

  /* ---- bearer providers (openl2tp/bearer.h): once a bearer, from open to close, also from inside open ---- */

  /* The call is answered at these speeds, bits a second; rx_bps 0: the same as tx_bps. [shard] */
  openl2tp_status (*bearer_up)(openl2tp_host* host, openl2tp_session_token token, uint32_t tx_bps, uint32_t rx_bps);
  /* The call could not be placed, or was lost later: the session is cleared. Parameters as in ppp_down (result 1 lost
   * carrier, 8 busy, 9 no dial tone...). [shard] */
  openl2tp_status (*bearer_failed)(openl2tp_host* host, openl2tp_session_token token, uint16_t result_code,
                                   uint16_t error_code, const char* reason, size_t length);

  /* ---- vendor AVP owners (openl2tp/vendor_avp.h): during openl2tp_vendor_avp_ops.add ---- */

  /* Adds an AVP of the plugin's vendor id to the message. flags: OPENL2TP_AVP_*. `value`: at most 1,017 octets; copied.
   * Returns OPENL2TP_E_NO_MEMORY when the message has no room for it, OPENL2TP_E_UNSUPPORTED for a hidden one where
   * there is no secret. [shard] */
  openl2tp_status (*avp_add)(openl2tp_avp_writer* writer, uint16_t attribute, uint32_t flags, const void* value,
                             size_t length);

  /* ---- 1.0 ends here: append below; never reorder, never change a meaning ---- */
} openl2tp_host_ops;

#ifdef __cplusplus
}
#endif

#endif
