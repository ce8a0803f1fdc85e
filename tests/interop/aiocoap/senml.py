# SPDX-License-Identifier: Apache-2.0
"""SenML, CBOR, text and TLV as the aiocoap peer reads and writes them: written from the standards, without a look at Tidegate's codecs, so that
one is the other's witness. Values are Python's int, float, bool, str and bytes; records are (path, value) with value None where there is none.
"""

import base64
import json
import struct

import cbor2

TEXT, LINK, OPAQUE, CBOR = 0, 40, 42, 60
SENML_JSON, SENML_CBOR, ETCH_JSON, ETCH_CBOR = 110, 112, 320, 322
TLV, LWM2M_CBOR = 11542, 11544

# Labels of RFC 8428, table 6, by their names in JSON.
LABELS = {"bn": -2, "n": 0, "v": 2, "vs": 3, "vb": 4, "vd": 8}
NAMES = {number: name for name, number in LABELS.items()}


class Unsupported(Exception):
    """The format is none that this peer has."""


def is_senml(content_format):
    return content_format in (SENML_JSON, SENML_CBOR, ETCH_JSON, ETCH_CBOR)


def is_binary(content_format):
    return content_format in (SENML_CBOR, ETCH_CBOR)


def read_pack(payload, content_format):
    """The records of a SenML pack; in a FETCH they have no value."""
    pack = cbor2.loads(payload) if is_binary(content_format) else json.loads(payload)
    base, records = "", []
    for entry in pack:
        fields = {NAMES.get(key, key): value for key, value in entry.items()}
        base = fields.get("bn", base)
        path = base + fields.get("n", "")
        value = next((fields[key] for key in ("v", "vs", "vb", "vd") if key in fields), None)
        if "vd" in fields and not is_binary(content_format):
            text = fields["vd"]
            value = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
        records.append((path, value))
    return records


def write_pack(records, content_format):
    pack = []
    for path, value in records:
        if isinstance(value, bool):
            key = "vb"
        elif isinstance(value, (int, float)):
            key = "v"
        elif isinstance(value, bytes):
            key = "vd"
        else:
            key = "vs"
        if isinstance(value, bytes) and not is_binary(content_format):
            value = base64.urlsafe_b64encode(value).rstrip(b"=").decode()
        pack.append({"n": path, key: value})
    if is_binary(content_format):
        return cbor2.dumps([{LABELS[key]: value for key, value in entry.items()} for entry in pack])
    return json.dumps(pack, separators=(",", ":")).encode()


def write_map(records):
    """LwM2M CBOR: maps in maps, from the object down."""
    root = {}
    for path, value in records:
        level = root
        *above, last = map(int, path[1:].split("/"))
        for identifier in above:
            level = level.setdefault(identifier, {})
        level[last] = value
    return cbor2.dumps(root)


def read_single(payload, content_format, like):
    """One value; text says no type, so it gets that of the value before."""
    if content_format == CBOR:
        return cbor2.loads(payload)
    if content_format == OPAQUE:
        return bytes(payload)
    if content_format not in (TEXT, None):
        raise Unsupported(content_format)
    text = payload.decode()
    if isinstance(like, bool):
        return text == "1"
    if isinstance(like, bytes):
        return base64.b64decode(text)
    return type(like)(text) if isinstance(like, (int, float)) else text


def write_single(value, content_format):
    if content_format == CBOR:
        return cbor2.dumps(value)
    if content_format == OPAQUE and isinstance(value, bytes):
        return value
    if content_format != TEXT:
        raise Unsupported(content_format)
    if isinstance(value, bool):
        return b"1" if value else b"0"
    return base64.b64encode(value) if isinstance(value, bytes) else str(value).encode()


def read_tlv(payload, base, like):
    """Records below `base` (LwM2M Core 1.1, 7.4.3); `like(path)` is a value of the type that the resource has."""
    records, at = [], 0
    while at < len(payload):
        kind, at = payload[at], at + 1
        wide = 2 if kind & 0x20 else 1
        identifier, at = int.from_bytes(payload[at : at + wide], "big"), at + wide
        size, length = (kind >> 3) & 3, kind & 7
        if size:
            length, at = int.from_bytes(payload[at : at + size], "big"), at + size
        value, at = payload[at : at + length], at + length
        if len(value) != length:
            raise ValueError("TLV ends too early")
        path = f"{base}/{identifier}"
        if kind >> 6 in (0, 2):  # an object instance, a resource with instances
            records += read_tlv(value, path, like)
        else:
            records.append((path, tlv_value(value, like(path))))
    return records


def tlv_value(raw, like):
    if isinstance(like, bool):
        return raw != b"\0"
    if isinstance(like, int):
        return int.from_bytes(raw, "big", signed=True)
    return bytes(raw) if isinstance(like, bytes) else raw.decode()


def write_tlv(records, base):
    """What is below the instance `base`; arrays come with their elements one after the other."""
    out, arrays = b"", {}
    for path, value in records:
        resource, *element = map(int, path[len(base) + 1 :].split("/"))
        if element:
            arrays.setdefault(resource, b"")
            arrays[resource] += tlv_record(1, element[0], tlv_bytes(value))
        else:
            out += tlv_record(3, resource, tlv_bytes(value))
    return out + b"".join(tlv_record(2, resource, body) for resource, body in arrays.items())


def tlv_record(kind, identifier, value):
    wide = 2 if identifier > 255 else 1
    size = 0 if len(value) < 8 else (len(value).bit_length() + 7) // 8
    head = kind << 6 | (wide - 1) << 5 | size << 3 | (0 if size else len(value))
    return bytes([head]) + identifier.to_bytes(wide, "big") + (len(value).to_bytes(size, "big") if size else b"") + value


def tlv_bytes(value):
    if isinstance(value, bool):
        return b"\1" if value else b"\0"
    if isinstance(value, int):
        width = next(width for width in (1, 2, 4, 8) if -(1 << 8 * width - 1) <= value < 1 << 8 * width - 1)
        return value.to_bytes(width, "big", signed=True)
    if isinstance(value, float):
        return struct.pack(">d", value)
    return value if isinstance(value, bytes) else value.encode()
