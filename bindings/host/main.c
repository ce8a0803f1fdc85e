/* SPDX-License-Identifier: Apache-2.0 */
/* The program: which command, and how it ends. The commands are in cmd_*.c. */

#include <stdio.h>
#include <string.h>

#include "bindings/api/api.h"
#include "bindings/host/cli.h"

static const char usage[] = "usage: tidegate COMMAND [WORDS] [OPTIONS]\n"
                            "  run [-c FILE]                 run the gateway\n"
                            "  check [-c FILE]               check the configuration\n"
                            "  status                        what the gateway is doing\n"
                            "  limits                        limits, and how often they were met\n"
                            "  devices [GLOB]                devices known\n"
                            "  read EP PATH [PATH...]        read values, several paths at once\n"
                            "  write EP PATH VALUE           write a value (--type when its definition is unknown)\n"
                            "  write EP PATH=VALUE...        write several values at once\n"
                            "  update EP /O/I R=VALUE...     write resources of an instance, the others stay\n"
                            "  execute EP PATH [ARGS]        execute a resource; --retry: again if no answer comes\n"
                            "  create EP /O[/I] R=VALUE...   make an instance\n"
                            "  delete EP PATH                delete an instance\n"
                            "  observe EP PATH... [-f]       observe; -f shows what arrives\n"
                            "  unobserve EP [PATH]           end that\n"
                            "  attributes EP PATH NAME=N...  when to notify: pmin pmax gt lt st ...; NAME= unsets\n"
                            "  discover EP [PATH]            what the device has (--depth N)\n"
                            "  trigger EP                    ask for an Update (--transport U: over that one)\n"
                            "  disable EP                    have it leave for a while (--for SECONDS)\n"
                            "  bootstrap EP                  have it bootstrap again\n"
                            "  prefer EP U|T|S|N|M|H         the transport it shall use\n"
                            "  mute EP on|off                whether it may not send values of its own accord\n"
                            "  explain EP PATH               why there is no value, or since when there is one\n"
                            "  queue [EP]                    commands that have not ended\n"
                            "  cancel ID                     cancel one of them\n"
                            "  firmware add|images|remove    images for firmware updates\n"
                            "  firmware update EP IMAGE      update a device; --wait shows how it goes\n"
                            "  firmware status|apply|cancel  how updates stand; let one go on, end one\n"
                            "  firmware campaign|campaigns   update many in waves; see tidegate firmware help\n"
                            "  log [-f]                      events; -f goes on\n"
                            "  scripts | reload [NAME]       scripts; load them again\n"
                            "  api --dump                    functions that scripts may call\n"
                            "  version | help\n"
                            "options: --json --socket PATH --timeout SECONDS -c FILE --type TYPE --format FORMAT -f\n"
                            "         --depth N --transport LETTER --instance N --for SECONDS\n"
                            "exit: 0 done, 1 failed, 2 usage, 3 no gateway, 4 configuration, 5 timeout\n";

static tg_cli_exit_t dump_api(const tg_cli_t *cli) {
  if (!cli->dump) {
    (void)fputs("tidegate api: --dump is missing; see tidegate help\n", stderr);
    return TG_CLI_USAGE;
  }
  tg_buf_t out;
  tg_buf_init_growing(&out, (size_t)1 << 20);
  tg_rc_t rc = tg_api_dump(&out);
  if (rc == TG_OK && out.len) (void)fwrite(out.p, 1, out.len, stdout);
  else (void)fprintf(stderr, "tidegate api: %s\n", tg_rc_text(rc));
  tg_buf_fini(&out);
  return rc == TG_OK ? TG_CLI_OK : TG_CLI_FAILED;
}

static tg_cli_exit_t say_version(const tg_cli_t *cli) {
  (void)cli;
  (void)puts("tidegate " TG_VERSION);
  return TG_CLI_OK;
}

/* Commands that need no running gateway; they take no words. */
static const struct {
  const char *name;
  tg_cli_exit_t (*run)(const tg_cli_t *cli);
} own[] = {{"run", tg_cmd_run}, {"check", tg_cmd_check}, {"api", dump_api}, {"version", say_version}};

int main(int argc, char **argv) {
  tg_cli_t cli;
  if (!tg_cli_parse(argc, argv, &cli)) return TG_CLI_USAGE;
  if (cli.help || (cli.command && strcmp(cli.command, "help") == 0)) {
    (void)fputs(usage, stdout);
    return TG_CLI_OK;
  }
  if (!cli.command) {
    (void)fputs(usage, stderr);
    return TG_CLI_USAGE;
  }
  if (cli.more_count && strcmp(cli.command, "firmware") != 0) {
    (void)fprintf(stderr, "tidegate %s: it has no option --%s; see tidegate help\n", cli.command, cli.more[0].name);
    return TG_CLI_USAGE;
  }
  for (size_t i = 0; i < sizeof own / sizeof *own; i++) {
    if (strcmp(cli.command, own[i].name) != 0) continue;
    if (cli.word_count == 0) return (int)own[i].run(&cli);
    (void)fprintf(stderr, "tidegate %s: \"%s\" is too much; see tidegate help\n", cli.command, cli.words[0]);
    return TG_CLI_USAGE;
  }
  if (strcmp(cli.command, "firmware") == 0) return (int)tg_cmd_firmware(&cli);
  return (int)tg_cmd_ask(&cli);
}
