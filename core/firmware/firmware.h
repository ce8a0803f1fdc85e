/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_CORE_FIRMWARE_FIRMWARE_H
#define TG_CORE_FIRMWARE_FIRMWARE_H

/**
 * Firmware update (object 5; LwM2M Core 1.1 Appendix E.6): images kept by the gateway, one update at a time a device, each an explicit
 * state machine that is kept in the store. A sink of the twin: it submits commands and follows events, and knows no CoAP. Images reach
 * devices by push (Write of /5/0/0), or devices fetch them from the gateway (a URI in /5/0/1) over CoAP or HTTP. Campaigns over many
 * devices are in campaign.h.
 */

#include "core/base/diag.h"
#include "core/device/device.h"
#include "core/http/http_server.h"

typedef struct tg_firmware tg_firmware_t;

enum {
  TG_FW_NAME_MAX = 64,    /* bytes of an image's or a campaign's name: [A-Za-z0-9._-]+ */
  TG_FW_VERSION_MAX = 64, /* bytes of a version */
  TG_FW_CAUSE_MAX = 160,  /* bytes of a cause with its NUL */
  TG_FW_SHA256 = 32
};

/** How an image travels. */
typedef enum tg_fw_method {
  TG_FW_AUTO, /* chosen by /5/0/9, /5/0/8 and what the gateway serves */
  TG_FW_PUSH,
  TG_FW_PULL_COAP,
  TG_FW_PULL_HTTP,
  TG_FW_METHOD_COUNT
} tg_fw_method_t;

/** Where an update stands; the last four end it. */
typedef enum tg_fw_state {
  TG_FW_WAITING,      /* for the device to register or wake, or for its turn in a campaign */
  TG_FW_ASKING,       /* reads /5/0 and /3/0/3: what the device runs and can */
  TG_FW_MOVING,       /* asked to come over an IP link for the transfer */
  TG_FW_TRANSFERRING, /* push under way, or the device downloads (/5/0/3 = 1) */
  TG_FW_READY, /* the device has the image and finds it good (/5/0/3 = 2); waits for tg_firmware_apply() where the asker wanted so */
  TG_FW_APPLYING,  /* Update was executed (/5/0/3 = 3); the device restarts */
  TG_FW_RETURNING, /* asked to go back to the link it came from */
  TG_FW_DONE,      /* the device runs the image's version; or ran it before (cause says so) */
  TG_FW_FAILED,
  TG_FW_CANCELLED,
  TG_FW_UNKNOWN, /* Update was executed once and nobody knows what came of it: it is not executed again */
  TG_FW_STATE_COUNT
} tg_fw_state_t;

/** An image. Strings are lent until the next call that changes images. */
typedef struct tg_fw_image {
  const char *name;
  const char *version; /* what /3/0/3 (or /5/0/7) is expected to say afterwards; "" = not checked */
  uint64_t size;       /* bytes */
  uint8_t sha256[TG_FW_SHA256];
  int64_t added_ms; /* Unix time */
  uint32_t users;   /* updates that have not ended */
} tg_fw_image_t;

/** An update as it is asked for. Borrowed. */
typedef struct tg_fw_request {
  tg_slice_t ep;
  tg_slice_t image;
  tg_fw_method_t method;
  bool hold;    /* stay READY until tg_firmware_apply() */
  bool force;   /* also where the device says that it runs the version already */
  int severity; /* 0 critical, 1 mandatory, 2 optional: written to /5/0/11 where the device has it; -1: not written */
  int64_t defer_s;     /* written to /5/0/13; -1: not written */
  uint32_t expiry_s;   /* fails unless it has ended by then; 0 = 7 days */
  tg_slice_t campaign; /* name of the campaign that asks; empty */
  tg_slice_t tag;      /* the asker's own id (≤ 64 bytes), echoed in events */
} tg_fw_request_t;

