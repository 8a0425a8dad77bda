/* SPDX-License-Identifier: MIT-0
 *
 * ppp_null: accepts every session and runs no PPP on it. For a daemon that is a control plane only, and for tests.
 */
#include <openl2tp/plugin.h>

static openl2tp_status ppp_open(openl2tp_ppp **out, openl2tp_shard *shard, openl2tp_ppp_token token,
                                const openl2tp_ppp_params *params) {
  (void)shard;
  (void)token;
  (void)params;
  *out = NULL; /* nothing to remember */
  return OPENL2TP_OK;
}

static void ppp_close(openl2tp_ppp *ppp, uint16_t result_code) {
  (void)ppp;
  (void)result_code;
}

static const openl2tp_plugin_ops ops = {
    .struct_size = sizeof(ops),
    .abi_major = OPENL2TP_ABI_MAJOR,
    .abi_minor = OPENL2TP_ABI_MINOR,
    .name = "ppp_null",
    .version = "1.0",
    .provides = OPENL2TP_PROVIDES_PPP,
    .data_path = OPENL2TP_DATA_PATH_NONE,
    .ppp_open = ppp_open,
    .ppp_close = ppp_close,
};

const openl2tp_plugin_ops *openl2tp_plugin_entry(openl2tp_host *host, const openl2tp_host_ops *host_ops) {
  (void)host;
  (void)host_ops;
  return &ops;
}
