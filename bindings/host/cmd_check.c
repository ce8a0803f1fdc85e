/* SPDX-License-Identifier: Apache-2.0 */
/* `tidegate check`; called by main.c. See cli.h. */

#include <stdio.h>

#include "bindings/host/cli.h"
#include "bindings/host/scripts.h"
#include "core/http/http_load.h"

/* What `run` would find out only when it opens them. */
static tg_rc_t check_http(const tg_config_t *config, tg_buf_t *errors) {
  const tg_gateway_config_t *gateway = &config->gateway;
  bool is_needed = gateway->firmware.http_host != NULL;
  for (size_t i = 0; i < gateway->link_count; i++) is_needed |= gateway->links[i].kind == TG_GATEWAY_NIDD;
  tg_diag_t diag = {0};
  if (!is_needed || tg_http_load(&diag)) return TG_OK;
  tg_buf_put_fmt(errors, "%s: %s\n", config->file, diag.message);
  return TG_E_CONFIG;
}

tg_cli_exit_t tg_cmd_check(const tg_cli_t *cli) {
  tg_buf_t errors;
  tg_config_t *config = NULL;
  tg_buf_init_growing(&errors, (size_t)1 << 20);
  tg_rc_t rc = tg_config_load(cli->config, &errors, &config);
  if (rc == TG_OK) rc = tg_scripts_check(config, &errors);
  if (rc == TG_OK) rc = check_http(config, &errors);
  if (rc == TG_OK) {
    (void)printf("%s: fine: %zu links, %zu brokers, %zu scripts\n", cli->config, config->gateway.link_count,
                 config->gateway.broker_count, config->script_count);
  } else if (errors.len) {
    (void)fwrite(errors.p, 1, errors.len, stderr);
  }
  tg_config_free(config);
  tg_buf_fini(&errors);
  return rc == TG_OK ? TG_CLI_OK : TG_CLI_CONFIG;
}