/** An update as it stands. Strings are lent until the loop turn ends. */
typedef struct tg_fw_update {
  uint64_t id; /* rises, survives restarts */
  const char *ep;
  const char *image;
  const char *campaign; /* "" = none */
  const char *tag;
  tg_fw_state_t state;
  tg_fw_method_t method; /* chosen, or AUTO while it isn't */
  const char *cause;     /* of the last transition, for people: `the device answered 4.04 to the Write of /5/0/1` */
  const char *link;      /* over which the image goes; "" = not begun */
  const char *version_before;
  const char *version_after;
  int result;     /* last /5/0/5 seen, -1 = none */
  uint64_t sent;  /* bytes the device has taken (push), or asked for (pull) */
  uint64_t total; /* bytes of the image */
  int64_t begun_ms;
  int64_t changed_ms; /* Unix time of the last transition */
} tg_fw_update_t;

/** Seam: told of each transition of an update, and at most once a second of its progress. Lent for the call. */
typedef void (*tg_fw_changed_fn)(void *ud, const tg_fw_update_t *update);

/** Seam: how the adding of an image ended: TG_OK; TG_E_EXISTS (same name, other bytes or version; the same of both is TG_OK), TG_E_TOO_LONG, TG_E_ARG (empty), TG_E_FULL, TG_E_IO, TG_E_AGAIN (it was removed meanwhile), TG_E_STATE (no folder), TG_E_NOMEM. @p why: for people, "" where there is nothing to add. Lent for the call; not called any more once tg_firmware_close() was. */
typedef void (*tg_fw_added_fn)(void *ud, tg_rc_t rc, const char *why);

/** An image to be added. Borrowed. */
typedef struct tg_fw_addition {
  tg_slice_t name;
  tg_slice_t version; /* may be empty */
  const char *file;   /* path */
  tg_fw_added_fn done;
  void *ud; /* of done; kept */
} tg_fw_addition_t;

/** How it works. Strings are kept. */
typedef struct tg_firmware_config {
  tg_twin_t *twin;        /* kept */
  tg_event_bus_t *events; /* kept */
  tg_store_t *store;      /* kept; NULL: nothing survives */
  tg_loop_t *
      loop; /* kept; for the HTTP file server and for what is done beside it; NULL: no server, and images are added while everybody waits */
  tg_wheel_t *wheel;   /* kept */
  tg_random_fn random; /* of the paths under which images are served */
  void *random_ud;
  const char *folder; /* of images; made where it is missing; NULL: no images can be added */
  const char
      *coap_base; /* `coap://192.0.2.1:5683`: what devices reach the gateway's CoAP under; NULL: no pull over CoAP */
  const char *http_host;       /* address that the HTTP file server listens on; NULL: none */
  uint16_t http_port;          /* 0 = any */
  tg_http_stats_t *http_stats; /* kept; what its caps have refused is counted there; may be NULL */
  const char *http_base;       /* `http://192.0.2.1:8080`: what devices reach it under; NULL: from host and port */
  uint64_t image_max;          /* bytes of one image; 0 = 64 MiB */
  uint32_t parallel;           /* transfers at once; 0 = 64 */
  const char
      *move_from; /* name of a link from which devices are moved for images of more than move_above bytes; NULL: none */
  const char *move_to;   /* transport letter they are asked to use: `U` */
  const char *move_back; /* transport letter afterwards: `N` */
  uint64_t move_above;   /* bytes */
} tg_firmware_config_t;

/** Makes it and reads images and updates back; those that had not ended go on. TG_E_IO, TG_E_STORE, TG_E_CONFIG, TG_E_NOMEM with @p diag. @p config is copied. */
TG_MUST_CHECK tg_rc_t tg_firmware_open(const tg_firmware_config_t *config, tg_diag_t *diag, tg_firmware_t **firmware);

/** Nothing moves any more: what becomes of commands from now on is no news of a device. To be called before tg_twin_stop(); updates that have not ended go on at the next start. NULL is allowed. */
void tg_firmware_stop(tg_firmware_t *firmware);

/** Stops and frees it. To be called before the twin goes. NULL is allowed. */
void tg_firmware_close(tg_firmware_t *firmware);

/** The store told of a commit (or of a failed one): an update whose state is on disk now may be applied. */
void tg_firmware_committed(tg_firmware_t *firmware, uint64_t ticket, tg_rc_t rc);

/** The port of the HTTP file server; 0 = there is none. */
uint16_t tg_firmware_http_port(const tg_firmware_t *firmware);

