/* Speaks a version of the interface that does not exist yet. */
#include <openl2tp/plugin.h>

static openl2tp_status ppp_open(openl2tp_ppp **out, openl2tp_shard *shard, openl2tp_ppp_token token,
                                const openl2tp_ppp_params *params) {
  (void)shard, (void)token, (void)params;
  *out = NULL;
  return OPENL2TP_OK;
}
static void ppp_close(openl2tp_ppp *ppp, uint16_t result_code) { (void)ppp, (void)result_code; }

static openl2tp_plugin_ops ops = {
    .struct_size = sizeof(ops),
    .abi_major = OPENL2TP_ABI_MAJOR,
    .abi_minor = OPENL2TP_ABI_MINOR,
    .name = "wrong_major",
    .provides = OPENL2TP_PROVIDES_PPP,
    .ppp_open = ppp_open,
    .ppp_close = ppp_close,
};

const openl2tp_plugin_ops *openl2tp_plugin_entry(openl2tp_host *host, const openl2tp_host_ops *host_ops) {
  (void)host, (void)host_ops;
  ops.abi_major = OPENL2TP_ABI_MAJOR + 1;
  return &ops;
}
