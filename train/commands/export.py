"""Write objects as a table: catalog, a run's predictions, its map, its latents (CSV, ECSV, FITS, VOTable, Parquet)."""

import argparse

from photoz_core.home import Home


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("run_id", metavar="RUN", help="id of a finished run (photoz compare lists them)")
    parser.add_argument("--out", required=True, metavar="FILE", help="the file to write; one that is there is replaced")
    parser.add_argument("--format", metavar="NAME", help="csv, ecsv, fits, votable, parquet (default by FILE's suffix)")
    parser.add_argument("--ids", metavar="FILE", help="only these objects: a text file with one object_id a line")
    parser.add_argument("--projection", metavar="NAME", help="the map whose positions are added (default umap, or pca)")
    parser.add_argument("--latents", action="store_true", help="add the latents, a column each")
    parser.add_argument("--json", action="store_true", help="for a program to read")


def run(arguments: argparse.Namespace, home: Home) -> None:
    """`photoz export`"""
    from pathlib import Path

    from photoz_core.dataset import Dataset
    from photoz_core.export import format_of, gather, read_ids, rows_of, save
    from photoz_core.files import to_json
    from photoz_core.run import Run

    out = Path(arguments.out)
    form = format_of(out, arguments.format)  # before anything large is read
    run = Run(home.run(arguments.run_id))
    dataset = Dataset(home.dataset(run.recipe.dataset))
    rows = rows_of(dataset, read_ids(Path(arguments.ids))) if arguments.ids else None
    known = run.projection_names()
    projection = arguments.projection or next((name for name in ("umap", *known) if name in known), "")
    export = gather(dataset, run, rows, projection, arguments.latents)
    save(export, form, out)
    objects, columns = export.frame.shape
    if arguments.json:
        print(to_json({"file": str(out), "format": form, "objects": objects, "columns": columns, **export.about}))
    else:
        print(f"{out}: {objects:,} objects, {columns} columns of {run.name}")
