# SPDX-License-Identifier: Apache-2.0
"""A Modbus slave for tests: TCP and RTU at once, over one set of registers.

The wire protocol is pymodbus's; this file holds the registers, takes commands on standard input
and tells each access as a line of standard output. Started by tests/interop/peers/modbus-slave.
"""

import argparse
import asyncio
import json
import logging
import os
import sys

from pymodbus.constants import ExcCodes
from pymodbus.exceptions import NoSuchIdException
from pymodbus.server import ModbusSerialServer, ModbusTcpServer
from pymodbus.simulator import DataType, SimData, SimDevice

TABLES = ("coil", "discrete", "holding", "input")
TABLE_OF_FUNCTION = {1: "coil", 5: "coil", 15: "coil", 2: "discrete", 4: "input",
                     3: "holding", 6: "holding", 16: "holding", 22: "holding", 23: "holding"}

EPILOG = """\
register map (--map FILE, a dash for the built-in one):
  {"units": {"1": {"holding": {"0": 1234, "10": [1, 2, 3]}, "input": {}, "coil": {}, "discrete": {}}}}
  An address not in the map answers exception 2. A list fills consecutive addresses. Registers are
  0..65535 (negative numbers are taken as 16-bit two's complement), coils and discretes 0 or 1.
  Without "units", the tables are those of unit 1.
built-in map of unit 1: holding 0..9 = 100..109, input 0..9 = 200..209, coil 0..7 = 1 0 1 0 …,
  discrete 0..7 = 0 1 0 1 …, holding 100..101 = 21.5 as a big-endian float, 102..103 = -70000
  as a 32-bit integer with the high word first.
commands on standard input, one a line; TABLE is coil, discrete, holding or input, with an optional
UNIT/ before it (1 is meant otherwise):
  set TABLE ADDRESS VALUE...   change values (and add the addresses)
  get TABLE ADDRESS [COUNT]    print values
  unset TABLE ADDRESS [COUNT]  take addresses away
  fault TABLE ADDRESS CODE     answer accesses to this address with exception CODE (0: no longer)
  delay MS                     wait that long before each answer
  silent on|off                do not answer at all
  quit
output: listening tcp HOST:PORT | listening rtu PATH | read UNIT/TABLE ADDRESS COUNT
  | write UNIT/TABLE ADDRESS VALUE... | value UNIT/TABLE ADDRESS VALUE... | error TEXT
"""


def tell(*words):
    """Prints one event as one line, at once."""
    print(*words, flush=True)


class Bank:
    """The registers of all units; what pymodbus calls a server context."""

    def __init__(self, units):
        self.units = units
        self.faults = {}
        self.delay = 0.0
        self.silent = False

    def device_ids(self):
        """The units there are, for broadcasts."""
        return list(self.units)

    async def _before(self, unit):
        if unit not in self.units:
            raise NoSuchIdException(f"no unit {unit}")
        if self.delay:
            await asyncio.sleep(self.delay)
        if self.silent:
            # pymodbus has no way to say "no answer", but it waits for this one as long as it takes.
            await asyncio.get_running_loop().create_future()

    def _refusal(self, unit, table, addresses):
        for address in addresses:
            if (unit, table, address) in self.faults:
                return self.faults[unit, table, address]
            if address not in self.units[unit][table]:
                return ExcCodes.ILLEGAL_ADDRESS
        return None

    async def async_getValues(self, device_id, func_code, address, count=1):  # pylint: disable=invalid-name
        """Called by pymodbus for each read."""
        await self._before(device_id)
        table = TABLE_OF_FUNCTION.get(func_code)
        if not table:
            return ExcCodes.ILLEGAL_FUNCTION
        tell("read", f"{device_id}/{table}", address, count)
        addresses = range(address, address + count)
        refusal = self._refusal(device_id, table, addresses)
        if refusal:
            return refusal
        values = self.units[device_id][table]
        return [values[each] for each in addresses]

    async def async_setValues(self, device_id, func_code, address, values):  # pylint: disable=invalid-name
        """Called by pymodbus for each write."""
        await self._before(device_id)
        table = TABLE_OF_FUNCTION.get(func_code)
        if not table:
            return ExcCodes.ILLEGAL_FUNCTION
        refusal = self._refusal(device_id, table, range(address, address + len(values)))
        if refusal:
            return refusal
        for offset, value in enumerate(values):
            self.units[device_id][table][address + offset] = as_cell(table, value)
        tell("write", f"{device_id}/{table}", address, *(int(value) for value in values))
        return None


def as_cell(table, value):
    """A number as what a table holds; raises ValueError for what does not fit."""
    if not isinstance(value, (str, int)):
        raise ValueError(f"not a whole number: {value}")
    number = int(value, 0) if isinstance(value, str) else int(value)
    if table in ("coil", "discrete"):
        if number not in (0, 1):
            raise ValueError(f"a {table} is 0 or 1, not {number}")
        return bool(number)
    if not -0x8000 <= number <= 0xFFFF:
        raise ValueError(f"a register is 16 bits wide, {number} does not fit")
    return number & 0xFFFF


def build_unit(tables):
    """One unit out of its part of the map."""
    unit = {table: {} for table in TABLES}
    if not isinstance(tables, dict):
        raise ValueError("a unit is a JSON object of tables")
    for table, cells in tables.items():
        if not isinstance(cells, dict):
            raise ValueError(f"table {table} is not a JSON object of addresses")
        if table not in unit:
            raise ValueError(f"no such table: {table} (there are {', '.join(TABLES)})")
        for address, values in cells.items():
            for offset, value in enumerate(values if isinstance(values, list) else [values]):
                unit[table][int(address, 0) + offset] = as_cell(table, value)
    return unit


