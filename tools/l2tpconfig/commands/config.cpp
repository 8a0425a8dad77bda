// config save and config restore. A saved configuration is a script of the command language, with what was explicitly
// given and nothing else, so that defaults stay defaults.
#include <fmt/format.h>

#include "tools/l2tpconfig/profile_kind.hpp"
#include "tools/l2tpconfig/saved_file.hpp"
#include "tools/l2tpconfig/script.hpp"
#include "tools/l2tpconfig/tokeniser.hpp"

namespace openl2tp::cli {
namespace {

/// Gathers the text. Every parameter has a line of its own that ends in a backslash; an empty line ends the command.
class Saver {
 public:
  Saver(Context& context, bool secrets) : context_(context), secrets_(secrets) {}

  Status save_system();
  template <typename Kind>
  Status save_profiles(const Kind& kind);
  Status save_tunnels();

  [[nodiscard]] const std::string& text() const noexcept { return text_; }
  [[nodiscard]] std::size_t left_out() const noexcept { return left_out_; }

 private:
  /// "name=value", quoted where it must be. Nothing when the value is absent, or secret and not to be told.
  template <typename Message>
  std::string assignment(const Field<Message>& field, const Message& message, const Addresses& addresses) {
    const FieldValue value = value_of(field, message, addresses);
    std::string text(field.saved_as.empty() ? field.parameter.name : field.saved_as);
    text += '=';
    if (field.sensitive && (!secrets_ || std::holds_alternative<std::monostate>(value))) {
      ++left_out_;
      return {};
    }
    if (std::holds_alternative<std::monostate>(value)) return {};
    if (const bool* flag = std::get_if<bool>(&value)) return text + (*flag ? "yes" : "no");
    if (const std::int64_t* number = std::get_if<std::int64_t>(&value)) return text + std::to_string(*number);
    return text + quoted_word(std::get<std::string>(value));
  }

  /// The lines of all supplied parameters but those called `skip`.
  template <typename Message>
  std::string lines(std::span<const Field<Message>> fields, const Message& message, std::string_view indent,
                    const Addresses& addresses = {}, std::string_view skip = {}) {
    std::string all;
    for (const Field<Message>& field : fields) {
      if (!is_supplied(message, field) || field.parameter.name == skip) continue;
      const std::string line = assignment(field, message, addresses);
      if (!line.empty()) all += fmt::format("{}{} \\\n", indent, line);
    }
    return all;
  }

  Status save_tunnel(const l2tp_api_tunnel_msg_data& tunnel);
  Status save_session(const l2tp_api_session_msg_data& session, const std::string& tunnel);

