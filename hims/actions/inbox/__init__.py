"""Messages of other systems: kept once, applied as far as their sender may, answered afterwards."""
