"""`photoz`: the command line. Imports nothing slow, so that help is there at once."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

import photoz_core
from photoz_core import registry
from photoz_core.errors import PhotozError
from photoz_core.home import Home
from train import commands
from train.option_help import Help
from train.overrides import join_values

DONE, FAILED, INTERRUPTED = 0, 1, 130  # argparse itself ends with 2 when it is called in a wrong way


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; the exit code is 0 when it did what was asked, 1 when it could not, 130 after Ctrl-C.

    A command that takes more than its parser knows (`takes_rest`) finds it in ``arguments.rest``.
    """
    arguments, rest = build_parser().parse_known_args(join_values(sys.argv[1:] if argv is None else argv))
    if rest and not arguments.takes_rest:
        arguments.parser.error(f"unrecognized arguments: {' '.join(rest)}")
    arguments.rest = rest
    home = Home(Path(arguments.home).expanduser()) if arguments.home else Home.default()
    try:
        return arguments.run(arguments, home) or DONE
    except PhotozError as error:
        print(f"photoz: {error}", file=sys.stderr)
        return FAILED
    except KeyboardInterrupt:
        print("photoz: interrupted", file=sys.stderr)
        return INTERRUPTED


def build_parser() -> argparse.ArgumentParser:
    """The parser of all commands found in `train.commands`."""
    parser = argparse.ArgumentParser("photoz", description="Look into the latent spaces of photo-z models.")
    parser.add_argument("--version", action="version", version=f"photoz {photoz_core.__version__}")
    parser.add_argument("--home", metavar="DIR", help="where datasets and runs live (default $PHOTOZ_HOME or ~/photoz)")
    subparsers = parser.add_subparsers(metavar="COMMAND", required=True)
    for name in registry.names(commands):
        module = registry.load(commands, name)
        own = {"parts": module.option_parts} if hasattr(module, "option_parts") else {}
        add_command(subparsers, name, module.__doc__, getattr(module, "run", None), module.add_arguments, **own)
    return parser


def add_command(subparsers, name: str, text: str, run, add_arguments, parts=None, **options) -> None:
    """Add one command; the first line of `text` is its help.

    Parameters
    ----------
    run : callable
        ``run(arguments, home)``; what it returns is the exit code, None is 0.
    parts : callable, optional
        Of a `Help`: gives the options that only the rest of the line makes known.
    options
        Of its parser.
    """
    text = text.strip()
    layout = {"formatter_class": argparse.RawDescriptionHelpFormatter, "allow_abbrev": False}
    if parts:
        options["add_help"] = False
    parser = subparsers.add_parser(name, help=text.splitlines()[0], description=text, **layout, **options)
    if parts:
        parser.add_argument("-h", "--help", action=Help, parts=parts, help="show this, and every option it takes")
    parser.add_argument("--home", metavar="DIR", default=argparse.SUPPRESS, help="where datasets and runs live")
    parser.set_defaults(run=run, parser=parser, takes_rest=False)
    add_arguments(parser)


if __name__ == "__main__":
    sys.exit(main())
