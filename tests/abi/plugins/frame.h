/* How the plugins of the tests begin and end: what the daemon gave them, a line for its log, the entry point. */
#ifndef OPENL2TP_TEST_FRAME_H
#define OPENL2TP_TEST_FRAME_H

#include <openl2tp/plugin.h>

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static openl2tp_host* the_host;
static const openl2tp_host_ops* the_ops;

__attribute__((format(printf, 1, 2), unused)) static void say(const char* format, ...) {
  char line[512];
  va_list words;
  va_start(words, format);
  const int length = vsnprintf(line, sizeof(line), format, words);
  va_end(words);
  the_ops->log(the_host, OPENL2TP_LOG_INFO, line, (size_t)length < sizeof(line) ? (size_t)length : sizeof(line) - 1);
}

/* get_extension for a plugin with one extension. */
#define TEST_PLUGIN_OFFERS(extension, table)                                                                           \
  static const void* get_extension(const char* id) { return strcmp(id, extension) == 0 ? &(table) : NULL; }

/* The entry point. `...`: further members of the plugin's table. */
#define TEST_PLUGIN(plugin_name, ...)                                                                                  \
  static const openl2tp_plugin_ops ops = {.struct_size = sizeof(ops),                                                  \
                                          .abi_major = OPENL2TP_ABI_MAJOR,                                             \
                                          .abi_minor = OPENL2TP_ABI_MINOR,                                             \
                                          .name = plugin_name,                                                         \
                                          .get_extension = get_extension,                                              \
                                          __VA_ARGS__};                                                                \
  const openl2tp_plugin_ops* openl2tp_plugin_entry(openl2tp_host* host, const openl2tp_host_ops* host_ops) {           \
    the_host = host;                                                                                                   \
    the_ops = host_ops;                                                                                                \
    return &ops;                                                                                                       \
  }

#endif
