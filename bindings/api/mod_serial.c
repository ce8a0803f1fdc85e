/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Opens serial ports for scripts and sets them up: raw, no flow control, nobody else's. What can block or fail slowly (reading,
 * writing, coming back after a loss) is Lua over uv: scripts/tidegate/serial.lua.
 */

#include "bindings/api/mod_serial.h"

#include <errno.h>
#include <fcntl.h>
#include <lauxlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include "bindings/api/bundle_uv.h"
#include "bindings/api/driver_task.h"
#include "bindings/api/lua_record.h"

static const struct {
  lua_Integer baud;
  speed_t speed;
} speeds[] = {{300, B300},       {600, B600},       {1200, B1200},    {2400, B2400},   {4800, B4800},
              {9600, B9600},     {19200, B19200},   {38400, B38400},  {57600, B57600}, {115200, B115200},
              {230400, B230400}, {460800, B460800}, {921600, B921600}};

typedef struct settings {
  speed_t speed;
  tcflag_t flags;
} settings_t;

static lua_Integer integer_option(lua_State *L, const char *key, lua_Integer standard) {
  lua_getfield(L, 2, key);
  int is_integer = 1;
  lua_Integer value = lua_isnil(L, -1) ? standard : lua_tointegerx(L, -1, &is_integer);
  lua_pop(L, 1);
  if (!is_integer) luaL_error(L, "option \"%s\" is an integer", key);
  return value;
}

static void refuse_unknown(lua_State *L) {
  static const char *const known[] = {"baud", "parity", "stop", "bits"};
  for (lua_pushnil(L); lua_next(L, 2); lua_pop(L, 1)) {
    bool is_known = false;
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
      is_known = is_known || (lua_type(L, -2) == LUA_TSTRING && strcmp(lua_tostring(L, -2), known[i]) == 0);
    }
    if (!is_known)
      luaL_error(L, "option \"%s\" is not known: baud, parity, stop and bits are", luaL_tolstring(L, -2, NULL));
  }
}

static tcflag_t parity_flags(lua_State *L) {
  lua_getfield(L, 2, "parity");
  const char *parity = lua_isnil(L, -1) ? "none" : lua_type(L, -1) == LUA_TSTRING ? lua_tostring(L, -1) : "";
  tcflag_t flags = 0;
  if (strcmp(parity, "even") == 0) flags = PARENB;
  else if (strcmp(parity, "odd") == 0) flags = PARENB | PARODD;
  else if (strcmp(parity, "none") != 0) luaL_error(L, "option \"parity\" is \"none\", \"even\" or \"odd\"");
  lua_pop(L, 1);
  return flags;
}

/* The options table at index 2. Raises on misuse. */
static settings_t read_options(lua_State *L) {
  settings_t settings = {.speed = B0, .flags = CREAD | CLOCAL};
  refuse_unknown(L);
  lua_Integer baud = integer_option(L, "baud", 9600);
  for (size_t i = 0; i < sizeof speeds / sizeof *speeds; i++) {
    if (speeds[i].baud == baud) settings.speed = speeds[i].speed;
  }
  if (settings.speed == B0) luaL_error(L, "baud %I is not one that serial ports have", (LUAI_UACINT)baud);
  settings.flags |= parity_flags(L);
  lua_Integer stop = integer_option(L, "stop", 1), bits = integer_option(L, "bits", 8);
  if (stop != 1 && stop != 2) luaL_error(L, "option \"stop\" is 1 or 2");
  if (bits != 7 && bits != 8) luaL_error(L, "option \"bits\" is 7 or 8");
  if (stop == 2) settings.flags |= CSTOPB;
  settings.flags |= bits == 8 ? CS8 : CS7;
  return settings;
}

