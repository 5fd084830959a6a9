"""Everything that can happen to stock: received, moved, counted, found, wasted, returned, put into
quarantine, released and reversed."""
