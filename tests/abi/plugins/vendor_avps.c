/* Owns the AVPs of vendor 9999 and understands attributes 1 to 9. Logs what it reads and what avp_add answered.
 * Adds attribute 1, optional, to every message: "type " and the message's. Beside it, by our session id, or our
 * tunnel id where the message has no session:
 *   2  attribute 2, mandatory             77  attribute 77, mandatory, which nobody understands
 *   4  attribute 4, mandatory and hidden  78  attribute 78, optional, which nobody understands
 *   6  as many of 900 octets as fit        8  values, flags and a vector that are not allowed
 */
#include "frame.h"

static openl2tp_status put(openl2tp_avp_writer* writer, uint16_t attribute, uint32_t flags, const char* text) {
  return the_ops->avp_add(writer, attribute, flags, text, strlen(text));
}

static uint32_t understands(uint16_t attribute) { return attribute >= 1 && attribute <= 9; }

static void add(openl2tp_shard* shard, const openl2tp_message_facts* message, openl2tp_avp_writer* writer) {
  (void)shard;
  char text[32];
  snprintf(text, sizeof(text), "type %u", message->message_type);
  const openl2tp_status first = put(writer, 1, 0, text);
  if (first != OPENL2TP_OK) say("attribute 1 %d", first);
  const int of_session = message->message_type >= OPENL2TP_MESSAGE_OCRQ;
  switch (of_session ? message->session_id : message->tunnel_id) {
  case 2: say("mandatory %d", put(writer, 2, OPENL2TP_AVP_MANDATORY, "two")); break;
  case 4: say("hidden %d", put(writer, 4, OPENL2TP_AVP_MANDATORY | OPENL2TP_AVP_HIDDEN, "four")); break;
  case 77: say("unknown %d", put(writer, 77, OPENL2TP_AVP_MANDATORY, "?")); break;
  case 78: say("optional %d", put(writer, 78, 0, "!")); break;
  case 6: {
    static const char large[900];
    unsigned taken = 0;
    openl2tp_status status = OPENL2TP_OK;
    while (taken < 100 && status == OPENL2TP_OK) {
      status = the_ops->avp_add(writer, 6, 0, large, sizeof(large));
      taken += status == OPENL2TP_OK;
    }
    say("taken %u then %d", taken, status);
    break;
  }
  case 8: {
    static const char large[1018];
    say("too long %d", the_ops->avp_add(writer, 8, 0, large, sizeof(large)));
    say("strange flag %d", the_ops->avp_add(writer, 8, 0x4, "x", 1));
    say("no value %d", the_ops->avp_add(writer, 8, 0, NULL, 1));
    break;
  }
  default: break;
  }
}

static void read_avps(openl2tp_shard* shard, const openl2tp_message_facts* message, const openl2tp_avp_in* avps,
                      size_t count) {
  (void)shard;
  for (size_t i = 0; i < count; ++i)
    say("read type %u tunnel %u/%u session %u/%u avp %zu of %zu attribute %u flags %u value '%.*s'",
        message->message_type, message->tunnel_id, message->peer_tunnel_id, message->session_id,
        message->peer_session_id, i + 1, count, avps[i].attribute, avps[i].flags,
        (int)(avps[i].length < 32 ? avps[i].length : 32), (const char*)avps[i].value);
}

static const openl2tp_vendor_avp_ops vendor_avp_ops = {
    .struct_size = sizeof(vendor_avp_ops),
    .vendor_id = 9999,
    .understands = understands,
    .add = add,
    .read = read_avps,
};
TEST_PLUGIN_OFFERS(OPENL2TP_EXTENSION_VENDOR_AVP, vendor_avp_ops)

TEST_PLUGIN("vendor_avps", )
