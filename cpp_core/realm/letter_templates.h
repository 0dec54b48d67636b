// What the mails of a realm look like: the templates of a folder that an operator may copy and change. For each letter
// (account/letter.h) NAME.html, NAME.txt and the texts of its name, the subject among them.
#pragma once

#include <string>
#include <string_view>

#include "account/mail_queue.h"
#include "base/result.h"
#include "smtp/message.h"
#include "view/folder.h"

namespace gatehouse::realm {

// What all mails of a realm have in common.
struct letterhead {
  std::string site_name;
  std::string color;  // #rrggbb
  smtp::mailbox from;
};

class letter_templates {
 public:
  // Writes each of them once, so that one that cannot be written is found here.
  static result<letter_templates> load(const std::string& directory, letterhead head);

  // `token`: of its link, where that works once.
  smtp::message write(const account::queued_mail& what, std::string_view token) const;

 private:
  letter_templates(view::folder folder, letterhead head) : folder_(std::move(folder)), head_(std::move(head)) {}

  status try_each(const std::string& directory) const;
  // "15 minutes", in the words of the texts.
  std::string duration(seconds length, std::string_view language) const;

  view::folder folder_;
  letterhead head_;
};

}  // namespace gatehouse::realm
