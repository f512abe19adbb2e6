"""The error framework: what stands is said anew on each change, and a history is kept (rows M14.*)."""
