/* SPDX-License-Identifier: Apache-2.0
 *
 * What the plugin inside pppd and ppp_unix say to each other, over a pair of connected SOCK_SEQPACKET sockets that pppd
 * inherits: one struct a message, in the byte order of the machine, always of its full size. The daemon says
 * openl2tp_pppd_credentials once, before pppd starts; pppd says openl2tp_pppd_report. Both are built from one tree, so
 * the version is there to refuse, not to adapt. C99, for both.
 */
#ifndef OPENL2TP_PPP_UNIX_REPORT_H
#define OPENL2TP_PPP_UNIX_REPORT_H

#include <stdint.h>

#define OPENL2TP_PPPD_MAGIC UINT32_C(0x6c327070)
#define OPENL2TP_PPPD_VERSION 1

/* Descriptors of pppd: its end of the pair, and the session's PPPoL2TP socket. */
#define OPENL2TP_PPPD_REPORT_FD 3
#define OPENL2TP_PPPD_SESSION_FD 4

/* openl2tp_pppd_header.type */
#define OPENL2TP_PPPD_CREDENTIALS 1 /* to pppd; the others from it */
#define OPENL2TP_PPPD_LINK_UP 2     /* LCP has agreed: MRU and ACCMs */
#define OPENL2TP_PPPD_IPV4_UP 3
#define OPENL2TP_PPPD_IPV4_DOWN 4
#define OPENL2TP_PPPD_IPV6_UP 5
#define OPENL2TP_PPPD_IPV6_DOWN 6

typedef struct openl2tp_pppd_header {
  uint32_t magic;
  uint16_t version, type;
} openl2tp_pppd_header;

/* Who we are towards the peer. Either text may be empty; pppd then looks into its own files. Each ends with NUL inside
 * its array. */
typedef struct openl2tp_pppd_credentials {
  openl2tp_pppd_header header;
  char user[256], password[256];
} openl2tp_pppd_credentials;

/* openl2tp_pppd_report.given: what is known so far */
#define OPENL2TP_PPPD_GIVEN_INTERFACE 0x01u /* interface_name and unit */
#define OPENL2TP_PPPD_GIVEN_USER 0x02u
#define OPENL2TP_PPPD_GIVEN_AUTH 0x04u
#define OPENL2TP_PPPD_GIVEN_MTU 0x08u
#define OPENL2TP_PPPD_GIVEN_ACCM 0x10u
#define OPENL2TP_PPPD_GIVEN_IPV4 0x20u
#define OPENL2TP_PPPD_GIVEN_IPV6 0x40u
#define OPENL2TP_PPPD_GIVEN_ALL 0x7fu

/* openl2tp_pppd_report.auth_method */
#define OPENL2TP_PPPD_AUTH_NONE 0
#define OPENL2TP_PPPD_AUTH_PAP 1
#define OPENL2TP_PPPD_AUTH_CHAP 2
#define OPENL2TP_PPPD_AUTH_MSCHAP 3
#define OPENL2TP_PPPD_AUTH_MSCHAPV2 4
#define OPENL2TP_PPPD_AUTH_EAP 5

typedef struct openl2tp_pppd_report {
  openl2tp_pppd_header header;
  uint32_t given; /* OPENL2TP_PPPD_GIVEN_*; what is not given is zero */
  uint32_t process, unit;
  uint32_t send_accm, receive_accm;
  uint16_t mtu, mru;
  uint32_t auth_method;
  uint8_t local_ipv4[4], peer_ipv4[4]; /* network order */
  uint8_t local_ipv6[8], peer_ipv6[8]; /* interface identifiers */
  char interface_name[16], user[256];  /* each ends with NUL inside its array */
} openl2tp_pppd_report;

#endif
