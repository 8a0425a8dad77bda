// user list.
#include "tools/l2tpconfig/json.hpp"
#include "tools/l2tpconfig/output.hpp"

namespace openl2tp::cli {
namespace {

Status list(Context& context, const Arguments&) {
  const auto found = context.stub.call<l2tp_api_user_list_msg_data>(L2TP_USER_LIST, rpc::Nothing{});
  if (!found) return unanswered(context, found.error());
  if ((*found)->result < 0) return refused(context, "list", (*found)->result);
  JsonList json(context);
  bool headed = false;
  const auto& users = (*found)->users;
  for (u_int i = 0; i < users.count && !is_stopped(context); ++i) {
    const l2tp_api_user_list_entry& entry = users.entries[i];
    if (entry.tunnel_id == 0) continue; // the entry of nothing that closes the list
    if (context.json) {
      json.add({{"user_name", entry.user_name},
                {"tunnel_id", entry.tunnel_id},
                {"session_id", entry.session_id},
                {"created_at", entry.create_time},
                {"created_by_admin", entry.created_by_admin != 0}});
      continue;
    }
    if (!headed) context.out << user_list_header();
    headed = true;
    context.out << user_list_row(entry);
  }
  json.close();
  return Status::done;
}

} // namespace

std::span<const Command> user_commands() {
  static constexpr std::array rows = {Command{{"user", "list"}, Access::read, "List users", {}, &list}};
  return rows;
}

} // namespace openl2tp::cli
