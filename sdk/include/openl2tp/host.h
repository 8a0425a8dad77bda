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

/* The daemon's functions. Valid from openl2tp_plugin_entry to the end of the process. Members that lie beyond struct_size do not exist. */
typedef struct openl2tp_host_ops {
  uint32_t struct_size;
  uint16_t abi_major, abi_minor;

  /* Writes one line to the daemon's log, with the plugin's name in front. Control characters are escaped, a line is cut at 512 octets,
   * and lines beyond 100 a second are counted instead of written. `text` is valid during the call; copied. Does not block. [any] */
  void (*log)(openl2tp_host *host, uint32_t level, const char *text, size_t length);

  /* Reports that PPP of a session is up. At most once a session, between ppp_open (also from inside it) and ppp_down or ppp_close.
   * The daemon acts on it after the plugin has returned. [shard]
   * Returns OPENL2TP_E_UNKNOWN_TOKEN, OPENL2TP_E_ANSWERED or OPENL2TP_E_WRONG_THREAD when a rule is broken, and the log says which. */
  openl2tp_status (*ppp_up)(openl2tp_host *host, openl2tp_ppp_token token);

  /* Reports that PPP of a session has ended or could not start: the daemon clears the session and calls ppp_close soon after, never from
   * inside this call. At most once a session. result_code: the Result Code of the CDN (RFC 2661 section 4.4.2; 1 lost carrier,
   * 3 administrative, 4 no facilities for now). `reason`: UTF-8, at most 255 octets count; may be NULL with length 0; copied. [shard]
   * Returns the same errors as ppp_up, and OPENL2TP_E_INVALID for result_code 0. */
  openl2tp_status (*ppp_down)(openl2tp_host *host, openl2tp_ppp_token token, uint16_t result_code, const char *reason, size_t length);

  /* ---- 1.0 ends here: append below; never reorder, never change a meaning ---- */
} openl2tp_host_ops;

#ifdef __cplusplus
}
#endif

#endif
