// The plugin ppp_kernel: PPP in the daemon. Here is its entry point; what it does is in session.hpp and shard.hpp.
#include <openl2tp/plugin.hpp>

#include "plugins/ppp_kernel/session.hpp"
#include "plugins/ppp_kernel/shard.hpp"

using openl2tp::ppp_kernel::Session;
using openl2tp::ppp_kernel::Shard;

OPENL2TP_PLUGIN("ppp_kernel", "1.0", Shard, openl2tp::Ppp<Shard, Session>)
