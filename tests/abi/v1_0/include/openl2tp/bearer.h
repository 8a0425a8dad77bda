/* SPDX-License-Identifier: MIT-0
 *
 * openl2tp/bearer.h: the extension of a plugin that places the outgoing calls an LNS asks a LAC for. Rules:
 * openl2tp/types.h. Without such a plugin an outgoing call is taken to be answered at once, at the speeds of the
 * session's profile.
 */
#ifndef OPENL2TP_BEARER_H
#define OPENL2TP_BEARER_H

#include <openl2tp/types.h>

#ifdef __cplusplus
extern "C" {
#endif

/* get_extension returns an openl2tp_bearer_ops; one plugin of a daemon may */
#define OPENL2TP_EXTENSION_BEARER "openl2tp.bearer/1"

/* What the OCRQ asked for (RFC 2661 section 6.9). */
typedef struct openl2tp_bearer_params {
  uint32_t struct_size;
  uint32_t flags; /* zero */
  uint16_t tunnel_id, session_id;
  uint32_t minimum_bps, maximum_bps;
  uint32_t framing_type, bearer_type; /* OPENL2TP_FRAMING_*, OPENL2TP_BEARER_* of openl2tp/ppp.h */
  uint32_t reserved;
  const char* called_number;
  size_t called_number_length;
  const char* sub_address;
  size_t sub_address_length;
  /* ---- 1.0 ends here ---- */
} openl2tp_bearer_params;

typedef struct openl2tp_bearer_ops {
  uint32_t struct_size;
  uint32_t reserved;
  /* Places the call. May finish later: return 0 now and report bearer_up or bearer_failed. On failure close is not
   * called and the session is cleared (CDN result 5). Must not block. [shard] Required. */
  openl2tp_status (*open)(openl2tp_bearer** out, openl2tp_shard* shard, openl2tp_session_token token,
                          const openl2tp_bearer_params* params);
  /* Hangs up and frees `bearer`. Must not block. [shard] Required. */
  void (*close)(openl2tp_bearer* bearer, uint16_t result_code);
  /* ---- 1.0 ends here ---- */
} openl2tp_bearer_ops;

#ifdef __cplusplus
}
#endif

#endif
