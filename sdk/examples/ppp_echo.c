/* SPDX-License-Identifier: MIT-0
 *
 * ppp_echo: a PPP end that needs no kernel: it brings up LCP and IPCP without authentication, is 192.0.2.1 to every
 * peer, and answers pings. An afternoon's worth of PPP, to show the frames data path. It says everything again when the
 * peer does; a real one keeps timers, counts its retries and authenticates.
 */
#include <openl2tp/plugin.h>

#include <stdlib.h>
#include <string.h>

enum { LCP = 0xc021, IPCP = 0x8021, IPV4 = 0x0021, FRAME_MAX = 1504 };
enum {
  CONF_REQ = 1,
  CONF_ACK = 2,
  CONF_NAK = 3,
  CONF_REJ = 4,
  TERM_REQ = 5,
  TERM_ACK = 6,
  CODE_REJ = 7,
  PROTO_REJ = 8,
  ECHO_REQ = 9,
  ECHO_REP = 10
};

static const uint8_t our_address[4] = {192, 0, 2, 1}, peer_address[4] = {192, 0, 2, 2};

struct openl2tp_ppp {
  openl2tp_session_token token;
  uint8_t lcp_opened, ipcp_sent_ack, ipcp_got_ack, reported;
};

static openl2tp_host* host;
static const openl2tp_host_ops* host_ops;

static uint16_t get16(const uint8_t* at) { return (uint16_t)(at[0] << 8 | at[1]); }
static void put16(uint8_t* at, unsigned value) {
  at[0] = (uint8_t)(value >> 8);
  at[1] = (uint8_t)value;
}

static void send_frame(const openl2tp_ppp* ppp, const uint8_t* octets, size_t length) {
  const openl2tp_frame_out frame = {.token = ppp->token, .octets = octets, .length = (uint32_t)length, .flags = 0};
  host_ops->ppp_send(host, &frame, 1);
}

/* One control packet, with address and control in front. */
static void send_control(const openl2tp_ppp* ppp, unsigned protocol, uint8_t code, uint8_t id, const uint8_t* body,
                         size_t length) {
  uint8_t frame[FRAME_MAX] = {0xff, 0x03};
  if (length > sizeof(frame) - 8) length = sizeof(frame) - 8;
  put16(frame + 2, protocol);
  frame[4] = code;
  frame[5] = id;
  put16(frame + 6, (unsigned)(4 + length));
  if (length != 0) memcpy(frame + 8, body, length);
  send_frame(ppp, frame, 8 + length);
}

static void ask_ipcp(openl2tp_ppp* ppp) {
  uint8_t option[6] = {3, 6};
  memcpy(option + 2, our_address, 4);
  send_control(ppp, IPCP, CONF_REQ, 1, option, sizeof(option));
}

static void report_up(openl2tp_ppp* ppp) {
  openl2tp_ppp_facts facts = {.struct_size = sizeof(facts), .given = OPENL2TP_PPP_KNOWN_IPV4};
  if (ppp->reported || !ppp->ipcp_sent_ack || !ppp->ipcp_got_ack) return;
  memcpy(facts.local_ipv4, our_address, 4);
  memcpy(facts.peer_ipv4, peer_address, 4);
  ppp->reported = 1;
  host_ops->ppp_up(host, ppp->token, &facts);
}

/* LCP: whatever the peer asks is fine, but authenticating us (option 3), which is rejected. */
static void lcp(openl2tp_ppp* ppp, uint8_t code, uint8_t id, const uint8_t* body, size_t length) {
  uint8_t rejected[256];
  size_t out = 0, at;
  switch (code) {
  case CONF_REQ:
    ppp->ipcp_sent_ack = ppp->ipcp_got_ack = 0; /* the peer begins anew: so does all above LCP */
    for (at = 0; at + 2 <= length && body[at + 1] >= 2 && at + body[at + 1] <= length; at += body[at + 1])
      if (body[at] == 3 && out + body[at + 1] <= sizeof(rejected)) {
        memcpy(rejected + out, body + at, body[at + 1]);
        out += body[at + 1];
      }
    if (out != 0) {
      send_control(ppp, LCP, CONF_REJ, id, rejected, out);
      break;
    }
    send_control(ppp, LCP, CONF_ACK, id, body, length);
    if (!ppp->lcp_opened) send_control(ppp, LCP, CONF_REQ, 1, NULL, 0);
    break;
  case CONF_ACK: ppp->lcp_opened = 1; break;
  case ECHO_REQ: {
    uint8_t answer[FRAME_MAX];
    if (length < 4 || length > sizeof(answer)) break;
    memcpy(answer, body, length);
    memset(answer, 0, 4); /* we have no magic number */
    send_control(ppp, LCP, ECHO_REP, id, answer, length);
    break;
  }
  case TERM_REQ:
    send_control(ppp, LCP, TERM_ACK, id, NULL, 0);
    host_ops->ppp_down(host, ppp->token, 3, 0, "the peer ended PPP", 18);
    break;
  default: break;
  }
}

