"""The subcommands of `photoz`, one file each: a module with `add_arguments(parser)` and `run(arguments, home)`."""