/** Adds a listener of changes; at most 8. TG_E_FULL. */
TG_MUST_CHECK tg_rc_t tg_firmware_listen(tg_firmware_t *firmware, tg_fw_changed_fn fn, void *ud);

/** Ends the listening of exactly this fn and ud. Safe inside a call. */
void tg_firmware_unlisten(tg_firmware_t *firmware, tg_fw_changed_fn fn, void *ud);

/** Begins to copy a file in as an image; what is written and digested is so beside the loop, one image after the other. TG_E_ARG with @p diag; TG_E_FULL (16 wait), TG_E_NOMEM. How it ended is told by `done`; where there is no loop, before this returns. */
TG_MUST_CHECK tg_rc_t tg_firmware_image_add(tg_firmware_t *firmware, const tg_fw_addition_t *addition, tg_diag_t *diag);

/** Nobody waits with @p ud any more: `done` is not called with it. The image is added all the same. */
void tg_firmware_image_forget(tg_firmware_t *firmware, const void *ud);

/** Removes an image. TG_E_NOT_FOUND; TG_E_STATE while an update uses it. */
TG_MUST_CHECK tg_rc_t tg_firmware_image_del(tg_firmware_t *firmware, tg_slice_t name);

/** The image called @p name; false: none. */
bool tg_firmware_image(const tg_firmware_t *firmware, tg_slice_t name, tg_fw_image_t *image);

/** Walks the images by name; return false to stop. */
void tg_firmware_images(const tg_firmware_t *firmware, bool (*fn)(void *ud, const tg_fw_image_t *image), void *ud);

/** The bytes served under @p path (`/fw/TOKEN`, a token of one update), lent until the loop turn ends, with their ETag (8 bytes). @p asked: up to where the device has asked for them with this request, 0 = not told; it is the update's progress. TG_E_NOT_FOUND. */
TG_MUST_CHECK tg_rc_t tg_firmware_file(tg_firmware_t *firmware, tg_slice_t path, uint64_t asked, tg_slice_t *body,
                                       tg_slice_t *etag);

/** Begins an update. TG_E_NOT_FOUND (image), TG_E_EXISTS (the device has one that has not ended: @p id is its id), TG_E_ARG, TG_E_FULL, TG_E_NOMEM. */
TG_MUST_CHECK tg_rc_t tg_firmware_update(tg_firmware_t *firmware, const tg_fw_request_t *request, uint64_t *id);

/** Ends an update as CANCELLED; the device is told where it can be (/5/0/10, or an empty /5/0/1). TG_E_NOT_FOUND; TG_E_STATE once it has ended or the device applies it. */
TG_MUST_CHECK tg_rc_t tg_firmware_cancel(tg_firmware_t *firmware, uint64_t id);

/** Lets an update that was asked for with `hold` go on. TG_E_NOT_FOUND, TG_E_STATE (not READY). */
TG_MUST_CHECK tg_rc_t tg_firmware_apply(tg_firmware_t *firmware, uint64_t id);

/** Update number @p id; false: none, or it ended more than 30 days or 1,000 updates ago. */
bool tg_firmware_find(const tg_firmware_t *firmware, uint64_t id, tg_fw_update_t *update);

/** The newest update of @p ep; false: none. */
bool tg_firmware_find_ep(const tg_firmware_t *firmware, tg_slice_t ep, tg_fw_update_t *update);

/** Walks updates, newest first; return false to stop. */
void tg_firmware_updates(const tg_firmware_t *firmware, bool (*fn)(void *ud, const tg_fw_update_t *update), void *ud);

/** Lower-case name of a state: `waiting`, `transferring` … */
const char *tg_firmware_state_name(tg_fw_state_t state);

/** Whether @p state ends an update. */
bool tg_firmware_state_ends(tg_fw_state_t state);

/** Name of a method: `auto`, `push`, `pull-coap`, `pull-http`. */
const char *tg_firmware_method_name(tg_fw_method_t method);

/** The method called @p name. TG_E_NOT_FOUND. */
TG_MUST_CHECK tg_rc_t tg_firmware_method_of(tg_slice_t name, tg_fw_method_t *method);

#endif
