/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_CORE_SERVER_POLICY_H
#define TG_CORE_SERVER_POLICY_H

/** What the operator wants of a device: whether it may come in and under which name, which quirks it has, what of it is observed. For core/server only. */

#include "core/server/quirk.h"
#include "core/server/server_state.h"

/**
 * Asks the policy about a Register.
 * @param decision  lent until the next call; ep is what the gateway calls the device
 * @param why       set where it is refused
 * @return TG_OK; TG_E_DENIED; TG_E_ARG for a decision that can't be carried out; what the policy returned
 */
TG_MUST_CHECK tg_rc_t tg_policy_ask(const tg_server_t *server, const tg_server_candidate_t *candidate,
                                    tg_server_decision_t *decision, const char **why);

/** Takes down for @p reg what @p decision says of it. TG_E_TOO_LONG, TG_E_NOMEM. */
TG_MUST_CHECK tg_rc_t tg_policy_keep(tg_reg_t *reg, const tg_server_decision_t *decision);

/** Sees to the quirks that profiles tell of @p reg's device, by what is known of it by now. @return whether there are new ones */
bool tg_policy_quirks(tg_server_t *server, tg_reg_t *reg);

/** The next thing that profiles and policies need to know of @p reg's device and that it can be asked for; false: nothing. */
bool tg_policy_next_who(const tg_server_t *server, const tg_reg_t *reg, const tg_device_t *device,
                        tg_server_who_t *who);

/** The path of what a device says of itself. */
tg_path_t tg_policy_who_path(tg_server_who_t who);

/** Whether @p reg's device is still to be told that it may Send, or may not, and at which path; LEAVE: it is not. */
tg_server_send_t tg_policy_send(const tg_server_t *server, const tg_reg_t *reg, const tg_device_t *device,
                                tg_path_t *path);

/** How many entries say what is observed of @p reg's device. */
size_t tg_policy_observe_count(const tg_server_t *server, const tg_reg_t *reg);

/** Entry number @p at of them; NULL where it is not meant for this device. */
const tg_server_observe_t *tg_policy_observe(const tg_server_t *server, const tg_reg_t *reg, const tg_device_t *device,
                                             size_t at);

#endif
