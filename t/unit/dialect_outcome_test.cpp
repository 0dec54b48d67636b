// What a dialect answers to an outcome that none of its routes leads to: nothing. It is a defect, not a success.
#include <gtest/gtest.h>

#include <stdexcept>

#include "bff/bff.h"
#include "bff/bff_pages.h"
#include "browser/pages.h"
#include "csrf/csrf.h"
#include "form/form.h"
#include "jsonapi/jsonapi.h"
#include "page/link_pages.h"
#include "rest/rest.h"

namespace gatehouse {
namespace {

// As the answer to the dialect's first route.
void expect_refused(const dialect::dialect& spoken, const operation::outcome& outcome) {
  const realm::settings realm;
  const dialect::request asked;
  const dialect::exchange about{spoken.routes.front(), realm, asked, {}};
  EXPECT_THROW(spoken.encode(about, outcome), std::logic_error) << spoken.name << ", alternative " << outcome.index();
}

TEST(outcome, no_dialect_says_success_to_one_that_it_does_not_know) {
  expect_refused(dialect::rest, operation::handed_over());
  expect_refused(dialect::jsonapi, operation::handed_over());
  expect_refused(dialect::csrf, operation::handed_over());
  expect_refused(dialect::form, operation::handed_over());
  expect_refused(dialect::bff, operation::handed_over());
  expect_refused(dialect::bff_pages, operation::handed_over());
  expect_refused(dialect::jsonapi_pages, operation::handed_over());
  expect_refused(dialect::csrf_pages, operation::handed_over());
}

TEST(outcome, the_account_page_says_done_only_of_what_was_done_there) {
  expect_refused(dialect::pages, operation::user_list());
  expect_refused(dialect::pages, operation::token_made());
  expect_refused(dialect::pages, operation::temporary_password());
}

TEST(outcome, bff_says_success_only_to_what_its_routes_lead_to) {
  expect_refused(dialect::bff, operation::token_changed());
  expect_refused(dialect::bff, operation::password_reset());
  expect_refused(dialect::bff, operation::verification_sent());
}

}  // namespace
}  // namespace gatehouse
