// Step-up: whoever is logged in shows what a location asks for beside his session (gate/assurance.h; RFC 9470).
#pragma once

#include <optional>

#include "base/task.h"
#include "step/context.h"
#include "step/input.h"
#include "step/outcome.h"

namespace gatehouse::operation {

// What of acr_values and max_age the bearer has not shown; nullopt: nothing.
std::optional<assurance_wanted> lacks_assurance(const input& in);

// The same for a page, which is there even where nothing is missing: for who comes back to it, or where a location
// takes credentials that are no session of its own.
task<outcome> look_what_is_wanted(context ctx, input in);

// current_password, or `code` as of a challenge, or a passkey, raises the bearer's session at every host of it:
// signed_in, with the tokens of the generation as it is. A password shows no second factor: who lacks that is asked
// again.
task<outcome> step_up(context ctx, input in);
// passkey_options, for one of the bearer's.
task<outcome> ask_for_own_passkey(context ctx, input in);

// The same for the page, which is shown again, with the refusal as its trouble.
task<outcome> step_up_on_page(context ctx, input in);

}  // namespace gatehouse::operation
