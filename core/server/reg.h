/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_CORE_SERVER_REG_H
#define TG_CORE_SERVER_REG_H

/** Registrations: what a Register says, the table of those that stand, their rows in the store. For core/server only. */

#include "core/base/shared_text.h"
#include "core/coap/coap.h"
#include "core/device/device.h"
#include "core/registry/row.h"
#include "core/server/server.h"

enum {
  TG_REG_LINKS_MAX = 512,
  TG_REG_VERSIONS_MAX = 64,
  TG_REG_ID_CHARS = 10,
  TG_REG_ALT_MAX = 64,
  TG_REG_OBS_MAX = 128,
  TG_REG_WHO_MAX = 128,          /* bytes of each text of tg_reg_t.who */
  TG_REG_CHOSEN_MAX = 64,        /* observations that a policy may choose for one device */
  TG_REG_PLANS_MAX = 8192,       /* devices that are being asked and observed at a time */
  TG_REG_PLANS_PER_SECOND = 1000 /* so many begin to be */
};

/** Texts that few devices have. */
typedef enum tg_reg_text {
  TG_REG_TEXT_ALT,  /* `/lwm2m`, the alternate path; none: the root */
  TG_REG_TEXT_SMS,  /* its number */
  TG_REG_TEXT_HOME, /* the identity a bearer vouched for before the device was asked to another link */
  TG_REG_TEXT_COUNT
} tg_reg_text_t;

/** Bits of tg_reg_t.formats: what the root link's `ct` lists. */
enum {
  TG_REG_CT_TEXT = 1,
  TG_REG_CT_OPAQUE = 2,
  TG_REG_CT_CBOR = 4,
  TG_REG_CT_SENML_JSON = 8,
  TG_REG_CT_SENML_CBOR = 16,
  TG_REG_CT_TLV = 32,
  TG_REG_CT_JSON = 64
};

/** Whether a value of an observation was acknowledged that is not here yet. */
enum { TG_REG_OWED_NOT, TG_REG_OWED_COMES /* it is being fetched */, TG_REG_OWED_DUE /* it is to be read */ };

/** An observation that stands. Most devices have one or more: 56 bytes. */
typedef struct tg_reg_obs {
  tg_path_t path; /* the root: a composite one */
  bool automatic : 1;
  bool wanted : 1;     /* by the plan that runs */
  uint8_t number;      /* of composite ones: 0 is that of a command, 1 and more are the policy's */
  uint8_t path_count;  /* of composite ones */
  uint8_t owed;        /* TG_REG_OWED_…: a value of it was acknowledged that is not here yet */
  int16_t format;      /* of composite ones: Content-Format of their names */
  uint32_t attributes; /* CRC-32 of those it was begun with; 0 = none */
  uint32_t pmin_s;     /* what the device was told, 0 = nothing; not kept over a restart: the next plan knows */
  uint32_t pmax_s;
  uint32_t since_s;  /* monotonic, from when on the next one is waited for, if later than heard_ms */
  tg_path_t *paths;  /* of composite ones, owned by the list */
  uint64_t heard_ms; /* monotonic, when its last notification came; 0 = none yet */
  tg_id_t id;        /* of the exchange layer */
} tg_reg_obs_t;

/** What was decided about a device, and what else is true of few. Owned; NULL where there is nothing of it. */
typedef struct tg_reg_notes {
  char *text[TG_REG_TEXT_COUNT]; /* owned; NULL: none */
  uint8_t send;                  /* tg_server_send_t; 0: as configured */
  bool chooses;                  /* chosen stands in place of the configuration's list */
  uint8_t block_szx;             /* TG_SERVER_SZX_ANY: nothing is known */
  int16_t own_format;            /* with TG_QUIRK_OWN_FORMAT */
  size_t chosen_count;
  tg_server_observe_t *chosen; /* select is empty */
} tg_reg_notes_t;

