"""Commands that make, fill, start and look after a store."""

from __future__ import annotations

import logging
import signal
import socket
from dataclasses import replace
from typing import Any

import click

from geo_app.commands.bench import FILE, Bench, deliver, examples, pass_bench, say, signed
from geo_app.errors import EXIT_STORE
from geo_app.progress import on_terminal

SCALES = ("prefecture", "province", "nation")
UNSIGNED: dict[str, Any] = {"who": None, "bureau": None, "reason": None, "replace": False}


@click.command(epilog=examples("geo-app init", "geo-app --store /srv/xiangtu/county.gpkg init"))
@pass_bench
def init(bench: Bench) -> None:
    """Make an empty store at XIANGTU_STORE; an existing one is left as it is."""
    with bench.store(create=True) as store:
        rows = sum(1 for version in store.versions().values() if version)
    say(f"The store {_where(bench)} is ready; {rows} layers hold data.")


@click.command(epilog=examples("geo-app demo", "geo-app demo --scale province --seed 7"))
@click.option(
    "--scale", type=click.Choice(SCALES), default="prefecture", show_default=True, help="How large an area to simulate."
)
@click.option("--seed", type=int, help="Seed of the simulation (default: XIANGTU_DEMO_SEED).")
@click.option("--replace", is_flag=True, help="Put it in place of rows that were loaded; the history keeps them.")
@signed
@pass_bench
def demo(bench: Bench, scale: str, seed: int | None, **options: Any) -> None:
    """Load the demonstration area: real names and county outlines, the rest simulated and marked so."""
    with bench.store(create=True) as store:
        _load_demo(bench, store, scale=scale, seed=seed, options=options)
        _cover(bench, store)


def _load_demo(bench: Bench, store: Any, *, scale: str, seed: int | None, options: dict[str, Any]) -> None:
    from geo_app.actions import build_demo

    seed = bench.settings.demo_seed if seed is None else seed
    request = build_demo.DemoRequest(bench.settings.names_dir, scale, seed, options["replace"], bench.settings.language)
    with on_terminal("Demonstration area") as progress:
        receipt = build_demo.build(store, request, bench.by(options), progress)
    say(f"Demonstration area loaded as change {receipt.change_id}: {receipt.inserted} rows in {len(receipt.versions)} layers.")


def _cover(bench: Bench, store: Any) -> None:
    from geo_app.actions import run_coverage

    request = run_coverage.RunRequest(profile=bench.settings.profile, who=bench.settings.user)
    with on_terminal("Coverage") as progress:
        run = run_coverage.run(store, request, progress)
    say(f"Coverage {'computed' if run.fresh else 'is there'}: run {run.id}, {len(run.table)} rows.")


@click.command(epilog=examples("geo-app start", "geo-app start --port 8100", "geo-app start --no-serve"))
@click.option("--port", type=click.IntRange(1, 65535), help="Port of the web server (default: XIANGTU_PORT).")
@click.option(
    "--scale", type=click.Choice(SCALES), default="prefecture", show_default=True, help="Size of the demonstration area."
)
@click.option("--serve/--no-serve", default=True, help="Serve afterwards, or stop when the store is ready.")
@pass_bench
def start(bench: Bench, port: int | None, scale: str, *, serve: bool) -> None:
    """Make the store, load the demonstration area and compute coverage where that is still to do, then serve."""
    from geo_app.actions import run_coverage

    with bench.store(create=True) as store:
        if not any(store.versions().values()):
            say("The store is empty; loading the demonstration area.")
            _load_demo(bench, store, scale=scale, seed=None, options=UNSIGNED)
        if not run_coverage.is_current(store):
            _cover(bench, store)
    if serve:
        _serve(bench, port)


@click.command("serve", epilog=examples("geo-app serve", "geo-app serve --port 8100"))
@click.option("--port", type=click.IntRange(1, 65535), help="Port (default: XIANGTU_PORT).")
@pass_bench
def serve_command(bench: Bench, port: int | None) -> None:
    """Serve the pages: to this machine alone, or with XIANGTU_ACCESS=accounts to whoever signs in."""
    _serve(bench, port)


def _serve(bench: Bench, port: int | None) -> None:
    from waitress import create_server

    from geo_app import create_app

    settings = replace(bench.settings, port=port) if port else bench.settings
    if not _free(settings.host, settings.port):
        say(f"geo-app: port {settings.port} of {settings.host} is taken. Stop what uses it or choose another with --port.")
        raise SystemExit(EXIT_STORE)
    logging.getLogger().setLevel(settings.log_level)
    app = create_app(settings)
    # what a proxy says of the client is judged by the application: it believes those that XIANGTU_TRUSTED_PROXIES counts
    server = create_server(
        app, host=settings.host, port=settings.port, threads=settings.threads, clear_untrusted_proxy_headers=False
    )
    signal.signal(signal.SIGTERM, _stop)
    say(f"Xiangtu 乡图: http://{_address(settings.host)}:{settings.port}")
    alone = settings.access == "local"
    say(f"{'No accounts: only this machine is answered.' if alone else 'People sign in with accounts.'} Stop with Ctrl-C.")
    try:
        server.run()
    finally:
        desk = app.extensions["xiangtu"]
        desk.jobs.close()
        desk.store.close()
        server.close()
        say("Stopped; running jobs were cancelled.")


def _stop(_signal: int, _frame: object) -> None:
    raise SystemExit(0)


def _free(host: str, port: int) -> bool:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True


def _address(host: str) -> str:
    return f"[{host}]" if ":" in host else host


def _where(bench: Bench) -> str:
    store = bench.settings.store
    return "(a database)" if "@" in store else store


@click.command(epilog=examples("geo-app settings", "geo-app settings --json", "geo-app settings --markdown"))
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
@click.option("--markdown", is_flag=True, help="As the page docs/settings.md.")
@click.option("--out", type=FILE, help="Write csv, json or xlsx.")
@pass_bench
def settings(bench: Bench, *, as_json: bool, markdown: bool, out: Any) -> None:
    """List every setting: its variable, value, what it takes and what it is for."""
    from geo_app import settings_page

    if markdown:
        click.echo(settings_page.markdown(), nl=False)
        return
    import pandas as pd

    rows = [
        {
            "variable": doc.variable,
            "value": settings_page.shown_value(bench.settings, doc.name),
            "default": doc.default,
            "takes": doc.expected,
            "en": doc.en,
            "zh": doc.zh,
        }
        for doc in settings_page.documented()
    ]
    deliver(pd.DataFrame(rows), out=out, as_json=as_json)
