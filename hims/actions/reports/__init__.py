"""Reports: asked for, made from one snapshot, signed, checked again, and what was in breach."""
