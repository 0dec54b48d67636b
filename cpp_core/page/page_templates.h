// The templates that a folder of pages must have: those of every dialect with pages, so that one folder serves them
// all.
#pragma once

#include <array>
#include <string_view>

namespace gatehouse::dialect {

inline constexpr std::array<std::string_view, 31> page_templates{"login.html",
                                                                 "register.html",
                                                                 "step-up.html",
                                                                 "passkey.html",
                                                                 "logout.html",
                                                                 "logged-out.html",
                                                                 "account.html",
                                                                 "forbidden.html",
                                                                 "error.html",
                                                                 "theme.css",
                                                                 "forgot.html",
                                                                 "forgot-sent.html",
                                                                 "reset.html",
                                                                 "reset-done.html",
                                                                 "verify.html",
                                                                 "verification-needed.html",
                                                                 "verified.html",
                                                                 "link-failed.html",
                                                                 "challenge.html",
                                                                 "recovery-codes.html",
                                                                 "iam-home.html",
                                                                 "iam-register.html",
                                                                 "iam-login.html",
                                                                 "iam-reset.html",
                                                                 "iam-verify.html",
                                                                 "iam-verifyemail.html",
                                                                 "iam-verifyfailed.html",
                                                                 "iam-verifysuccessful.html",
                                                                 "iam-dashboard.html",
                                                                 "iam-profile.html",
                                                                 "iam-settings.html"};

}  // namespace gatehouse::dialect
