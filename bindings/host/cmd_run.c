/* SPDX-License-Identifier: Apache-2.0 */
/* `tidegate run`: makes the gateway from its configuration and runs it until a signal; called by main.c. See cli.h. */

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bindings/host/cli.h"
#include "bindings/host/control.h"
#include "bindings/host/scripts.h"
#include "core/base/crash.h"

/* Everything that runs, in order of making. */
typedef struct run {
  tg_config_t *config;
  int lock;
  tg_loop_t *loop;
  tg_registry_t *registry;
  tg_api_t *api;
  tg_gateway_t *gateway;
  tg_scripts_t *scripts;
  tg_control_t *control;
} run_t;

static void on_stop(void *ud, int signum) {
  run_t *run = ud;
  tg_log("host", TG_LOG_INFO, "stopping signal=%d", signum);
  tg_loop_stop(run->loop);
}

static void on_hangup(void *ud, int signum) {
  (void)signum;
  run_t *run = ud;
  tg_diag_t diag = {0};
  (void)!tg_scripts_reload(run->scripts, tg_slice(NULL, 0), &diag); /* logged there */
}

/* Brokers speak until the gateway is closed, scripts listen only while the api lives. */
static void on_message(void *ud, const tg_mqtt_incoming_t *message) {
  const run_t *run = ud;
  if (run->api) tg_api_on_mqtt_message(run->api, message);
}

static void on_state(void *ud, size_t broker, bool connected, const char *why) {
  const run_t *run = ud;
  if (run->api) tg_api_on_mqtt_state(run->api, broker, connected, why);
}

static tg_rc_t on_register(void *ud, const tg_server_candidate_t *candidate, tg_server_decision_t *decision) {
  const run_t *run = ud;
  return run->api ? tg_api_on_register(run->api, candidate, decision) : TG_OK;
}

static void each_script(void *ud, bool (*fn)(void *fn_ud, const tg_api_status_t *status), void *fn_ud) {
  const run_t *run = ud;
  tg_scripts_each(run->scripts, fn, fn_ud);
}

static tg_rc_t reload(void *ud, tg_slice_t name, tg_diag_t *diag) {
  const run_t *run = ud;
  return tg_scripts_reload(run->scripts, name, diag);
}

/* Two gateways over one store would undo each other's work. */
static tg_rc_t lock_data(run_t *run, tg_diag_t *diag) {
  char path[PATH_MAX];
  const char *folder = run->config->data_dir;
  if (mkdir(folder, 0750) != 0 && errno != EEXIST) {
    tg_diag_set(diag, NULL, 0, "data_dir: can't make %s: %s", folder, strerror(errno));
    return TG_E_IO;
  }
  int len = snprintf(path, sizeof path, "%s/lock", folder);
  run->lock = len > 0 && (size_t)len < sizeof path ? open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0640) : -1;
  if (run->lock < 0) {
    tg_diag_set(diag, NULL, 0, "data_dir: can't write in %s: %s", folder, strerror(errno));
    return TG_E_IO;
  }
  if (flock(run->lock, LOCK_EX | LOCK_NB) == 0) return TG_OK;
  tg_diag_set(diag, NULL, 0, "data_dir: another gateway runs on %s", folder);
  return TG_E_STATE;
}

static tg_rc_t open_core(run_t *run, tg_diag_t *diag) {
  run->loop = tg_loop_new();
  run->registry = tg_registry_new();
  const tg_api_config_t api = {.gateway_name = run->config->name,
                               .scripts_dir = run->config->folder,
                               .refuses_on_error = run->config->policy_refuses};
  run->api = tg_api_new(&api);
  if (!run->loop || !run->registry || !run->api) return TG_E_NOMEM;
  tg_rc_t rc = tg_scripts_objects(run->config, run->registry);
  if (rc != TG_OK) return rc;
  tg_gateway_config_t gateway = run->config->gateway;
  gateway.on_message = on_message;
  gateway.on_state = on_state;
  gateway.admit = on_register;
  gateway.ud = run;
  return tg_gateway_open(run->loop, run->registry, &gateway, diag, &run->gateway);
}

