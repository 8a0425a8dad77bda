/* SPDX-License-Identifier: Apache-2.0
 *
 * The plugin that runs inside pppd 2.4.9: it takes user name and password from the daemon, and tells it what PPP agreed
 * on. What pppd does is left alone: the session's socket is the business of pppd's own pppol2tp.so. The messages are in
 * report.h.
 *
 * Option: openl2tpd_fd N, the descriptor of pppd's end of the socket pair.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>

/* pppd was built with IPv6; without the macro its headers hide that. */
#define INET6 1
#include <pppd/pppd.h>

#include <pppd/fsm.h>
#include <pppd/ipcp.h>
#include <pppd/ipv6cp.h>
#include <pppd/lcp.h>

#include "plugins/ppp_unix/report.h"

#define EXPORT __attribute__((visibility("default")))

/* pppd refuses a plugin that was built for another version: the structures below are its own. */
EXPORT char pppd_version[] = VERSION;
EXPORT void plugin_init(void);

static int report_fd = -1;

_Static_assert(sizeof(user) == sizeof(((openl2tp_pppd_credentials*)0)->user), "pppd's user name has another size");
_Static_assert(sizeof(passwd) == sizeof(((openl2tp_pppd_credentials*)0)->password), "pppd's password has another size");

static void wipe(void* memory, size_t length) {
  volatile unsigned char* octet = memory;
  while (length-- > 0)
    *octet++ = 0;
}

static int take_credentials(void) {
  openl2tp_pppd_credentials message;
  const ssize_t length = recv(report_fd, &message, sizeof(message), MSG_DONTWAIT | MSG_TRUNC);
  int taken = 0;
  if (length != (ssize_t)sizeof(message) || message.header.magic != OPENL2TP_PPPD_MAGIC ||
      message.header.version != OPENL2TP_PPPD_VERSION || message.header.type != OPENL2TP_PPPD_CREDENTIALS ||
      !memchr(message.user, 0, sizeof(message.user)) || !memchr(message.password, 0, sizeof(message.password))) {
    option_error("openl2tpd_fd: the daemon's message is not what this plugin was built for");
  } else {
    /* Where pppd keeps what its options `user' and `password' say. */
    if (message.user[0]) strlcpy(user, message.user, sizeof(user));
    if (message.password[0]) strlcpy(passwd, message.password, sizeof(passwd));
    taken = 1;
  }
  wipe(&message, sizeof(message));
  return taken;
}

static int take_fd(char** arguments) {
  if (!int_option(*arguments, &report_fd)) return 0;
  int type = 0;
  socklen_t length = sizeof(type);
  if (getsockopt(report_fd, SOL_SOCKET, SO_TYPE, &type, &length) < 0 || type != SOCK_SEQPACKET) {
    option_error("openl2tpd_fd: descriptor %d is not the daemon's socket", report_fd);
    return 0;
  }
  /* The scripts that pppd runs have no business with them; one that stays would keep the session's socket open. */
  (void)fcntl(report_fd, F_SETFD, FD_CLOEXEC);
  (void)fcntl(OPENL2TP_PPPD_SESSION_FD, F_SETFD, FD_CLOEXEC);
  if (!take_credentials()) return 0;
  /* When the other end closes, the session or the daemon is gone: pppd ends as it does when it is told to. */
  (void)fcntl(report_fd, F_SETOWN, getpid());
  (void)fcntl(report_fd, F_SETSIG, SIGTERM);
  (void)fcntl(report_fd, F_SETFL, fcntl(report_fd, F_GETFL) | O_ASYNC | O_NONBLOCK);
  return 1;
}

static option_t options[] = {
    {"openl2tpd_fd", o_special, (void*)take_fd, "The socket of openl2tpd", OPT_PRIV, NULL, 0, 0, NULL, 0, 0},
    {NULL, 0, NULL, NULL, 0, NULL, 0, 0, NULL, 0, 0},
};

/* How the peer proved itself to us, or else we to the peer. */
static uint32_t auth_method(int done, const char** name) {
  static const struct {
    int bits;
    uint32_t method;
  } peer[] = {{EAP_PEER, OPENL2TP_PPPD_AUTH_EAP},
              {CHAP_MS2_PEER, OPENL2TP_PPPD_AUTH_MSCHAPV2},
              {CHAP_MS_PEER, OPENL2TP_PPPD_AUTH_MSCHAP},
              {CHAP_MD5_PEER, OPENL2TP_PPPD_AUTH_CHAP},
              {PAP_PEER, OPENL2TP_PPPD_AUTH_PAP}},
    with_peer[] = {{EAP_WITHPEER, OPENL2TP_PPPD_AUTH_EAP},
                   {CHAP_MS2_WITHPEER, OPENL2TP_PPPD_AUTH_MSCHAPV2},
                   {CHAP_MS_WITHPEER, OPENL2TP_PPPD_AUTH_MSCHAP},
                   {CHAP_MD5_WITHPEER, OPENL2TP_PPPD_AUTH_CHAP},
                   {PAP_WITHPEER, OPENL2TP_PPPD_AUTH_PAP}};
  for (size_t i = 0; i < sizeof(peer) / sizeof(peer[0]); i++)
    if (done & peer[i].bits) {
      *name = peer_authname;
      return peer[i].method;
    }
  for (size_t i = 0; i < sizeof(with_peer) / sizeof(with_peer[0]); i++)
    if (done & with_peer[i].bits) {
      *name = user;
      return with_peer[i].method;
    }
  *name = peer_authname; /* a plugin such as radius.so may know the peer by other means */
  return OPENL2TP_PPPD_AUTH_NONE;
}

