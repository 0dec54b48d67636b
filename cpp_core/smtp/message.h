// One mail to one recipient, and its bytes as they travel: RFC 5322 with MIME (RFC 2045–2047), text and HTML as
// alternatives, both quoted-printable, so that all of it is ASCII with lines of at most 76 characters; more only where
// an address or a Message-ID is that long.
//
// Whatever the caller passes, a header stays one header: addresses and the Message-ID are checked, in names and subject
// every control character and line separator becomes a space, and what is not UTF-8 becomes U+FFFD.
#pragma once

#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/result.h"

namespace gatehouse::smtp {

struct mailbox {
  std::string name;     // UTF-8, shown beside the address; may be empty
  std::string address;  // see is_address()
};

struct message {
  mailbox from;  // also the envelope's sender, which learns of bounces
  mailbox to;
  std::string subject;     // UTF-8
  std::string text;        // UTF-8; lines end with LF, CRLF or CR
  std::string html;        // the same in HTML; empty: the mail is text only
  std::string message_id;  // left@right as in an address, without angle brackets; the same at every attempt to send it
  unix_seconds date = 0;   // when the mail was written, not when it is sent
};

// One address that means the same everywhere it is written: ASCII, a dot-atom of at most 64 characters (RFC 5322,
// 3.2.3) and a domain of letter-digit-hyphen labels, 254 characters in all. No quoted strings, no address literals.
bool is_address(std::string_view text);

// With CRLF, the last line too, and without the dots that DATA doubles. The error, of kind invalid, names the field
// that cannot be written, and does not repeat it.
result<std::string> write(const message& what);

}  // namespace gatehouse::smtp