static tg_rc_t open_faces(run_t *run, tg_diag_t *diag) {
  tg_gateway_parts_t core = tg_gateway_parts(run->gateway);
  const tg_api_parts_t parts = {run->loop, core.twin, core.events,   run->registry, core.store,
                                core.mqtt, core.coap, core.firmware, core.campaigns};
  tg_api_attach(run->api, &parts);
  run->scripts = tg_scripts_new(run->loop, run->api, run->config);
  if (!run->scripts) return TG_E_NOMEM;
  const tg_control_config_t control = {.path = run->config->control_socket,
                                       .mode = run->config->control_mode,
                                       .gateway_name = run->config->name,
                                       .parts = core,
                                       .gateway = run->gateway,
                                       .scripts = {each_script, reload, run},
                                       .script_limits = run->config->script_limits};
  tg_rc_t rc = tg_control_open(&control, diag, &run->control);
  if (rc == TG_OK) rc = tg_loop_on_signal(run->loop, SIGTERM, on_stop, run);
  if (rc == TG_OK) rc = tg_loop_on_signal(run->loop, SIGINT, on_stop, run);
  if (rc == TG_OK) rc = tg_loop_on_signal(run->loop, SIGHUP, on_hangup, run);
  return rc;
}

static void close_all(run_t *run) {
  tg_control_close(run->control);
  /* Durable commands go on at the next start; the drivers that carry them out still stand. */
  tg_gateway_stop(run->gateway);
  tg_scripts_free(run->scripts);
  tg_api_free(run->api); /* deinit may publish: the gateway's closing writes that out */
  run->api = NULL;
  tg_gateway_close(run->gateway);
  tg_registry_free(run->registry);
  tg_loop_free(run->loop);
  if (run->lock >= 0) (void)close(run->lock);
}

static tg_cli_exit_t run_configured(run_t *run) {
  tg_diag_t diag = {0};
  tg_log_setup(run->config->log_level, NULL, NULL);
  (void)signal(SIGPIPE, SIG_IGN);
  tg_rc_t rc = lock_data(run, &diag);
  if (rc == TG_OK) rc = open_core(run, &diag);
  if (rc == TG_OK) rc = open_faces(run, &diag);
  if (rc == TG_OK) {
    tg_log("host", TG_LOG_INFO, "ready name=%s version=" TG_VERSION " control=%s", run->config->name,
           run->config->control_socket);
    tg_loop_run(run->loop);
  } else {
    char why[sizeof diag.message];
    tg_slice_t message = tg_slice_str(diag.message[0] ? diag.message : tg_rc_text(rc));
    tg_log("host", TG_LOG_ERROR, "not_started error=%s why=%s", tg_rc_name(rc), tg_log_quote(message, why, sizeof why));
  }
  close_all(run);
  if (rc == TG_OK) tg_log("host", TG_LOG_INFO, "stopped");
  return rc == TG_OK ? TG_CLI_OK : rc == TG_E_CONFIG ? TG_CLI_CONFIG : TG_CLI_FAILED;
}

/* `list` shows the places; anything else arms one of them. */
static tg_cli_exit_t set_crash(const char *text) {
  bool lists = strcmp(text, "list") == 0;
  if (!tg_crash_is_built()) {
    (void)fputs("tidegate: --crash-at: only test builds (CMake's Debug) can do that\n", stderr);
    return TG_CLI_USAGE;
  }
  for (size_t i = 0; lists && tg_crash_name(i); i++) (void)printf("%-24s %s\n", tg_crash_name(i), tg_crash_what(i));
  if (lists || tg_crash_setup(text)) return TG_CLI_OK;
  (void)fprintf(stderr, "tidegate: --crash-at %s: SITE:N is wanted, N from 1 on; --crash-at list shows the sites\n",
                text);
  return TG_CLI_USAGE;
}

tg_cli_exit_t tg_cmd_run(const tg_cli_t *cli) {
  run_t run = {.lock = -1};
  if (cli->crash_at) {
    tg_cli_exit_t set = set_crash(cli->crash_at);
    if (set != TG_CLI_OK || strcmp(cli->crash_at, "list") == 0) return set;
  }
  tg_buf_t errors;
  tg_buf_init_growing(&errors, (size_t)1 << 20);
  tg_cli_exit_t end = TG_CLI_CONFIG;
  if (tg_config_load(cli->config, &errors, &run.config) == TG_OK) end = run_configured(&run);
  else if (errors.len) (void)fwrite(errors.p, 1, errors.len, stderr);
  tg_config_free(run.config);
  tg_buf_fini(&errors);
  return end;
}
