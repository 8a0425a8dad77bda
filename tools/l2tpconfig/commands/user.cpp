// user list.
#include <algorithm>

#include "tools/l2tpconfig/json.hpp"
#include "tools/l2tpconfig/output.hpp"
#include "tools/l2tpconfig/output_shared.hpp"

namespace openl2tp::cli {
namespace {

using Page = tl::expected<rpc::Value<l2tp_ext_user_list_reply>, std::string>;

Page page_after(Context& context, wire_u16 tunnel, wire_u16 session) {
  rpc::Value<l2tp_ext_user_list_1_argument> after;
  after->after_tunnel_id = tunnel;
  after->after_session_id = session;
  return context.stub.call<l2tp_ext_user_list_reply>(L2TP_EXT_USER_LIST, *after);
}

/// What a daemon without our own procedures tells.
Status list_without_ppp(Context& context) {
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
                {"created_at", bare_time(entry.create_time)},
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

Status list(Context& context, const Arguments& arguments) {
  Page page = page_after(context, 0, 0);
  if (!page) return list_without_ppp(context);
  const ArgumentValue* name = arguments.find("user_name");
  JsonList json(context);
  bool headed = false, with_ppp = false;
  while (true) {
    if ((*page)->result < 0) return refused(context, "list", (*page)->result);
    const std::span<const l2tp_ext_user> users((*page)->users.users_val, (*page)->users.users_len);
    if (!headed)
      with_ppp =
          std::ranges::any_of(users, [](const l2tp_ext_user& one) { return one.ppp.phase != L2TP_EXT_PPP_NONE; });
    for (const l2tp_ext_user& user : users) {
      if (is_stopped(context)) break;
      if (name != nullptr && name->text != user.user_name) continue;
      if (context.json) {
        json.add(user_json(user));
        continue;
      }
      if (!headed) context.out << (with_ppp ? user_list_ppp_header() : user_list_header());
      headed = true;
      context.out << user_list_row(user, with_ppp);
    }
    if (!(*page)->more || users.empty() || is_stopped(context)) break;
    const wire_u16 tunnel = users.back().tunnel_id, session = users.back().session_id;
    page = page_after(context, tunnel, session);
    if (!page) return unanswered(context, page.error());
  }
  json.close();
  return Status::done;
}

} // namespace

std::span<const Command> user_commands() {
  static constexpr std::array parameters = {Parameter{"user_name", Type::text, "Only sessions of this user"}};
  static constexpr std::array rows = {Command{{"user", "list"}, Access::read, "List users", parameters, &list}};
  return rows;
}

} // namespace openl2tp::cli
