"""Third floor: formulary, orders, dispensing. Its rooms appear with their first story."""
