// The rows of all nouns, joined.
#include "tools/l2tpconfig/command_table.hpp"

#include "tools/l2tpconfig/commands.hpp"

namespace openl2tp::cli {

std::span<const Command> command_table() {
  static const std::vector<Command> table = [] {
    std::vector<Command> all;
    for (const auto rows :
         {general_commands(), server_commands(), system_commands(), tunnel_commands(), session_commands(),
          tunnel_profile_commands(), session_profile_commands(), ppp_profile_commands(), peer_profile_commands(),
          peer_commands(), user_commands(), config_commands(), debug_commands(), test_commands(), monitor_commands()}) {
      all.insert(all.end(), rows.begin(), rows.end());
    }
    return all;
  }();
  return table;
}

std::string name_of(const Command& command) {
  std::string name;
  for (const std::string_view word : command.words)
    name += (name.empty() ? "" : " ") + std::string(word);
  return name;
}

} // namespace openl2tp::cli
