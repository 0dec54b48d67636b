#include "realm/letter_templates.h"

#include <array>
#include <vector>

#include "account/letter.h"
#include "view/color.h"
#include "view/device.h"

namespace gatehouse::realm {

namespace {

// "2026-01-31 23:59 UTC"
std::string readable(unix_seconds time) {
  constexpr unix_millis millis_a_second = 1000;
  constexpr std::size_t up_to_minutes = 16;
  std::string text = iso8601(time * millis_a_second).substr(0, up_to_minutes);
  text[text.find('T')] = ' ';
  return text + " UTC";
}

std::string words_of(const view::device& from) {
  const bool knows_both = !from.browser.empty() && !from.system.empty();
  return from.browser + (knows_both ? ", " : "") + from.system;
}

struct unit {
  std::string_view name;
  seconds length;
};
constexpr std::array<unit, 4> units{
    {{"day", seconds(24 * 3600)}, {"hour", seconds(3600)}, {"minute", seconds(60)}, {"second", seconds(1)}}};

}  // namespace

result<letter_templates> letter_templates::load(const std::string& directory, letterhead head) {
  std::vector<std::string> names;
  for (const std::string_view letter : account::letter::all) {
    for (const char* suffix : {".html", ".txt"}) names.push_back(std::string(letter) + suffix);
  }
  const std::vector<std::string_view> required(names.begin(), names.end());
  result<view::folder> folder = view::folder::load(directory, required);
  if (!folder) return folder.failure();
  letter_templates loaded(std::move(*folder), std::move(head));
  const status tried = loaded.try_each(directory);
  if (!tried) return tried.failure();
  return loaded;
}

status letter_templates::try_each(const std::string& directory) const {
  account::queued_mail sample;
  sample.to = "ann@example.com";
  sample.name = "Ann";
  sample.link = "https://example.com/auth/verify?token=";
  sample.lifetime = seconds(3600);
  sample.address = "192.0.2.1";
  sample.user_agent = "Mozilla/5.0";
  sample.message_id = "sample";
  for (const std::string_view letter : account::letter::all) {
    sample.letter = letter;
    const smtp::message written = write(sample, "token");
    const std::string which = "\"" + directory + "\": the letter \"" + sample.letter + "\" ";
    if (written.subject.empty()) return error{fault::invalid, which + "has no text \"subject\" in en.json"};
    const result<std::string> bytes = smtp::write(written);
    if (!bytes) return error{fault::invalid, which + "cannot be written: " + bytes.failure().what};
  }
  return done{};
}

smtp::message letter_templates::write(const account::queued_mail& what, std::string_view token) const {
  const std::string_view language = folder_.language_for(what.language);
  const bool works_once = what.lifetime.count() > 0;
  nlohmann::json values = {{"lang", language},
                           {"name", what.name},
                           {"link", works_once ? what.link + std::string(token) : what.link},
                           {"device", words_of(view::device_of(what.user_agent))},
                           {"address", what.address},
                           {"time", readable(what.written_at)}};
  values["site"] = {{"name", head_.site_name}, {"color", head_.color}, {"on_color", view::text_color_on(head_.color)}};
  if (works_once) values["expires"] = duration(what.lifetime, language);

  smtp::message message;
  message.from = head_.from;
  if (message.from.name.empty()) message.from.name = head_.site_name;
  message.to = {what.name, what.to};
  message.subject = folder_.text(what.letter, "subject", language);
  message.text = folder_.render(what.letter + ".txt", language, values);
  message.html = folder_.render(what.letter + ".html", language, values);
  message.message_id =
      what.message_id + "." + std::to_string(what.id) + head_.from.address.substr(head_.from.address.rfind('@'));
  message.date = what.written_at;
  return message;
}

std::string letter_templates::duration(seconds length, std::string_view language) const {
  for (const unit& each : units) {
    if (length % each.length != seconds(0)) continue;
    const seconds::rep count = length / each.length;
    std::string text = folder_.text("durations", std::string(each.name) + (count == 1 ? "" : "s"), language);
    const std::size_t place = text.find('#');
    if (place != std::string::npos) text.replace(place, 1, std::to_string(count));
    return text;
  }
  return {};
}

}  // namespace gatehouse::realm
