/* Takes the name of another plugin. */
#include <openl2tp/plugin.h>

static const void* get_extension(const char* id) { return (void)id, NULL; }

static openl2tp_plugin_ops ops = {
    .struct_size = sizeof(ops),
    .abi_major = OPENL2TP_ABI_MAJOR,
    .abi_minor = OPENL2TP_ABI_MINOR,
    .name = "ppp_null",
    .get_extension = get_extension,
};

const openl2tp_plugin_ops* openl2tp_plugin_entry(openl2tp_host* host, const openl2tp_host_ops* host_ops) {
  (void)host, (void)host_ops;
  return &ops;
}
