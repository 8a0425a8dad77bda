// Throws when it is asked for the observer's extension.
#include <openl2tp/plugin.h>

#include <cstring>

OPENL2TP_PLUGIN_EXPORT const openl2tp_plugin_ops* openl2tp_plugin_entry(openl2tp_host*, const openl2tp_host_ops*) {
  static openl2tp_plugin_ops ops{};
  ops.struct_size = sizeof ops;
  ops.abi_major = OPENL2TP_ABI_MAJOR;
  ops.abi_minor = OPENL2TP_ABI_MINOR;
  ops.name = "throws_at_extension";
  ops.get_extension = [](const char* id) -> const void* {
    if (std::strcmp(id, OPENL2TP_EXTENSION_OBSERVER) == 0) throw 7;
    return nullptr;
  };
  return &ops;
}
