/* A shared object that is no plugin. */
__attribute__((visibility("default"))) int openl2tp_something_else(void);
int openl2tp_something_else(void) { return 0; }