/** One registration. There are 131,072 of them: what is true of few hangs behind a pointer. What every Update touches comes first. A `…_ref` is a slot of some pool plus one; 0 is none. */
typedef struct tg_reg {
  uint64_t key; /* the 50 bits of its location */
  tg_id_t peer;
  tg_id_t device;
  uint64_t due_ms; /* monotonic: lifetime and grace are over; UINT64_MAX: never */
  uint32_t lifetime_s;
  uint32_t saved_s; /* monotonic: when its row was written */
  bool queue_mode : 1;
  bool no_fetch : 1;        /* it has shown that it has no Read-Composite */
  bool no_ipatch : 1;       /* likewise, no Write-Composite */
  bool no_group : 1;        /* likewise, no Observe-Composite */
  bool send_settled : 1;    /* it was told whether it may Send */
  bool attributes_seen : 1; /* whether it keeps attributes has been looked at */
  bool plan_pending : 1;    /* it is to be asked, or automatic observations are to be looked at */
  bool ends_next : 1;       /* its lifetime is over, and the timer stands at its turn to end */
  uint8_t queue_lane;       /* of observe_queue.c, plus one; 0: it does not wait there */
  uint8_t formats;
  int16_t format; /* Content-Format that worked, -1 = not known yet */
  uint16_t obs_count;
  uint16_t obs_cap;
  uint32_t peer_next_ref; /* another registration of the same peer */
  uint32_t queue_prev_ref;
  uint32_t queue_next_ref;
  uint32_t queue_due; /* when it may be asked, low half of monotonic milliseconds */
  uint32_t plan_ref;  /* what is asked and observed just now */
  uint32_t watch_ref; /* periods of observations being looked after */
  uint32_t call_ref;  /* the command's request on its way */
  uint32_t bulk_ref;  /* that of a command with a body */
  uint32_t who_ref
      [TG_SERVER_WHO_COUNT]; /* what it says of itself, of the server's texts; none: not known; empty: asked, and there is none */
  tg_timer_t timer; /* follows due_ms when it fires; ud is the server */
  tg_reg_obs_t *obs;
  tg_reg_notes_t *notes; /* NULL: none */
} tg_reg_t;

/** Query parameters of Register and Update; slices are lent from the message. */
typedef struct tg_reg_params {
  bool has_ep, has_lt, has_version, has_binding, has_sms, queue;
  bool long_version; /* `1.0.0` */
  uint32_t lifetime_s;
  tg_version_t version;
  tg_slice_t ep;
  tg_slice_t binding;
  tg_slice_t sms;
  tg_slice_t wrong; /* the parameter that was refused, such as `lt=x` */
} tg_reg_params_t;

/** An object list. */
typedef struct tg_reg_links {
  tg_path_t objects[TG_REG_LINKS_MAX];
  size_t object_count;
  tg_model_version_t versions[TG_REG_VERSIONS_MAX];
  size_t version_count;
  tg_slice_t alt; /* lent from the payload; empty = root */
  uint8_t formats;
  uint32_t quirks;
} tg_reg_links_t;

/** Reads the query of @p msg. Unknown names are passed over. TG_E_DUPLICATE, TG_E_SYNTAX, TG_E_RANGE, TG_E_ENCODING, TG_E_TOO_LONG. */
TG_MUST_CHECK tg_rc_t tg_reg_params_parse(const tg_coap_msg_t *msg, tg_reg_params_t *params);

/** Checks binding and queue flag against LwM2M version @p version (lwm2m.md 1.2.2) and tells queue mode. TG_E_ARG. */
TG_MUST_CHECK tg_rc_t tg_reg_params_binding(const tg_reg_params_t *params, tg_version_t version, bool *queue_mode);

/** Reads an object list. TG_E_SYNTAX, TG_E_RANGE; TG_E_TOO_LONG above TG_REG_LINKS_MAX; TG_E_ARG where no object is in it. */
TG_MUST_CHECK tg_rc_t tg_reg_links_parse(tg_slice_t payload, tg_reg_links_t *links);

/** A new registration under a fresh random key, in the table, without a timer; NULL when the table is full. */
tg_reg_t *tg_reg_table_add(tg_server_t *server);

/** Takes @p reg out of the table and frees it: timer, peer index, pin, strings. */
void tg_reg_table_del(tg_server_t *server, tg_reg_t *reg);

/** The registration whose location is @p text, or NULL. */
tg_reg_t *tg_reg_table_find(const tg_server_t *server, tg_slice_t text);

/** The registration with pool id @p id, or NULL. */
tg_reg_t *tg_reg_table_get(const tg_server_t *server, tg_id_t id);

/** Pool id of @p reg: the twin's cookie and that of its observations. */
tg_id_t tg_reg_table_id(const tg_server_t *server, const tg_reg_t *reg);

/** The newest registration of @p peer, or NULL. */
tg_reg_t *tg_reg_table_of_peer(const tg_server_t *server, tg_id_t peer);

/** Binds @p reg to @p peer (pinned) instead of the one before. TG_E_NOMEM. */
TG_MUST_CHECK tg_rc_t tg_reg_table_bind(tg_server_t *server, tg_reg_t *reg, tg_id_t peer);

