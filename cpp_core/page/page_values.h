// What the templates of the pages are filled with. The names are documented in pages/README.md, for whoever restyles
// them.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "dialect/dialect.h"

namespace gatehouse::dialect {

// Which language a page is in: the one the browser asks for, if the folder of the pages has it.
std::string_view language_of(const realm::settings& realm, const request& asked);

// What every page has: lang, mount, at, site, can, policy, plain_http. `mount`: of the pages, whatever was asked for.
nlohmann::json common_values(const realm::settings& realm, const request& asked, std::string_view mount,
                             std::string_view language);

// A form that is shown, with what was typed into it: form, return, return_query; after a refusal also
// has_error, error, retry_in and the fields' own errors.
void add_form(nlohmann::json& values, const exchange& about, std::string_view language,
              const operation::refused* trouble);

// The account page: user, sessions, proof_needed; its trouble goes into the section of the route that made it.
void add_account(nlohmann::json& values, const exchange& about, std::string_view language,
                 const operation::account_overview& all);

// The page of the second step: challenge, offer, remember_time.
void add_challenge(nlohmann::json& values, const exchange& about, std::string_view language,
                   const operation::challenge& asked);
// A list of them, each as `code`.
nlohmann::json recovery_code_values(const std::vector<secret>& codes);

// "5 minutes", in the largest unit of which it is one at least; nothing for no time.
std::string duration_words(const view::folder& pages, std::string_view language, seconds time);

// The text for "…?done=NAME", which a redirect after a success brings; empty where none leads to this page with it.
std::string notice_of(const exchange& about, std::string_view language);

// A sentence for a refusal, in the language of the page.
std::string sentence(const realm::settings& realm, std::string_view language, operation::refusal why);

}  // namespace gatehouse::dialect
