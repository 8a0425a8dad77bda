/* SPDX-License-Identifier: MIT-0
 *
 * openl2tp/observer.h: the extension of a plugin that watches tunnels, sessions, peers and profiles. Rules:
 * openl2tp/types.h.
 */
#ifndef OPENL2TP_OBSERVER_H
#define OPENL2TP_OBSERVER_H

#include <openl2tp/types.h>

#ifdef __cplusplus
extern "C" {
#endif

#define OPENL2TP_EXTENSION_OBSERVER "openl2tp.observer/1" /* get_extension returns an openl2tp_observer_ops */

/* What happened. A newer daemon may tell more: ignore what you do not know. Of each object CREATED comes first and
 * DELETED last; between them UP if it comes up, and DOWN. A persistent tunnel may go from DOWN to UP again. Sessions go
 * before their tunnel, tunnels before their peer. What is left when a shard stops is DELETED before shard_stop. */
#define OPENL2TP_EVENT_CREATED 1u
#define OPENL2TP_EVENT_UP 2u
#define OPENL2TP_EVENT_DOWN 3u    /* it carries nothing any more; result_code and what follows say why */
#define OPENL2TP_EVENT_DELETED 4u /* it is forgotten */
#define OPENL2TP_EVENT_MODIFIED 5u
#define OPENL2TP_EVENT_PPP_UP 6u /* of a session: its plugin reported PPP up, or new facts of it */

/* Bits of flags of both structs below. */
#define OPENL2TP_OBJECT_LOCAL 0x1u    /* the operator made it here; otherwise the peer asked for it */
#define OPENL2TP_OBJECT_LNS 0x2u      /* of a session: we are the LNS of the call */
#define OPENL2TP_OBJECT_OUTGOING 0x4u /* of a session: an outgoing call */

typedef struct openl2tp_tunnel_facts {
  uint32_t struct_size;
  uint32_t flags;
  uint16_t tunnel_id, peer_tunnel_id; /* the peer's is 0 until known */
  uint16_t result_code, error_code;   /* of DOWN: of the StopCCN; 0: none */
  const char* peer_address;
  size_t peer_address_length;
  const char* peer_host_name; /* any octets */
  size_t peer_host_name_length;
  const char* tunnel_name;
  size_t tunnel_name_length;
  const char* reason; /* of DOWN: text of the StopCCN, any octets */
  size_t reason_length;
  /* ---- 1.0 ends here ---- */
} openl2tp_tunnel_facts;

typedef struct openl2tp_session_facts {
  uint32_t struct_size;
  uint32_t flags;
  openl2tp_session_token token; /* for session_close */
  uint16_t tunnel_id, session_id;
  uint16_t peer_tunnel_id, peer_session_id;
  uint16_t result_code, error_code; /* of DOWN: of the CDN; 0: none */
  uint32_t reserved;
  const char* session_name;
  size_t session_name_length;
  const char* user_name;
  size_t user_name_length;
  const char* interface_name;
  size_t interface_name_length;
  const char* reason;
  size_t reason_length;
  /* ---- 1.0 ends here ---- */
} openl2tp_session_facts;

/* A pair of addresses with at least one tunnel between them on the shard. */
typedef struct openl2tp_peer_facts {
  uint32_t struct_size;
  uint32_t flags; /* zero */
  const char* peer_address;
  size_t peer_address_length;
  const char* local_address;
  size_t local_address_length;
  /* ---- 1.0 ends here ---- */
} openl2tp_peer_facts;

#define OPENL2TP_PROFILE_TUNNEL 1u
#define OPENL2TP_PROFILE_SESSION 2u
#define OPENL2TP_PROFILE_PPP 3u
#define OPENL2TP_PROFILE_PEER 4u

/* All are optional; all must be quick. */
typedef struct openl2tp_observer_ops {
  uint32_t struct_size;
  uint32_t reserved;
  void (*tunnel)(openl2tp_shard* shard, uint32_t event, const openl2tp_tunnel_facts* facts);   /* [shard] */
  void (*session)(openl2tp_shard* shard, uint32_t event, const openl2tp_session_facts* facts); /* [shard] */
  void (*peer)(openl2tp_shard* shard, uint32_t event,
               const openl2tp_peer_facts* facts); /* [shard]; CREATED and DELETED */
  /* kind: OPENL2TP_PROFILE_*; CREATED, MODIFIED and DELETED. [management] */
  void (*profile)(uint32_t event, uint32_t kind, const char* name, size_t length);
  /* ---- 1.0 ends here ---- */
} openl2tp_observer_ops;

#ifdef __cplusplus
}
#endif

#endif