/* Raw: every byte as it is, read() gives what there is. 0, or errno. */
static int set_up(int fd, const settings_t *settings) {
  struct termios raw = {0};
  if (tcgetattr(fd, &raw) != 0) return errno;
  raw.c_iflag = settings->flags & PARENB ? INPCK : 0;
  raw.c_oflag = 0;
  raw.c_lflag = 0;
  raw.c_cflag = settings->flags;
  raw.c_cc[VMIN] = 1;
  raw.c_cc[VTIME] = 0;
  if (cfsetispeed(&raw, settings->speed) != 0 || cfsetospeed(&raw, settings->speed) != 0) return errno;
  if (tcsetattr(fd, TCSANOW, &raw) != 0) return errno;
  if (ioctl(fd, TIOCEXCL) != 0) return errno;
  return tcflush(fd, TCIOFLUSH) == 0 ? 0 : errno;
}

static int fail(lua_State *L, const char *port, int error) {
  lua_pushnil(L);
  lua_pushfstring(L, "%s: %s", port, strerror(error));
  tg_lua_record_push_error(L,
                           error == EACCES || error == EBUSY ? TG_E_DENIED
                           : error == ENOENT                 ? TG_E_NOT_FOUND
                                                             : TG_E_IO,
                           lua_tostring(L, -1));
  lua_remove(L, -2);
  return 2;
}

/* require(name), left on the stack. */
static void require(lua_State *L, const char *name) {
  lua_getglobal(L, "require");
  lua_pushstring(L, name);
  lua_call(L, 1, 1);
}

/* (core, descriptor, name, whether uv has it): a uv stream over the descriptor and a port over that. Protected: the caller closes on an error. */
static int make_port(lua_State *L) {
  require(L, "tidegate.serial");
  lua_getfield(L, -1, "port");
  lua_pushvalue(L, 1);
  tg_bundle_uv_push_stream(L, (int)lua_tointeger(L, 2));
  *(bool *)lua_touserdata(L, 4) = true;
  lua_pushvalue(L, 3);
  lua_call(L, 3, 1);
  return 1;
}

static int serial_open(lua_State *L) {
  const char *port = luaL_checkstring(L, 1);
  if (lua_isnoneornil(L, 2)) {
    lua_settop(L, 1);
    lua_newtable(L);
  }
  luaL_checktype(L, 2, LUA_TTABLE);
  lua_settop(L, 2);
  settings_t settings = read_options(L);
  int fd = open(port, O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
  if (fd < 0) return fail(L, port, errno);
  int error = set_up(fd, &settings);
  if (error) {
    close(fd);
    return fail(L, port, error);
  }
  lua_pushcfunction(L, make_port);
  lua_pushvalue(L, lua_upvalueindex(1));
  lua_pushinteger(L, fd);
  lua_pushvalue(L, 1);
  bool is_uvs = false;
  lua_pushlightuserdata(L, &is_uvs);
  if (lua_pcall(L, 4, 1, 0) != LUA_OK) {
    if (!is_uvs) close(fd);
    return lua_error(L);
  }
  return 1;
}

/* lines(port[, options[, opened]]) is serial.lines(core, …). */
static int serial_lines(lua_State *L) {
  luaL_checkstring(L, 1);
  lua_settop(L, 3);
  require(L, "tidegate.serial");
  lua_getfield(L, -1, "lines");
  lua_pushvalue(L, lua_upvalueindex(1));
  for (int i = 1; i <= 3; i++) lua_pushvalue(L, i);
  lua_call(L, 4, 1);
  return 1;
}

void tg_mod_serial_push(lua_State *L) {
  lua_createtable(L, 0, 2);
  lua_createtable(L, 0, 2); /* what scripts/tidegate/serial.lua calls core */
  lua_pushcfunction(L, tg_driver_task_wait);
  lua_setfield(L, -2, "wait");
  lua_pushvalue(L, -1);
  lua_pushcclosure(L, serial_open, 1);
  lua_pushvalue(L, -1);
  lua_setfield(L, -3, "open");
  lua_setfield(L, -3, "open");
  lua_pushcclosure(L, serial_lines, 1);
  lua_setfield(L, -2, "lines");
}