static uint16_t packet_size(int size) { return size > 0 && size <= UINT16_MAX ? (uint16_t)size : 0; }

static void put_link(openl2tp_pppd_report* report) {
  const lcp_options *got = &lcp_gotoptions[0], *his = &lcp_hisoptions[0];
  if (got->neg_asyncmap || his->neg_asyncmap) {
    report->given |= OPENL2TP_PPPD_GIVEN_ACCM;
    report->send_accm = his->neg_asyncmap ? his->asyncmap : UINT32_MAX;
    report->receive_accm = got->neg_asyncmap ? got->asyncmap : UINT32_MAX;
  }
  report->mru = packet_size(got->neg_mru ? got->mru : DEFMRU);
  if (ifunit >= 0) {
    report->given |= OPENL2TP_PPPD_GIVEN_INTERFACE;
    report->unit = (uint32_t)ifunit;
    strlcpy(report->interface_name, ifname, sizeof(report->interface_name));
    report->mtu = packet_size(netif_get_mtu(0));
    if (report->mtu != 0 && report->mru != 0) report->given |= OPENL2TP_PPPD_GIVEN_MTU;
  }
  const char* name = NULL;
  report->auth_method = auth_method(auth_done[0], &name);
  if (report->auth_method != OPENL2TP_PPPD_AUTH_NONE) report->given |= OPENL2TP_PPPD_GIVEN_AUTH;
  if (name[0]) {
    report->given |= OPENL2TP_PPPD_GIVEN_USER;
    strlcpy(report->user, name, sizeof(report->user));
  }
}

static void put_addresses(openl2tp_pppd_report* report) {
  if (ipcp_fsm[0].state == OPENED) {
    report->given |= OPENL2TP_PPPD_GIVEN_IPV4;
    memcpy(report->local_ipv4, &ipcp_gotoptions[0].ouraddr, sizeof(report->local_ipv4));
    memcpy(report->peer_ipv4, &ipcp_hisoptions[0].hisaddr, sizeof(report->peer_ipv4));
  }
  if (ipv6cp_fsm[0].state == OPENED) {
    report->given |= OPENL2TP_PPPD_GIVEN_IPV6;
    memcpy(report->local_ipv6, &ipv6cp_gotoptions[0].ourid, sizeof(report->local_ipv6));
    memcpy(report->peer_ipv6, &ipv6cp_hisoptions[0].hisid, sizeof(report->peer_ipv6));
  }
}

static void tell(uint16_t type) {
  openl2tp_pppd_report report;
  if (report_fd < 0) return;
  memset(&report, 0, sizeof(report));
  report.header = (openl2tp_pppd_header){OPENL2TP_PPPD_MAGIC, OPENL2TP_PPPD_VERSION, type};
  report.process = (uint32_t)getpid();
  put_link(&report);
  put_addresses(&report);
  /* Broken pipe: the daemon has closed its end, and pppd is being told to end. */
  if (send(report_fd, &report, sizeof(report), MSG_NOSIGNAL | MSG_DONTWAIT) != (ssize_t)sizeof(report) &&
      errno != EPIPE)
    warn("openl2tpd was not told: %m");
}

static void phase_changed(void* unused, int new_phase_number) {
  (void)unused;
  /* LCP is open; pppd passes through this phase even when nobody authenticates. */
  if (new_phase_number == PHASE_AUTHENTICATE) tell(OPENL2TP_PPPD_LINK_UP);
}

static void network_changed(void* type, int unused) {
  (void)unused;
  tell(*(const uint16_t*)type);
}

void plugin_init(void) {
  static uint16_t ipv4_up = OPENL2TP_PPPD_IPV4_UP, ipv4_down = OPENL2TP_PPPD_IPV4_DOWN;
  static uint16_t ipv6_up = OPENL2TP_PPPD_IPV6_UP, ipv6_down = OPENL2TP_PPPD_IPV6_DOWN;
  add_options(options);
  add_notifier(&phasechange, phase_changed, NULL);
  add_notifier(&ip_up_notifier, network_changed, &ipv4_up);
  add_notifier(&ip_down_notifier, network_changed, &ipv4_down);
  add_notifier(&ipv6_up_notifier, network_changed, &ipv6_up);
  add_notifier(&ipv6_down_notifier, network_changed, &ipv6_down);
}
