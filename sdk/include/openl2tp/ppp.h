/* SPDX-License-Identifier: MIT-0
 *
 * openl2tp/ppp.h: the extension of a plugin that brings PPP. Rules and thread tags: openl2tp/types.h.
 *
 * Life of a session's PPP: the session comes up, the daemon builds the data path and calls open; the plugin reports
 * ppp_up when the network is up, and ppp_down when PPP has ended; close comes when the session ends, whoever ended it,
 * and is the last call about it.
 */
#ifndef OPENL2TP_PPP_H
#define OPENL2TP_PPP_H

#include <openl2tp/host.h>
#include <openl2tp/types.h>

#ifdef __cplusplus
extern "C" {
#endif

#define OPENL2TP_EXTENSION_PPP "openl2tp.ppp/1" /* get_extension returns an openl2tp_ppp_ops */

/* How PPP frames of a session travel between the plugin and the tunnel. */
#define OPENL2TP_DATA_PATH_NONE 0u /* not at all: control plane only */
/* a connected PPPoL2TP socket, user data stays in the kernel; needs a kernel with L2TP and PPP */
#define OPENL2TP_DATA_PATH_KERNEL 1u
#define OPENL2TP_DATA_PATH_FRAMES 2u /* frames() and ppp_send: works on any kernel */

/* Bits of openl2tp_ppp_params.flags. */
#define OPENL2TP_PPP_LNS 0x01u      /* we are the LNS of this call; otherwise the LAC */
#define OPENL2TP_PPP_OUTGOING 0x02u /* an outgoing call (OCRQ); otherwise an incoming one (ICRQ) */
#define OPENL2TP_PPP_LOCAL 0x04u    /* the operator made the session here; otherwise the peer asked for it */
#define OPENL2TP_PPP_SEQUENCE 0x08u /* data messages carry sequence numbers */
/* proxy LCP and authentication: as LNS the LAC's may be used (allow_ppp_proxy of the tunnel), as LAC ours are to be
 * told (use_ppp_proxy of the session) */
#define OPENL2TP_PPP_PROXY 0x10u

/* Framing and bearer types: bits of RFC 2661 sections 4.4.3 and 4.4.4. */
#define OPENL2TP_FRAMING_SYNC 0x1u
#define OPENL2TP_FRAMING_ASYNC 0x2u
#define OPENL2TP_BEARER_DIGITAL 0x1u
#define OPENL2TP_BEARER_ANALOG 0x2u

/* Bits of openl2tp_ppp_profile.given: parameters that the operator set; the others hold the defaults. */
#define OPENL2TP_PPP_GIVEN_ASYNCMAP (UINT64_C(1) << 0)
#define OPENL2TP_PPP_GIVEN_MRU (UINT64_C(1) << 1)
#define OPENL2TP_PPP_GIVEN_MTU (UINT64_C(1) << 2)
#define OPENL2TP_PPP_GIVEN_AUTH (UINT64_C(1) << 3) /* any of the auth bits */
#define OPENL2TP_PPP_GIVEN_SYNC_MODE (UINT64_C(1) << 4)
#define OPENL2TP_PPP_GIVEN_CHAP_INTERVAL (UINT64_C(1) << 5)
#define OPENL2TP_PPP_GIVEN_CHAP_CHALLENGES_MAX (UINT64_C(1) << 6)
#define OPENL2TP_PPP_GIVEN_CHAP_RESTART (UINT64_C(1) << 7)
#define OPENL2TP_PPP_GIVEN_PAP_REQUESTS_MAX (UINT64_C(1) << 8)
#define OPENL2TP_PPP_GIVEN_PAP_RESTART (UINT64_C(1) << 9)
#define OPENL2TP_PPP_GIVEN_PAP_TIMEOUT (UINT64_C(1) << 10)
#define OPENL2TP_PPP_GIVEN_IDLE_TIMEOUT (UINT64_C(1) << 11)
#define OPENL2TP_PPP_GIVEN_IPCP_CONFIG_REQUESTS_MAX (UINT64_C(1) << 12)
#define OPENL2TP_PPP_GIVEN_IPCP_CONFIG_NAKS_MAX (UINT64_C(1) << 13)
#define OPENL2TP_PPP_GIVEN_IPCP_TERMINATE_REQUESTS_MAX (UINT64_C(1) << 14)
#define OPENL2TP_PPP_GIVEN_IPCP_RETRANSMIT (UINT64_C(1) << 15)
#define OPENL2TP_PPP_GIVEN_LCP_ECHO_FAILURES_MAX (UINT64_C(1) << 16)
#define OPENL2TP_PPP_GIVEN_LCP_ECHO_INTERVAL (UINT64_C(1) << 17)
#define OPENL2TP_PPP_GIVEN_LCP_CONFIG_REQUESTS_MAX (UINT64_C(1) << 18)
#define OPENL2TP_PPP_GIVEN_LCP_CONFIG_NAKS_MAX (UINT64_C(1) << 19)
#define OPENL2TP_PPP_GIVEN_LCP_TERMINATE_REQUESTS_MAX (UINT64_C(1) << 20)
#define OPENL2TP_PPP_GIVEN_LCP_RETRANSMIT (UINT64_C(1) << 21)
#define OPENL2TP_PPP_GIVEN_CONNECT_TIME_MAX (UINT64_C(1) << 22)
#define OPENL2TP_PPP_GIVEN_FAILURES_MAX (UINT64_C(1) << 23)
#define OPENL2TP_PPP_GIVEN_LOCAL_ADDRESS (UINT64_C(1) << 24)
#define OPENL2TP_PPP_GIVEN_PEER_ADDRESS (UINT64_C(1) << 25)
#define OPENL2TP_PPP_GIVEN_DNS_1 (UINT64_C(1) << 26)
#define OPENL2TP_PPP_GIVEN_DNS_2 (UINT64_C(1) << 27)
#define OPENL2TP_PPP_GIVEN_WINS_1 (UINT64_C(1) << 28)
#define OPENL2TP_PPP_GIVEN_WINS_2 (UINT64_C(1) << 29)
#define OPENL2TP_PPP_GIVEN_IP_POOL_NAME (UINT64_C(1) << 30)
#define OPENL2TP_PPP_GIVEN_USE_RADIUS (UINT64_C(1) << 31)
#define OPENL2TP_PPP_GIVEN_RADIUS_HINT (UINT64_C(1) << 32)
#define OPENL2TP_PPP_GIVEN_LOCAL_NAME (UINT64_C(1) << 33)
#define OPENL2TP_PPP_GIVEN_REMOTE_NAME (UINT64_C(1) << 34)
#define OPENL2TP_PPP_GIVEN_DEFAULT_ROUTE (UINT64_C(1) << 35)
#define OPENL2TP_PPP_GIVEN_MULTILINK (UINT64_C(1) << 36)
#define OPENL2TP_PPP_GIVEN_PROXY_ARP (UINT64_C(1) << 37)

/* Bits of openl2tp_ppp_profile.options. */
#define OPENL2TP_PPP_AUTH_NONE 0x0001u  /* do not ask the peer to authenticate */
#define OPENL2TP_PPP_AUTH_PEER 0x0002u  /* ask the peer to authenticate */
#define OPENL2TP_PPP_REFUSE_PAP 0x0004u /* neither asked for nor agreed to */
#define OPENL2TP_PPP_REFUSE_CHAP 0x0008u
#define OPENL2TP_PPP_REFUSE_MSCHAP 0x0010u
#define OPENL2TP_PPP_REFUSE_MSCHAPV2 0x0020u
#define OPENL2TP_PPP_REFUSE_EAP 0x0040u
#define OPENL2TP_PPP_USE_RADIUS 0x0080u
#define OPENL2TP_PPP_DEFAULT_ROUTE 0x0100u
#define OPENL2TP_PPP_MULTILINK 0x0200u
#define OPENL2TP_PPP_PROXY_ARP 0x0400u

/* Values of openl2tp_ppp_profile.sync_mode. */
#define OPENL2TP_PPP_SYNC_ASYNC 0u
#define OPENL2TP_PPP_SYNC 1u
#define OPENL2TP_PPP_ASYNC 2u

/* The PPP profile of a session. Times in seconds; counts as such; 0: the plugin's own default. Addresses in network
 * order, all zero: none. */
typedef struct openl2tp_ppp_profile {
  uint32_t struct_size;
  uint32_t options; /* OPENL2TP_PPP_AUTH_* and the others above; a bit counts also when GIVEN does not name it */
  uint64_t given;   /* OPENL2TP_PPP_GIVEN_* */
  uint32_t trace_mask;
  uint32_t asyncmap;
  uint16_t mru, mtu;
  uint32_t sync_mode; /* OPENL2TP_PPP_SYNC_ASYNC... */
  uint32_t chap_interval_s, chap_challenges_max, chap_restart_s;
  uint32_t pap_requests_max, pap_restart_s, pap_timeout_s;
  uint32_t idle_timeout_s;
  uint32_t ipcp_config_requests_max, ipcp_config_naks_max, ipcp_terminate_requests_max, ipcp_retransmit_s;
  uint32_t lcp_echo_failures_max, lcp_echo_interval_s;
  uint32_t lcp_config_requests_max, lcp_config_naks_max, lcp_terminate_requests_max, lcp_retransmit_s;
  uint32_t connect_time_max_s, failures_max;
  uint8_t local_address[4], peer_address[4], dns_1[4], dns_2[4], wins_1[4], wins_2[4];
  uint32_t reserved;
  const char* profile_name;
  size_t profile_name_length;
  const char* ip_pool_name;
  size_t ip_pool_name_length;
  const char* radius_hint;
  size_t radius_hint_length;
  const char* local_name; /* our name in PPP authentication */
  size_t local_name_length;
  const char* remote_name; /* the peer's */
  size_t remote_name_length;
  /* ---- 1.0 ends here ---- */
} openl2tp_ppp_profile;

/* Proxy LCP and authentication (RFC 2661 section 4.4.5): as LNS what the LAC sent, as LAC what we sent. Lengths 0: not
 * there. */
typedef struct openl2tp_ppp_proxy {
  uint32_t struct_size;
  uint16_t auth_type; /* Proxy Authen Type; 0: not there */
  uint8_t auth_id, reserved;
  const uint8_t* auth_name;
  size_t auth_name_length;
  const uint8_t* auth_challenge;
  size_t auth_challenge_length;
  const uint8_t* auth_response;
  size_t auth_response_length;
  const uint8_t* initial_received_confreq; /* LCP options, without the header */
  size_t initial_received_confreq_length;
  const uint8_t* last_sent_confreq;
  size_t last_sent_confreq_length;
  const uint8_t* last_received_confreq;
  size_t last_received_confreq_length;
  /* ---- 1.0 ends here ---- */
} openl2tp_ppp_proxy;

/* What the daemon knows about a session when PPP is to start. Valid during the call; texts that are unknown have length
 * 0. */
typedef struct openl2tp_ppp_params {
  uint32_t struct_size;
  uint32_t flags;                 /* OPENL2TP_PPP_LNS...; other bits are zero */
  uint16_t tunnel_id, session_id; /* ours */
  uint16_t peer_tunnel_id, peer_session_id;
  uint32_t data_path;  /* the one that was chosen: OPENL2TP_DATA_PATH_* */
  int32_t session_fd;  /* kernel path: the connected PPPoL2TP socket; else -1. The daemon's: it closes it after close().
                        * Duplicate  it, or hand it to a child, to hold on to it */
  uint32_t trace_mask; /* of the session; session_trace_mask tells later ones */
  uint32_t mtu;        /* the largest IP packet that fits into one datagram towards the peer, 0: unknown */
  uint32_t reorder_timeout_ms;
  uint32_t framing_type, bearer_type; /* OPENL2TP_FRAMING_*, OPENL2TP_BEARER_* */
  uint32_t tx_bps, rx_bps;            /* connect speeds; 0: unknown */
  uint32_t call_serial_number;
  const char* peer_address; /* of the tunnel's peer, "192.0.2.1" or "2001:db8::1" */
  size_t peer_address_length;
  const char* local_address;
  size_t local_address_length;
  const char* peer_host_name; /* as the peer calls itself; any octets */
  size_t peer_host_name_length;
  const char* tunnel_name; /* the operator's */
  size_t tunnel_name_length;
  const char* session_name; /* the operator's */
  size_t session_name_length;
  const char* interface_name; /* that the operator wants for the interface */
  size_t interface_name_length;
  const char* user_name; /* to authenticate ourselves with */
  size_t user_name_length;
  const char* user_password; /* wipe your copies */
  size_t user_password_length;
  const char* calling_number;
  size_t calling_number_length;
  const char* called_number;
  size_t called_number_length;
  const char* sub_address;
  size_t sub_address_length;
  const char* private_group;
  size_t private_group_length;
  const openl2tp_ppp_profile* profile; /* never NULL */
  const openl2tp_ppp_proxy* proxy;     /* NULL: none */
  /* ---- 1.0 ends here ---- */
} openl2tp_ppp_params;

/* What a plugin counted of a session. Only what `given` names counts: the kernel's own numbers are read by the daemon.
 */
#define OPENL2TP_PPP_COUNTED_PACKETS 0x1u
#define OPENL2TP_PPP_COUNTED_IDLE 0x2u
typedef struct openl2tp_ppp_stats {
  uint32_t struct_size;
  uint32_t given; /* OPENL2TP_PPP_COUNTED_* */
  uint64_t received_packets, received_octets, received_errors;
  uint64_t sent_packets, sent_octets, sent_errors;
  uint64_t idle_ms; /* since user data last went either way */
  /* ---- 1.0 ends here ---- */
} openl2tp_ppp_stats;

/* One PPP frame from the peer, in the buffer that it was received in: valid during the call. Travels in arrays and
 * never grows. */
typedef struct openl2tp_frame_in {
  openl2tp_ppp* ppp;     /* what open stored */
  const uint8_t* octets; /* from the address field or, when the peer compressed it away, the protocol field on */
  uint32_t length;       /* 1 to 65,535 */
  uint32_t flags;        /* zero */
} openl2tp_frame_in;

/* The functions of a PPP provider. */
typedef struct openl2tp_ppp_ops {
  uint32_t struct_size;
  uint32_t data_path_count; /* 1 to 8 */
  /* OPENL2TP_DATA_PATH_* in order of preference; the daemon takes the first that it can offer */
  const uint32_t* data_paths;

  /* Whether the plugin takes the session: OPENL2TP_E_UNSUPPORTED leaves it to the next PPP provider of the daemon, in
   * the order of -p; anything else means yes. params as in open, with data_path the plugin's first choice and
   * session_fd -1. [shard] Optional. */
  openl2tp_status (*accept)(openl2tp_shard* shard, const openl2tp_ppp_params* params);

  /* Starts PPP on a session whose data path is ready. May finish later: return 0 now and report through ppp_up or
   * ppp_down with `token`. A session whose PPP is never reported up stays. `shard`: what shard_start made. On failure
   * nothing is stored in *out, close is not called, and the daemon clears the session (CDN result 4). Must not block.
   * [shard] Required. */
  openl2tp_status (*open)(openl2tp_ppp** out, openl2tp_shard* shard, openl2tp_session_token token,
                          const openl2tp_ppp_params* params);

  /* Stops PPP and frees `ppp`. The token is dead when this returns. result_code: that of the CDN, 0 when there was
   * none. Must not block. [shard] Required. */
  void (*close)(openl2tp_ppp* ppp, uint16_t result_code);

  /* The operator changed the session. Ignore what cannot change any more. [shard] Optional. */
  openl2tp_status (*modify)(openl2tp_ppp* ppp, const openl2tp_ppp_params* params);

  /* Adds what the plugin counted; `out` comes zeroed with struct_size set. Must be quick. [shard] Optional. */
  openl2tp_status (*stats)(openl2tp_ppp* ppp, openl2tp_ppp_stats* out);

  /* Frames of sessions of this shard, in the order of their arrival. A session that is closed from inside gets no more
   * of the batch: skip its frames. [shard] Required with OPENL2TP_DATA_PATH_FRAMES. */
  void (*frames)(openl2tp_shard* shard, const openl2tp_frame_in* frames, size_t count);

  /* As LAC: the LNS told the ACCMs (SLI). [shard] Optional. */
  void (*accm)(openl2tp_ppp* ppp, uint32_t send_accm, uint32_t receive_accm);

  /* ---- 1.0 ends here ---- */

  /* The data path that this session is to have, where that is not the plugin's first choice: one of data_paths, which
   * the daemon takes when it can offer it. params as in accept. Asked once a session, before open. [shard] Optional.
   * Since 1.1: an older daemon goes by data_paths alone. */
  uint32_t (*choose_data_path)(openl2tp_shard* shard, const openl2tp_ppp_params* params);

  /* ---- 1.1 ends here: append below; never reorder, never change a meaning ---- */
} openl2tp_ppp_ops;

#ifdef __cplusplus
}
#endif

#endif
