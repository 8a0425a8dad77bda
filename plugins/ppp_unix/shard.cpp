#include "plugins/ppp_unix/shard.hpp"

#include "plugins/ppp_unix/session.hpp"

namespace openl2tp::ppp_unix {

Shard::Shard(Host host, const Settings& settings, std::uint32_t index, std::uint32_t shards)
    : host_(host), settings_(settings), setups_(setups_of_shard(settings.setups_max, index, shards)),
      units_(index, shards) {}

void Shard::let_next_start() {
  // One that cannot start leaves its place and comes here again, from inside: the loop that runs goes on instead.
  if (starting_) return;
  starting_ = true;
  while (Session* session = setups_.next())
    session->take_turn();
  starting_ = false;
}

} // namespace openl2tp::ppp_unix