  Context& context_;
  bool secrets_;
  std::string text_;
  std::size_t left_out_ = 0;
};

/// The text of an optional string that is there and not empty.
std::string text_of(const optstring& text) { return std::string(rpc::string_of(text).value_or("")); }

Status Saver::save_system() {
  const auto system = context_.stub.call<l2tp_api_system_msg_data>(L2TP_SYSTEM_GET, rpc::Nothing{});
  if (!system) return unanswered(context_, system.error());
  text_ += "\n# system\n";
  const std::string parameters = lines(system_fields(), (*system)->config, "");
  if (!parameters.empty()) text_ += "system modify \\\n" + parameters;
  return Status::done;
}

template <typename Kind>
Status Saver::save_profiles(const Kind& kind) {
  const auto list = list_profiles(context_, kind);
  if (!list) return unanswered(context_, list.error());
  if ((*list)->result < 0) return refused(context_, "save", (*list)->result);
  text_ += fmt::format("\n# {} profiles\n", kind.noun);
  for (u_int i = 0; i < (*list)->profiles.count; ++i) {
    if (is_stopped(context_)) return Status::failed;
    tell_progress(context_, i, (*list)->profiles.count);
    const std::string name = (*list)->profiles.entries[i].profile_name;
    if (name.empty()) continue; // the entry of nothing that closes the list
    const auto profile = get_profile(context_, kind, name);
    if (!profile) return unanswered(context_, profile.error());
    if ((*profile)->result_code < 0) continue; // deleted since the list was made
    const std::string quoted = quoted_word(name);
    if (name != "default") text_ += fmt::format("{} profile create profile_name={}\n", kind.noun, quoted);
    const std::string parameters = lines(kind.fields(), **profile, "\t", addresses_of(context_, **profile));
    if (parameters.empty()) continue;
    text_ += fmt::format("{} profile modify profile_name={} \\\n{}\n", kind.noun, quoted, parameters);
  }
  return Status::done;
}

Status Saver::save_session(const l2tp_api_session_msg_data& session, const std::string& tunnel) {
  text_ += "session create " + tunnel + " \\\n";
  text_ += fmt::format("\tsession_id={} \\\n", session.session_id);
  if (const std::string name = text_of(session.session_name); !name.empty()) {
    text_ += fmt::format("\tsession_name={} \\\n", quoted_word(name));
  }
  text_ += lines(session_fields(), session, "\t") + "\n";
  return Status::done;
}

Status Saver::save_tunnel(const l2tp_api_tunnel_msg_data& tunnel) {
  const std::string name = text_of(tunnel.tunnel_name);
  const std::string id = fmt::format("tunnel_id={}", tunnel.tunnel_id);
  const Field<l2tp_api_tunnel_msg_data>& peer = tunnel_fields().front();
  const Addresses addresses = addresses_of(context_, tunnel);
  text_ += "tunnel create";
  if (!name.empty()) text_ += " tunnel_name=" + quoted_word(name);
  text_ += ' ' + assignment(peer, tunnel, addresses) + " \\\n\t" + id + " \\\n";
  text_ += lines(tunnel_fields(), tunnel, "\t", addresses, peer.parameter.name) + "\n";

  rpc::Value<l2tp_session_list_1_argument> argument;
  argument->tunnel_id = tunnel.tunnel_id;
  const auto sessions = context_.stub.call<l2tp_api_session_list_msg_data>(L2TP_SESSION_LIST, *argument);
  if (!sessions) return unanswered(context_, sessions.error());
  if ((*sessions)->result < 0) return Status::done; // closed since it was shown
  for (u_int i = 0; i < (*sessions)->session_ids.session_ids_len; ++i) {
    rpc::Value<l2tp_session_get_1_argument> wanted;
    wanted->tunnel_id = tunnel.tunnel_id;
    wanted->session_id = (*sessions)->session_ids.session_ids_val[i];
    const auto session = context_.stub.call<l2tp_api_session_msg_data>(L2TP_SESSION_GET, *wanted);
    if (!session) return unanswered(context_, session.error());
    if ((*session)->result_code < 0 || !(*session)->created_by_admin) continue;
    const Status status =
        save_session(**session, name.empty() ? id : "tunnel_name=" + quoted_word(name) + " \\\n\t" + id);
    if (status != Status::done) return status;
  }
  return Status::done;
}

Status Saver::save_tunnels() {
  const auto tunnels = context_.stub.call<l2tp_api_tunnel_list_msg_data>(L2TP_TUNNEL_LIST, rpc::Nothing{});
  if (!tunnels) return unanswered(context_, tunnels.error());
  if ((*tunnels)->result < 0) return refused(context_, "save", (*tunnels)->result);
  text_ += "\n# locally created tunnels and sessions\n";
  const auto& ids = (*tunnels)->tunnel_ids;
  for (u_int i = 0; i < ids.tunnel_ids_len; ++i) {
    if (is_stopped(context_)) return Status::failed;
    tell_progress(context_, i, ids.tunnel_ids_len);
    rpc::Value<l2tp_tunnel_get_1_argument> argument;
    argument->tunnel_id = ids.tunnel_ids_val[i];
    const auto tunnel = context_.stub.call<l2tp_api_tunnel_msg_data>(L2TP_TUNNEL_GET, *argument);
    if (!tunnel) return unanswered(context_, tunnel.error());
    // What goes, or has gone since the list was made, is not saved.
    if ((*tunnel)->result_code < 0 || !(*tunnel)->created_by_admin) continue;
    const std::string state = text_of((*tunnel)->state);
    if (state == "CLOSING" || state == "DEAD") continue; // DEAD: held for a test
    const Status status = save_tunnel(**tunnel);
    if (status != Status::done) return status;
  }
  return Status::done;
}

Status save(Context& context, const Arguments& arguments) {
  const ArgumentValue* file = arguments.find("file");
  Saver saver(context, context.secrets || file != nullptr);
  Status status = saver.save_system();
  if (status == Status::done) status = saver.save_profiles(peer_profile_kind());
  if (status == Status::done) status = saver.save_profiles(tunnel_profile_kind());
  if (status == Status::done) status = saver.save_profiles(session_profile_kind());
  if (status == Status::done) status = saver.save_profiles(ppp_profile_kind());
  if (status == Status::done) status = saver.save_tunnels();
  if (status != Status::done) return status;
  if (saver.left_out() > 0) {
    context.err << fmt::format("{} secrets are not among what was saved: {}\n", saver.left_out(),
                               file == nullptr && !context.secrets ? "add --secrets" : "only root may read them");
  }
  if (file == nullptr) {
    context.out << saver.text();
    return Status::done;
  }
  if (const auto saved = save_file(file->text, saver.text()); !saved) {
    return complain(context, "save", saved.error(), Status::failed);
  }
  return Status::done;
}

Status restore(Context& context, const Arguments& arguments) {
  const ArgumentValue* file = arguments.find("file");
  if (file == nullptr) {
    context.err << "Required file_name argument is missing.\n";
    return Status::usage;
  }
  const auto text = read_file(file->text, kScriptMax);
  if (!text) return complain(context, "restore", text.error(), Status::failed);
  return run_script(context, *text, file->text, Dialect::saved);
}

} // namespace

std::span<const Command> config_commands() {
  static constexpr std::array file = {Parameter{"file", Type::text, "File of commands"}};
  static constexpr std::array rows = {
      Command{{"config", "save"}, Access::read, "Save the configuration", file, &save},
      Command{{"config", "restore"}, Access::change, "Run the commands of a file", file, &restore},
  };
  return rows;
}

} // namespace openl2tp::cli
