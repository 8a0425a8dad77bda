/* Says in the log why it cannot work, and refuses. */
#include <openl2tp/plugin.h>

const openl2tp_plugin_ops* openl2tp_plugin_entry(openl2tp_host* host, const openl2tp_host_ops* host_ops) {
  static const char reason[] = "no modem\nfound";
  host_ops->log(host, OPENL2TP_LOG_ERROR, reason, sizeof(reason) - 1);
  return NULL;
}
