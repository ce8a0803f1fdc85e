/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_CORE_SERVER_SERVER_STATE_H
#define TG_CORE_SERVER_SERVER_STATE_H

/** What the files of the server share. For core/server only. */

#include "core/base/hidx.h"
#include "core/base/log.h"
#include "core/base/shared_text.h"
#include "core/server/reg.h"
#include "core/server/server.h"

enum { TG_OBSERVE_LANES = 4 };

/** A registration's turn to be asked and observed has come. */
typedef void (*tg_observe_begin_fn)(tg_server_t *server, tg_reg_t *reg);

/** Registrations whose devices are to be asked and observed, in lanes; of observe_queue.c. A `…_ref` is a slot of the registrations plus one; 0 is none. */
typedef struct tg_observe_queue {
  uint32_t first_ref[TG_OBSERVE_LANES];
  uint32_t last_ref[TG_OBSERVE_LANES];
  uint32_t turns;
  uint64_t paced_ms; /* monotonic: the next may begin */
  tg_timer_t timer;
  tg_observe_begin_fn begin;
} tg_observe_queue_t;

/** Whose lifetimes are over at the same time end one after the other; see reg_end.c. */
typedef struct tg_reg_turn {
  uint64_t at_ms; /* monotonic, of the next turn */
  uint32_t taken; /* of the ends that there may be in that millisecond */
} tg_reg_turn_t;

struct tg_server {
  tg_server_config_t config;
  tg_coap_t *coap;
  tg_pool_t regs; /* tg_reg_t */
  tg_hidx_t by_key;
  uint32_t *by_peer; /* peer slot → registration's slot + 1 */
  size_t by_peer_cap;
  tg_pool_t calls; /* of command.c */
  tg_pool_t plans; /* of observe.c */
  tg_observe_queue_t queue;
  tg_reg_turn_t end_turn;
  tg_pool_t watches; /* of observe_watch.c */
  uint32_t overdue;  /* reads of observe_watch.c on their way */
  tg_shared_text_t whos;
  tg_reg_links_t links; /* of the Register being handled */
  tg_record_t *records; /* of the payload being decoded */
  size_t record_count;
  size_t record_cap;
  size_t record_bytes; /* of their texts */
  tg_buf_t scratch;    /* texts of records */
  tg_buf_t out;        /* payloads and rows being written */
  tg_log_limit_t refuse_limit;
  tg_server_stats_t stats;
};

/** Tells people that something of @p ep (empty: not known) was refused and why; limited to 60 a minute. @p device may be TG_ID_NONE. */
void tg_server_refuse(tg_server_t *server, tg_id_t device, tg_slice_t ep, const char *why);

/** Emits an event of @p reg's device with a note; what does not fit is logged. */
void tg_server_tell(tg_server_t *server, const tg_reg_t *reg, tg_event_type_t type, tg_slice_t note);

/** Each of @p quirks (TG_QUIRK_…) of @p reg's device was tolerated just now: counted, and told as UPDATED when one of them is new. */
void tg_server_tolerate(tg_server_t *server, const tg_reg_t *reg, uint32_t quirks);

/** Holds @p reply until what this turn wrote is on disk. */
void tg_server_hold(const tg_server_t *server, tg_coap_reply_t *reply);

/** Values came in a message whose ACK is @p reply's (NULL: it has none), and were taken with @p rc: held until they are on disk; where there was no room, no ACK, so that they come again. */
void tg_server_hold_values(const tg_server_t *server, tg_coap_reply_t *reply, tg_rc_t rc);

/** @p reg was heard from: the device's window and last_seen move. On a bearer that reports delivery it is awake until the bearer says otherwise. */
void tg_server_heard(tg_server_t *server, const tg_reg_t *reg);

/** A command's request goes out to @p reg. */
void tg_server_asked(tg_server_t *server, const tg_reg_t *reg);

/** It has ended: TG_OK with an answer, which counts as heard; TG_E_TIMEOUT without one. @p is_short: request and answer were one message each */
void tg_server_answered(tg_server_t *server, const tg_reg_t *reg, tg_rc_t rc, bool is_short);

/** Puts @p reg on a new address where @p peer is allowed to take it (see takeover.c); emits MOVED. TG_E_DENIED, TG_E_NOMEM. */
TG_MUST_CHECK tg_rc_t tg_takeover_move(tg_server_t *server, tg_reg_t *reg, tg_id_t peer);

/** Whether @p peer may register @p ep, which @p old (may be NULL) holds now; @p why is set where not. */
bool tg_takeover_allows(tg_server_t *server, tg_slice_t ep, const tg_reg_t *old, tg_id_t peer, const char **why);

/** @p heir takes the place of @p old, which ends next: who vouched for the device stays known. */
void tg_takeover_inherit(const tg_server_t *server, tg_reg_t *heir, tg_reg_t *old);