/* IPCP: the peer gets 192.0.2.2 and nothing else. */
static void ipcp(openl2tp_ppp* ppp, uint8_t code, uint8_t id, const uint8_t* body, size_t length) {
  uint8_t rejected[256], wanted[6] = {3, 6};
  size_t out = 0, at;
  int address_is_right = 0;
  switch (code) {
  case CONF_REQ:
    if (!ppp->ipcp_got_ack) ask_ipcp(ppp);
    for (at = 0; at + 2 <= length && body[at + 1] >= 2 && at + body[at + 1] <= length; at += body[at + 1])
      if (body[at] == 3 && body[at + 1] == 6) {
        address_is_right = memcmp(body + at + 2, peer_address, 4) == 0;
      } else if (out + body[at + 1] <= sizeof(rejected)) {
        memcpy(rejected + out, body + at, body[at + 1]);
        out += body[at + 1];
      }
    memcpy(wanted + 2, peer_address, 4);
    if (out != 0) {
      send_control(ppp, IPCP, CONF_REJ, id, rejected, out);
    } else if (!address_is_right) {
      send_control(ppp, IPCP, CONF_NAK, id, wanted, sizeof(wanted));
    } else {
      send_control(ppp, IPCP, CONF_ACK, id, body, length);
      ppp->ipcp_sent_ack = 1;
      report_up(ppp);
    }
    break;
  case CONF_ACK:
    ppp->ipcp_got_ack = 1;
    report_up(ppp);
    break;
  case CONF_NAK:
  case CONF_REJ: ask_ipcp(ppp); break; /* there is no other address here */
  case TERM_REQ: send_control(ppp, IPCP, TERM_ACK, id, NULL, 0); break;
  default: break;
  }
}

static uint16_t checksum(const uint8_t* octets, size_t length) {
  uint32_t sum = 0;
  for (size_t i = 0; i + 1 < length; i += 2)
    sum += get16(octets + i);
  if (length % 2 != 0) sum += (uint32_t)octets[length - 1] << 8;
  while (sum >> 16 != 0)
    sum = (sum & 0xffff) + (sum >> 16);
  return (uint16_t)~sum;
}

/* Answers an ICMP echo request to our address. */
static void ipv4(const openl2tp_ppp* ppp, const uint8_t* packet, size_t length) {
  uint8_t frame[FRAME_MAX] = {0xff, 0x03};
  uint8_t* ip = frame + 4;
  if (length < 28 || length > sizeof(frame) - 4 || packet[0] != 0x45 || packet[9] != 1 || packet[20] != 8) return;
  if (memcmp(packet + 16, our_address, 4) != 0 || get16(packet + 2) > length || get16(packet + 2) < 28) return;
  length = get16(packet + 2);
  put16(frame + 2, IPV4);
  memcpy(ip, packet, length);
  memcpy(ip + 12, packet + 16, 4);
  memcpy(ip + 16, packet + 12, 4);
  ip[20] = 0;
  put16(ip + 10, 0);
  put16(ip + 10, checksum(ip, 20));
  put16(ip + 22, 0);
  put16(ip + 22, checksum(ip + 20, length - 20));
  send_frame(ppp, frame, 4 + length);
}

static void take(openl2tp_ppp* ppp, const uint8_t* octets, size_t length) {
  unsigned protocol;
  if (length >= 2 && octets[0] == 0xff && octets[1] == 0x03) octets += 2, length -= 2;
  if (length < 1) return;
  if ((octets[0] & 1) != 0) {
    protocol = octets[0]; /* protocol field compression */
    octets += 1, length -= 1;
  } else {
    if (length < 2) return;
    protocol = get16(octets);
    octets += 2, length -= 2;
  }
  if (protocol == IPV4) {
    ipv4(ppp, octets, length);
  } else if (protocol == LCP || protocol == IPCP) {
    if (length < 4 || get16(octets + 2) < 4 || get16(octets + 2) > length) return;
    (protocol == LCP ? lcp : ipcp)(ppp, octets[0], octets[1], octets + 4, (size_t)get16(octets + 2) - 4);
  } else if (length <= 256) {
    uint8_t rejected[258];
    put16(rejected, protocol);
    memcpy(rejected + 2, octets, length);
    send_control(ppp, LCP, PROTO_REJ, 1, rejected, 2 + length);
  }
}

static openl2tp_status ppp_open(openl2tp_ppp** out, openl2tp_shard* shard, openl2tp_session_token token,
                                const openl2tp_ppp_params* params) {
  (void)shard, (void)params;
  *out = calloc(1, sizeof(**out));
  if (*out == NULL) return OPENL2TP_E_NO_MEMORY;
  (*out)->token = token;
  send_control(*out, LCP, CONF_REQ, 1, NULL, 0);
  return OPENL2TP_OK;
}

static void ppp_close(openl2tp_ppp* ppp, uint16_t result_code) {
  (void)result_code;
  free(ppp);
}

static void ppp_frames(openl2tp_shard* shard, const openl2tp_frame_in* frames, size_t count) {
  (void)shard;
  for (size_t i = 0; i < count; ++i)
    take(frames[i].ppp, frames[i].octets, frames[i].length);
}

static const uint32_t data_paths[] = {OPENL2TP_DATA_PATH_FRAMES};
static const openl2tp_ppp_ops ppp = {
    .struct_size = sizeof(ppp),
    .data_path_count = 1,
    .data_paths = data_paths,
    .open = ppp_open,
    .close = ppp_close,
    .frames = ppp_frames,
};

static const void* get_extension(const char* id) { return strcmp(id, OPENL2TP_EXTENSION_PPP) == 0 ? &ppp : NULL; }

static const openl2tp_plugin_ops ops = {
    .struct_size = sizeof(ops),
    .abi_major = OPENL2TP_ABI_MAJOR,
    .abi_minor = OPENL2TP_ABI_MINOR,
    .name = "ppp_echo",
    .version = "1.0",
    .get_extension = get_extension,
};

const openl2tp_plugin_ops* openl2tp_plugin_entry(openl2tp_host* the_host, const openl2tp_host_ops* the_ops) {
  host = the_host;
  host_ops = the_ops;
  return &ops;
}