/** Puts @p key under which @p reg stands (after a restart). TG_E_EXISTS, TG_E_NOMEM. */
TG_MUST_CHECK tg_rc_t tg_reg_table_rekey(tg_server_t *server, tg_reg_t *reg, uint64_t key);

/** Writes the location's ten characters of @p reg. */
void tg_reg_table_text(const tg_reg_t *reg, char text[TG_REG_ID_CHARS]);

/** It was heard of: the lifetime begins anew. The timer follows when it fires. */
void tg_reg_table_extend(tg_server_t *server, tg_reg_t *reg);

/** Starts or moves the lifetime's timer to what due_ms says. */
void tg_reg_table_arm(tg_server_t *server, tg_reg_t *reg, tg_timer_fn fn);

/** Adds an observation; its paths are copied. TG_E_FULL, TG_E_NOMEM. */
TG_MUST_CHECK tg_rc_t tg_reg_table_obs_add(tg_reg_t *reg, const tg_reg_obs_t *obs);

/** The observation of exactly @p path, or NULL; of the root it is that of a command. */
tg_reg_obs_t *tg_reg_table_obs_find(const tg_reg_t *reg, const tg_path_t *path);

/** Takes @p obs out of the list. */
void tg_reg_table_obs_del(tg_reg_t *reg, tg_reg_obs_t *obs);

/** Forgets what a list entry owns besides itself. */
void tg_reg_table_obs_free(tg_reg_obs_t *obs);

/** The notes of @p reg, made if need be; NULL without memory. */
tg_reg_notes_t *tg_reg_notes_of(tg_reg_t *reg);

/** Frees them, and what the device said of itself. */
void tg_reg_notes_free(tg_server_t *server, tg_reg_t *reg);

/** Its text of that kind, or NULL; lent until it is set again. */
static inline const char *tg_reg_notes_text(const tg_reg_t *reg, tg_reg_text_t kind) {
  return reg->notes ? reg->notes->text[kind] : NULL;
}

/** Sets it to a copy of @p text; empty: none. TG_E_NOMEM leaves what was. */
TG_MUST_CHECK tg_rc_t tg_reg_notes_set_text(tg_reg_t *reg, tg_reg_text_t kind, tg_slice_t text);

/** What the device says it is, or NULL where that is not known; "" = asked, and there is none. Lent until the registration ends. */
const char *tg_reg_notes_who(const tg_server_t *server, const tg_reg_t *reg, tg_server_who_t who);

/** Takes down what the device says it is; at most TG_REG_WHO_MAX bytes of it. TG_E_NOMEM leaves what was. */
TG_MUST_CHECK tg_rc_t tg_reg_notes_set_who(tg_server_t *server, tg_reg_t *reg, tg_server_who_t who, tg_slice_t text);

/** Takes down what a policy has chosen (copied). TG_E_TOO_LONG above TG_REG_CHOSEN_MAX, TG_E_NOMEM. */
TG_MUST_CHECK tg_rc_t tg_reg_notes_choose(tg_reg_t *reg, const tg_server_observe_t *observe, size_t count);

/** Moves manufacturer and model from @p from, a registration of the same device that ends; they do not change. */
void tg_reg_notes_inherit(tg_server_t *server, tg_reg_t *reg, tg_reg_t *from);

/** Writes the notes of @p reg, but for its texts, as part of a row. */
void tg_reg_notes_put(const tg_server_t *server, const tg_reg_t *reg, tg_buf_t *out);

/** Reads them back. TG_E_CORRUPT, TG_E_NOMEM. */
TG_MUST_CHECK tg_rc_t tg_reg_notes_get(tg_server_t *server, tg_reg_t *reg, tg_row_t *in);

/** Queues the row of @p reg: registration, object list, observations with their tokens. Failure is logged. */
void tg_reg_store_put(tg_server_t *server, tg_reg_t *reg);

/** Queues the row's removal. */
void tg_reg_store_del(tg_server_t *server, const tg_reg_t *reg);

/** Reads all rows; @p fn is the lifetime's timer function. TG_E_STORE. */
TG_MUST_CHECK tg_rc_t tg_reg_store_restore(tg_server_t *server, tg_link_t *const links[], size_t link_count,
                                           tg_timer_fn fn, const tg_backend_ops_t *backend);

/** Ends @p reg: observations, requests, row; its device goes offline with @p type and @p note (TG_EVENT_TYPE_COUNT: the device stays, another registration took it over). */
void tg_reg_end(tg_server_t *server, tg_reg_t *reg, tg_event_type_t type, const char *note);

/** Timer function of lifetimes. */
void tg_reg_end_on_lifetime(tg_timer_t *timer, void *ud);

#endif
