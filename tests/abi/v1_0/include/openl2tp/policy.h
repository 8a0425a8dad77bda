/* SPDX-License-Identifier: MIT-0
 *
 * openl2tp/policy.h: the extension of a plugin that may refuse what a peer asks for. Rules: openl2tp/types.h.
 * It is asked after the daemon's own limits and profiles allowed the tunnel or call. Of several policies the first that
 * refuses decides.
 */
#ifndef OPENL2TP_POLICY_H
#define OPENL2TP_POLICY_H

#include <openl2tp/types.h>

#ifdef __cplusplus
extern "C" {
#endif

#define OPENL2TP_EXTENSION_POLICY "openl2tp.policy/1" /* get_extension returns an openl2tp_policy_ops */

typedef struct openl2tp_tunnel_request { /* an SCCRQ */
  uint32_t struct_size;
  uint32_t flags; /* zero */
  uint16_t peer_tunnel_id, peer_port;
  uint32_t reserved;
  const char* peer_address;
  size_t peer_address_length;
  const char* host_name; /* any octets */
  size_t host_name_length;
  const char* vendor_name; /* any octets */
  size_t vendor_name_length;
  const char* peer_profile; /* that the daemon chose */
  size_t peer_profile_length;
  /* ---- 1.0 ends here ---- */
} openl2tp_tunnel_request;

typedef struct openl2tp_session_request { /* an ICRQ or OCRQ */
  uint32_t struct_size;
  uint32_t flags; /* OPENL2TP_OBJECT_OUTGOING of openl2tp/observer.h: an OCRQ */
  uint16_t tunnel_id, peer_session_id;
  uint32_t call_serial_number;
  const char* calling_number;
  size_t calling_number_length;
  const char* called_number;
  size_t called_number_length;
  const char* sub_address;
  size_t sub_address_length;
  /* ---- 1.0 ends here ---- */
} openl2tp_session_request;

/* What StopCCN or CDN will say. Comes zeroed with struct_size set; result_code 0 stands for "not authorized" (4) of a
 * tunnel and "administrative reasons" (3) of a call. */
typedef struct openl2tp_refusal {
  uint32_t struct_size;
  uint16_t result_code, error_code; /* RFC 2661 section 4.4.2 */
  char message[128];                /* NUL-terminated UTF-8; may stay empty */
  /* ---- 1.0 ends here ---- */
} openl2tp_refusal;

/* Return 0 to allow, OPENL2TP_E_REFUSED with `out` filled to refuse; anything else is a failure of the plugin, logged,
 * and refuses (a policy that cannot tell must not let in). Must not block. Both optional. [shard] */
typedef struct openl2tp_policy_ops {
  uint32_t struct_size;
  uint32_t reserved;
  openl2tp_status (*tunnel)(openl2tp_shard* shard, const openl2tp_tunnel_request* request, openl2tp_refusal* out);
  openl2tp_status (*session)(openl2tp_shard* shard, const openl2tp_session_request* request, openl2tp_refusal* out);
  /* ---- 1.0 ends here ---- */
} openl2tp_policy_ops;

#ifdef __cplusplus
}
#endif

#endif
