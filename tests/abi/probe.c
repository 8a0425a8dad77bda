/* A library whose functions take every struct of the SDK, for abidw to describe: headers alone have no symbols. */
#include <openl2tp/plugin.h>

#define PROBE(name)                                                                                                    \
  OPENL2TP_PLUGIN_EXPORT void probe_##name(const openl2tp_##name* it);                                                 \
  void probe_##name(const openl2tp_##name* it) { (void)it; }

PROBE(plugin_ops)
PROBE(host_ops)
PROBE(spawn_params)
PROBE(child_fd)
PROBE(frame_out)
PROBE(ppp_facts)
PROBE(ppp_ops)
PROBE(ppp_params)
PROBE(ppp_profile)
PROBE(ppp_proxy)
PROBE(ppp_stats)
PROBE(frame_in)
PROBE(observer_ops)
PROBE(tunnel_facts)
PROBE(session_facts)
PROBE(peer_facts)
PROBE(bearer_ops)
PROBE(bearer_params)
PROBE(policy_ops)
PROBE(tunnel_request)
PROBE(session_request)
PROBE(refusal)
PROBE(vendor_avp_ops)
PROBE(avp_in)
PROBE(message_facts)
