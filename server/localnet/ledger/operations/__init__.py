"""The operations, one file a family; registry.py knows them all."""