/** Copies the identity that the link vouches for into @p out (cleared before); empty when there is none. */
void tg_takeover_identity(const tg_server_t *server, tg_id_t peer, tg_buf_t *out);

/** What a format is wanted for. */
typedef struct tg_format_ask {
  const tg_path_t *path;
  bool writes;
  unsigned attempt; /* from 0 */
} tg_format_ask_t;

/** The format to try at this attempt of @p ask (borrowed); false when there is none left. */
bool tg_format_choose(const tg_server_t *server, const tg_reg_t *reg, const tg_device_t *device,
                      const tg_format_ask_t *ask, int *format);

/** Remembers what worked. */
void tg_format_worked(tg_reg_t *reg, int format);

/** Writes the names of @p paths as a composite request has them, in @p format, to server->out. TG_E_FORMAT, TG_E_NOMEM. */
TG_MUST_CHECK tg_rc_t tg_format_names(tg_server_t *server, const tg_path_t *paths, size_t count, int format);

/** Text of a path on the wire, with its NUL. */
enum { TG_FORMAT_PATH_MAX = TG_REG_ALT_MAX + TG_PATH_TEXT_MAX };

/** The path as @p reg's device knows it: alternate path and ids; written to @p text and returned. */
const char *tg_format_path(const tg_reg_t *reg, const tg_path_t *path, char text[TG_FORMAT_PATH_MAX]);

/** A command's request on its way. */
typedef struct tg_server_call {
  tg_server_t *server;
  tg_id_t reg;
  tg_id_t command;
  tg_id_t exchange;
  tg_path_t path;
  uint8_t op;       /* tg_op_t */
  uint8_t attempt;  /* of formats */
  bool is_prepared; /* of an EXECUTE: what is written before it has been */
  bool once;        /* the request in flight must not be carried out twice */
  tg_rc_t late;     /* why its next request could not be sent; TG_OK else */
  int format;
  struct tg_composite *steps; /* owned; a composite command that goes step by step, else NULL */
} tg_server_call_t;

/** Writes the payload of WRITE, UPDATE, CREATE and of composites in @p format to server->out. Errors of tg_objdef_check() and tg_codec_encode(). */
TG_MUST_CHECK tg_rc_t tg_command_write_payload(tg_server_t *server, const tg_device_t *device,
                                               const tg_command_t *command, int format);

/** Whether @p op asks for values of one path. */
static inline bool tg_command_reads(tg_op_t op) {
  return op == TG_OP_READ || op == TG_OP_OBSERVE || op == TG_OP_CANCEL;
}

/** Whether @p op begins an observation. */
static inline bool tg_command_observes(tg_op_t op) {
  return op == TG_OP_OBSERVE || op == TG_OP_OBSERVE_COMPOSITE;
}

/** Whether @p op carries values for one path. */
static inline bool tg_command_writes(tg_op_t op) {
  return op == TG_OP_WRITE || op == TG_OP_UPDATE || op == TG_OP_CREATE;
}

/** What @p answer to @p call means: values are taken, observations begun or ended; @p reg NULL: it has gone. Sets @p result, which borrows from @p answer, the server and @p created until the next report. */
void tg_command_judge(const tg_server_call_t *call, tg_reg_t *reg, const tg_coap_result_t *answer,
                      tg_command_result_t *result, char created[TG_PATH_TEXT_MAX]);

/** What goes out next for @p command of @p call, written to @p wire; its records belong to @p command. */
void tg_command_wire(const tg_server_call_t *call, const tg_device_t *device, const tg_command_t *command,
                     tg_command_t *wire);

/** Whether @p command is a Create whose instance the device shall pick. */
bool tg_command_wire_is_anonymous(const tg_command_t *command);

/** Sets the format of this attempt of @p wire in @p call, and the instance that the server picks where the format wants one; false when there is none left. */
bool tg_command_wire_format(tg_server_call_t *call, const tg_reg_t *reg, const tg_device_t *device,
                            const tg_command_t *wire);

/** Where the payload of @p wire in @p format begins; the instance of @p records (a copy of its own) is set where the server picks it. */
tg_path_t tg_command_wire_base(const tg_device_t *device, const tg_command_t *wire, int format, tg_record_t *records);

/** What a Write whose value is lent says in @p out, whose ud is its call. TG_E_FORMAT when another format than opaque is asked for; TG_E_TOO_LONG; TG_E_GONE. */
TG_MUST_CHECK tg_rc_t tg_command_body_fill(const tg_server_t *server, const tg_reg_t *reg, const tg_command_t *command,
                                           tg_coap_call_t *out);

/** The requests of @p reg that are on their way end, their commands with TG_E_AGAIN. */
void tg_command_drop(tg_server_t *server, tg_reg_t *reg);

/** The same, since @p reg's device is at another peer: but a request that must not be carried out twice, and may have arrived, ends when its answer has not come for some seconds. */
void tg_command_leave(tg_server_t *server, tg_reg_t *reg);

