// Its entry point throws.
#include <openl2tp/plugin.h>

#include <stdexcept>

OPENL2TP_PLUGIN_EXPORT const openl2tp_plugin_ops* openl2tp_plugin_entry(openl2tp_host*, const openl2tp_host_ops*) {
  throw std::runtime_error("no licence");
}
