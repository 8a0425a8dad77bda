/* SPDX-License-Identifier: MIT-0
 *
 * openl2tp/vendor_avp.h: the extension of a plugin that owns the AVPs of one vendor (RFC 2661 section 4.1): it adds
 * them to messages that we send and reads those of messages that arrive. Rules: openl2tp/types.h. Vendor AVPs that
 * nobody owns are ignored; with the M bit set they end the tunnel or session.
 */
#ifndef OPENL2TP_VENDOR_AVP_H
#define OPENL2TP_VENDOR_AVP_H

#include <openl2tp/types.h>

#ifdef __cplusplus
extern "C" {
#endif

#define OPENL2TP_EXTENSION_VENDOR_AVP "openl2tp.vendor-avp/1" /* get_extension returns an openl2tp_vendor_avp_ops */

/* Flags of an AVP. */
#define OPENL2TP_AVP_MANDATORY 0x1u
#define OPENL2TP_AVP_HIDDEN 0x2u

/* Message types (RFC 2661 section 3.2) that carry vendor AVPs here. */
#define OPENL2TP_MESSAGE_SCCRQ 1u
#define OPENL2TP_MESSAGE_SCCRP 2u
#define OPENL2TP_MESSAGE_SCCCN 3u
#define OPENL2TP_MESSAGE_STOPCCN 4u
#define OPENL2TP_MESSAGE_OCRQ 7u
#define OPENL2TP_MESSAGE_OCRP 8u
#define OPENL2TP_MESSAGE_OCCN 9u
#define OPENL2TP_MESSAGE_ICRQ 10u
#define OPENL2TP_MESSAGE_ICRP 11u
#define OPENL2TP_MESSAGE_ICCN 12u
#define OPENL2TP_MESSAGE_CDN 14u

/* One AVP of a received message, unhidden. Travels in arrays and never grows. */
typedef struct openl2tp_avp_in {
  const uint8_t* value;
  uint32_t length;
  uint32_t flags; /* OPENL2TP_AVP_* as it came */
  uint16_t attribute;
  uint16_t reserved[3];
} openl2tp_avp_in;

/* The message in question. Ids of ours are 0 where they are not given out yet (an SCCRQ, ICRQ or OCRQ that is being
 * judged). */
typedef struct openl2tp_message_facts {
  uint32_t struct_size;
  uint16_t message_type; /* OPENL2TP_MESSAGE_* */
  uint16_t reserved;
  uint16_t tunnel_id, session_id;
  uint16_t peer_tunnel_id, peer_session_id;
  /* ---- 1.0 ends here ---- */
} openl2tp_message_facts;

typedef struct openl2tp_vendor_avp_ops {
  uint32_t struct_size;
  uint16_t vendor_id; /* not 0; one owner a daemon */
  uint16_t reserved;
  /* Whether the plugin understands the attribute: a mandatory one that it does not ends the tunnel or session. Asked
   * while a message is decoded; a pure function. [shard] Required. */
  uint32_t (*understands)(uint16_t attribute);
  /* Adds AVPs to a message that is about to be sent, with avp_add. A retransmission has the same. [shard] Optional. */
  void (*add)(openl2tp_shard* shard, const openl2tp_message_facts* message, openl2tp_avp_writer* writer);
  /* The vendor's AVPs of a received message that was accepted, in their order; at most 16 of a message. [shard]
   * Optional. */
  void (*read)(openl2tp_shard* shard, const openl2tp_message_facts* message, const openl2tp_avp_in* avps, size_t count);
  /* ---- 1.0 ends here ---- */
} openl2tp_vendor_avp_ops;

#ifdef __cplusplus
}
#endif

#endif
