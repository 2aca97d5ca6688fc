"""The gate: reads a plugin as files, says what is wrong with it, and keeps what was approved. Imports no plugin."""