/** A composite command that its device takes only in single requests: those requests, and their answers put together. */
typedef struct tg_composite tg_composite_t;

/** Whether @p op is a composite operation. */
bool tg_composite_is(tg_op_t op);

/** Whether @p reg's device takes single requests only for @p op, by its version or by what it answered before. */
bool tg_composite_is_refused(const tg_reg_t *reg, const tg_device_t *device, tg_op_t op);

/** Whether @p code says that the device does not have @p op; then this is remembered in @p reg. */
bool tg_composite_refuse(tg_server_t *server, tg_reg_t *reg, tg_op_t op, uint8_t code);

/** The format of attempt number @p attempt, from 0; false when there is none left. */
bool tg_composite_format(const tg_command_t *command, unsigned attempt, int *format);

/** Steps of a composite command; NULL without memory. */
tg_composite_t *tg_composite_new(void);

/** Frees @p steps; NULL is allowed. */
void tg_composite_free(tg_composite_t *steps);

/** The next single request of @p command, or NULL after the last. Lent until the next call; its records belong to @p command. */
const tg_command_t *tg_composite_next(tg_composite_t *steps, const tg_command_t *command);

/** What tg_composite_next() gave last. */
const tg_command_t *tg_composite_current(const tg_composite_t *steps);

/** Takes how the current step ended; records are copied. */
void tg_composite_add(tg_composite_t *steps, const tg_command_result_t *result);

/** All steps together: a read is DONE when one of them was, a write when all were; which were not is in the text. Lent until tg_composite_free(). */
void tg_composite_end(tg_composite_t *steps, tg_command_result_t *result);

/** A payload from @p reg's device. */
typedef struct tg_report_payload {
  tg_path_t base;
  int content_format; /* TG_CF_NONE: it says nothing, so it is what was asked for */
  int asked;          /* TG_CF_NONE: nothing in particular, or too long ago */
  tg_slice_t body;
  tg_source_t source;
} tg_report_payload_t;

/**
 * Decodes into server->records and puts them to the twin. What is wrong with the payload is told as REFUSED.
 * @return TG_OK; errors of tg_codec_dec_next(); TG_E_TOO_LONG; TG_E_DENIED for /0, /21, /23; TG_E_NOT_FOUND for objects of a Send that are
 * not announced; of tg_twin_put()
 */
TG_MUST_CHECK tg_rc_t tg_report_take(tg_server_t *server, const tg_reg_t *reg, const tg_report_payload_t *payload);

/** A notification of @p reg. */
void tg_report_notify(tg_server_t *server, tg_reg_t *reg, const tg_coap_result_t *result, tg_coap_reply_t *reply);

/** Has @p reg's device asked who it is, where that counts, and makes the automatic observations that it lacks, one at a time; beginning after @p delay_ms (some more where it is asked), and when its turn has come among all others. */
void tg_observe_plan(tg_server_t *server, tg_reg_t *reg, uint32_t delay_ms);

/** Ends plan and observations of @p reg without telling the device. */
void tg_observe_drop(tg_server_t *server, tg_reg_t *reg);

/** Asks the device of @p old, which registered anew, for the observations again that people or scripts had asked for; those by policy are the plan's. */
void tg_reobserve_all(tg_server_t *server, const tg_reg_t *old);

/** Takes note of an observation that the device granted to the command of @p call. */
void tg_observe_granted(const tg_server_call_t *call, tg_reg_t *reg, tg_id_t observation);

/** The observation @p obs of @p reg ended: list, row, OBSERVING event. */
void tg_observe_ended(tg_server_t *server, tg_reg_t *reg, tg_reg_obs_t *obs, const char *why);

/** Makes the pool of calls. TG_E_NOMEM. */
TG_MUST_CHECK tg_rc_t tg_command_init(tg_server_t *server);

/** Makes the pool of plans. TG_E_NOMEM. */
TG_MUST_CHECK tg_rc_t tg_observe_init(tg_server_t *server);

/** The backend of LwM2M devices. */
extern const tg_backend_ops_t tg_command_backend;

/** POST /rd. */
void tg_register_handle(tg_server_t *server, const tg_coap_request_t *request, tg_coap_reply_t *reply);

/** POST /rd/{id}. */
void tg_update_handle(tg_server_t *server, tg_reg_t *reg, const tg_coap_request_t *request, tg_coap_reply_t *reply);

/** DELETE /rd/{id}. */
void tg_deregister_handle(tg_server_t *server, tg_reg_t *reg, const tg_coap_request_t *request, tg_coap_reply_t *reply);

/** POST /dp. */
void tg_send_handle(tg_server_t *server, const tg_coap_request_t *request, tg_coap_reply_t *reply);

/** Resource paths of the server: routes one request. */
void tg_server_route(tg_server_t *server, const tg_coap_request_t *request, tg_coap_reply_t *reply);

#endif