def builtin_map():
    """The map that is used when none is given."""
    return {"holding": {"0": list(range(100, 110)), "100": [0x41AC, 0], "102": [0xFFFE, 0xEE90]},
            "input": {"0": list(range(200, 210))},
            "coil": {"0": [1, 0] * 4}, "discrete": {"0": [0, 1] * 4}}


def load_map(path):
    """Reads the JSON map; a dash or nothing is the built-in one."""
    if path == "-":
        document = builtin_map()
    else:
        with open(path, encoding="utf-8") as file:
            document = json.load(file)
    units = document.get("units", {"1": document}) if isinstance(document, dict) else None
    if not isinstance(units, dict):
        raise ValueError("a register map is a JSON object")
    return {int(number, 0): build_unit(tables) for number, tables in units.items()}


class Console:
    """The commands of standard input."""

    def __init__(self, bank):
        self.bank = bank

    def _place(self, word):
        unit, _, table = word.rpartition("/")
        unit = int(unit or "1", 0)
        if unit not in self.bank.units or table not in TABLES:
            raise ValueError(f"no such table: {word}")
        return unit, table

    def run(self, words):
        """Runs one command; raises ValueError with a sentence for the user."""
        command, rest = words[0], words[1:]
        if command == "delay" and len(rest) == 1:
            self.bank.delay = int(rest[0]) / 1000.0
        elif command == "silent" and rest in (["on"], ["off"]):
            self.bank.silent = rest == ["on"]
        elif command in ("set", "get", "unset", "fault") and len(rest) >= 2:
            self._on_cells(command, self._place(rest[0]), int(rest[1], 0), rest[2:])
        else:
            raise ValueError(f"unknown command or wrong arguments: {' '.join(words)}")

    def _on_cells(self, command, place, address, rest):
        unit, table = place
        cells = self.bank.units[unit][table]
        count = int(rest[0], 0) if rest and command in ("get", "unset") else 1
        if command == "set":
            values = [as_cell(table, value) for value in rest]
            cells.update({address + offset: value for offset, value in enumerate(values)})
            count = len(values)
        elif command == "fault":
            if len(rest) != 1:
                raise ValueError("usage: fault TABLE ADDRESS CODE")
            self._fault((unit, table, address), int(rest[0], 0))
            return
        elif command == "unset":
            for each in range(address, address + count):
                cells.pop(each, None)
            return
        found = [cells.get(each) for each in range(address, address + count)]
        tell("value", f"{unit}/{table}", address, *("-" if value is None else int(value) for value in found))

    def _fault(self, key, code):
        if code:
            self.bank.faults[key] = ExcCodes(code)
        else:
            self.bank.faults.pop(key, None)


async def serve(options, bank):
    """Listens, then obeys standard input until it ends."""
    # pymodbus insists on a store of its own; ours takes its place before anything is served.
    placeholder = SimDevice(0, simdata=[SimData(0, values=0, datatype=DataType.REGISTERS)])
    servers = []
    if options.port is not None:
        server = ModbusTcpServer(placeholder, address=(options.bind, options.port))
        server.context = bank
        await server.serve_forever(background=True)
        servers.append(server)
        tell("listening", "tcp", "{}:{}".format(*server.transport.sockets[0].getsockname()[:2]))
    if options.tty is not None:
        server = ModbusSerialServer(placeholder, port=options.tty, baudrate=options.baud,
                                    parity=options.parity, stopbits=options.stop,
                                    ignore_missing_devices=True, broadcast_enable=True)
        server.context = bank
        await server.serve_forever(background=True)
        servers.append(server)
        tell("listening", "rtu", options.tty)
    await obey(await open_stdin(), Console(bank))
    for server in servers:
        await server.shutdown()


async def open_stdin():
    """Standard input as a stream: a pipe, a terminal or a socket."""
    reader = asyncio.StreamReader()
    try:
        await asyncio.get_running_loop().connect_read_pipe(
            lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    except ValueError as problem:
        raise OSError("standard input must be a pipe or a terminal, not a file") from problem
    return reader


async def obey(reader, console):
    """Runs commands until `quit` or the end of input."""
    while line := await reader.readline():
        words = line.decode("utf-8", "replace").split()
        if words == ["quit"]:
            return
        try:
            if words:
                console.run(words)
        except ValueError as problem:
            tell("error", problem)


def main():
    """Returns the exit code."""
    parser = argparse.ArgumentParser(prog="modbus-slave", epilog=EPILOG,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--map", default="-", metavar="FILE", help="register map as JSON")
    parser.add_argument("--port", type=int, help="listen on this TCP port (0: any free one)")
    parser.add_argument("--bind", default="127.0.0.1", help="TCP address to listen on (%(default)s)")
    parser.add_argument("--tty", help="serve RTU on this tty")
    parser.add_argument("--baud", type=int, default=19200, help="(%(default)s)")
    parser.add_argument("--parity", choices="NEO", default="N", help="(%(default)s)")
    parser.add_argument("--stop", type=int, choices=(1, 2), default=1, help="(%(default)s)")
    options = parser.parse_args()
    if options.port is None and options.tty is None:
        parser.error("--port or --tty is needed")
    logging.getLogger("pymodbus").setLevel(logging.CRITICAL)
    try:
        bank = Bank(load_map(options.map))
    except (OSError, ValueError) as problem:
        print(f"modbus-slave: {options.map}: {problem}", file=sys.stderr)
        return 64
    try:
        asyncio.run(serve(options, bank))
    except (OSError, RuntimeError) as problem:
        print(f"modbus-slave: {problem}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


if __name__ == "__main__":
    code = main()
    sys.stdout.flush()
    # pymodbus leaves threads of its serial transport behind that would keep the process alive.
    os._exit(code)
