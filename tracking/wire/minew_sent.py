"""What a Minew gateway sends: the bodies that the simulated hospital posts (see minew for both
the form and its reading)."""

from collections.abc import Iterable
from datetime import datetime

import msgspec

_encode = msgspec.json.Encoder().encode


def post(
    gateway: str,
    heard: Iterable[tuple[str, int, int]],
    *,
    at: datetime,
    load: float = 0.05,
    free: int = 98,
) -> bytes:
    """One post of an MG4: the gateway's own row, then one row for each packet heard.

    heard: (tag's MAC, dBm, battery percent). `at` in UTC. Tags speak three dialects, by the
    last digit of their address: sensor rows, raw frames, and iBeacons that say no battery.
    """
    moment = f"{at:%Y-%m-%dT%H:%M:%S}.{at.microsecond // 1000:03d}Z"
    rows: list[dict] = [
        {
            "timestamp": moment,
            "type": "Gateway",
            "mac": gateway.upper(),
            "gatewayFree": free,
            "gatewayLoad": load,
        }
    ]
    rows += [_row(tag.upper(), rssi, battery, moment) for tag, rssi, battery in heard]
    return _encode(rows)


def _row(mac: str, rssi: int, battery: int, moment: str) -> dict:
    row = {"timestamp": moment, "type": "Unknown", "mac": mac, "bleName": "", "rssi": rssi}
    dialect = int(mac[-1], 16) % 3 if mac[-1:] in "0123456789ABCDEF" else 2
    if dialect == 0:
        row |= {"type": "S1", "battery": battery, "temperature": 22.4, "humidity": 45.1}
    elif dialect == 1 and len(mac) == 12:
        row["rawData"] = raw_frame(mac, battery)
    else:
        row |= {
            "type": "iBeacon",
            "ibeaconUuid": "E2C56DB5DFFB48D2B060D0F5A71096E0",
            "ibeaconMajor": 0,
            "ibeaconMinor": 0,
            "ibeaconTxPower": -59,
        }
    return row


def raw_frame(mac: str, battery: int) -> str:
    """The advertisement of a Minew tag with accelerometer: flags, service 0xFFE1, frame A1 03.

    Battery in percent, no acceleration, and the MAC in reverse, in upper-case hexadecimal.
    """
    frame = bytes([0xA1, 0x03, battery]) + bytes(6) + bytes.fromhex(mac)[::-1]
    service = b"\x16\xe1\xff" + frame
    return (b"\x02\x01\x06\x03\x03\xe1\xff" + bytes([len(service)]) + service).hex().upper()
