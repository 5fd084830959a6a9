"""Advertising data of a BLE tag: what it says about itself besides being there."""

import binascii
from dataclasses import dataclass

_SERVICE_DATA_16 = 0x16
_MINEW = b"\xe1\xff"


@dataclass(frozen=True, slots=True)
class Advert:
    """What a frame says: the address printed on the tag ("" if not said), battery in percent."""

    address: str = ""
    battery_percent: int | None = None


def decode(raw: str) -> Advert:
    """A frame of advertising data in hexadecimal; unknown or broken frames give an empty Advert.

    Minew frame (service data 0xFFE1): `A1`, version, battery percent, values of the version,
    and the MAC in reverse as the last six bytes (facts of the vendor's BeaconPlus frames: `01`
    temperature and humidity, `03` acceleration, `08` info).
    """
    try:
        data = binascii.unhexlify(raw)
    except (binascii.Error, ValueError):
        return Advert()
    place = 0
    while place + 1 < len(data):
        length = data[place]
        field = data[place + 1 : place + 1 + length]
        place += 1 + length
        if length < 2 or len(field) < length:
            break
        if field[0] == _SERVICE_DATA_16 and field[1:3] == _MINEW:
            return _minew(field[3:])
    return Advert()


def _minew(frame: bytes) -> Advert:
    if len(frame) < 9 or frame[0] != 0xA1:
        return Advert()
    address = frame[3:][-6:][::-1].hex() if frame[1] in (0x01, 0x03) else ""
    if frame[1] == 0x08:
        address = frame[3:9][::-1].hex()
    return Advert(address, frame[2] if frame[2] <= 100 else None)
