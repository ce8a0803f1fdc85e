/* SPDX-License-Identifier: Apache-2.0 */
/* `tidegate check`; called by main.c. See cli.h. */

#include <stdio.h>

#include "bindings/host/cli.h"
#include "bindings/host/scripts.h"

tg_cli_exit_t tg_cmd_check(const tg_cli_t *cli) {
  tg_buf_t errors;
  tg_config_t *config = NULL;
  tg_buf_init_growing(&errors, (size_t)1 << 20);
  tg_rc_t rc = tg_config_load(cli->config, &errors, &config);
  if (rc == TG_OK) rc = tg_scripts_check(config, &errors);
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
