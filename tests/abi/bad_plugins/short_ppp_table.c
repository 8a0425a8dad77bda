/* Claims a PPP table that ends before the last function of 1.0. */
#include <openl2tp/plugin.h>

#include <stddef.h>
#include <string.h>

static openl2tp_status ppp_open(openl2tp_ppp** out, openl2tp_shard* shard, openl2tp_session_token token,
                                const openl2tp_ppp_params* params) {
  (void)shard, (void)token, (void)params;
  *out = NULL;
  return OPENL2TP_OK;
}
static void ppp_close(openl2tp_ppp* ppp, uint16_t result_code) { (void)ppp, (void)result_code; }

static uint32_t data_paths[] = {OPENL2TP_DATA_PATH_NONE};
static openl2tp_ppp_ops ppp = {
    .struct_size = sizeof(ppp),
    .data_path_count = 1,
    .data_paths = data_paths,
    .open = ppp_open,
    .close = ppp_close,
};
static const void* get_extension(const char* id) { return strcmp(id, OPENL2TP_EXTENSION_PPP) == 0 ? &ppp : NULL; }

static openl2tp_plugin_ops ops = {
    .struct_size = sizeof(ops),
    .abi_major = OPENL2TP_ABI_MAJOR,
    .abi_minor = OPENL2TP_ABI_MINOR,
    .name = "short_ppp_table",
    .get_extension = get_extension,
};

const openl2tp_plugin_ops* openl2tp_plugin_entry(openl2tp_host* host, const openl2tp_host_ops* host_ops) {
  (void)host, (void)host_ops;
  ppp.struct_size = offsetof(openl2tp_ppp_ops, accm);
  return &ops;
}
