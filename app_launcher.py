"""One local server for every Space under spaces/: each at /<name>, a start page at /, /health and /metrics.

    python app_launcher.py [--only NAME ...] [--host 127.0.0.1] [--port 7860] [--share]

The start page is there in seconds; the apps are imported meanwhile, and a request for one waits until it is there. An
app that fails to import shows its error on its own page and does not take the others down.
"""

import argparse
import asyncio
import contextlib
import importlib.util
import logging
import secrets
import signal
import socket
import sys
import threading
import traceback
from collections.abc import AsyncIterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from types import ModuleType

ROOT = Path(__file__).resolve().parent
SPACES = ROOT / "spaces"
PATIENCE = 3.0  # s that the start page waits for the apps


@dataclass
class App:
    """One Space: its card, and, once it was imported, either its module or the error that came instead."""

    name: str
    title: str
    sentence: str
    icon: str  # an SVG element, or ""
    module: ModuleType | None = None
    error: str = ""  # traceback, for its page and the log

    @property
    def state(self) -> str:
        return "loaded" if self.module else "failed" if self.error else "starting"

    @property
    def reason(self) -> str:
        """The last line of the error."""
        return self.error.strip().splitlines()[-1] if self.error else ""


def find(folder: Path = SPACES) -> list[Path]:
    """Folders that hold an app.py, by name."""
    return sorted(path.parent for path in folder.glob("*/app.py"))


def load(app: App, folder: Path) -> None:
    """Import app.py of `folder` by its file, under a module name of its own.

    SystemExit counts as a failed import as well: an app that calls sys.exit must not end the server.
    """
    name = f"space_app_{folder.name}"
    spec = importlib.util.spec_from_file_location(name, folder / "app.py")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
        if not hasattr(module, "demo"):
            raise AttributeError(f"{folder / 'app.py'} defines no `demo`")
        app.module = module
    except (Exception, SystemExit):
        del sys.modules[name]
        app.error = traceback.format_exc()


def read_card(folder: Path) -> App:
    """A Space before its import: title and sentence from the front matter of its README.md, and its icon."""
    import yaml

    matter = {}
    # A card that is missing or broken costs the app its title, nothing more.
    with contextlib.suppress(OSError, ValueError, IndexError, yaml.YAMLError):
        text = (folder / "README.md").read_text(encoding="utf-8")
        matter = dict(yaml.safe_load(text.split("---\n")[1]))
    icon = folder / "icon.svg"
    return App(
        folder.name,
        title=str(matter.get("title", folder.name.capitalize())),
        sentence=str(matter.get("short_description", "")),
        icon=icon.read_text(encoding="utf-8") if icon.exists() else "",
    )


def build(folders: Sequence[Path]):
    """The FastAPI application: start page, /health and /metrics at once, every app at /<name> when it is imported."""
    from fastapi import FastAPI
    from fastapi.responses import HTMLResponse, PlainTextResponse, Response

    from common import page
    from common.metrics import Metrics

    apps = [read_card(folder) for folder in folders]
    metrics = Metrics()
    rooms = FastAPI(
        docs_url=None, redoc_url=None, openapi_url=None
    )  # with the apps; the start page does not wait for it
    opened, closing = asyncio.Event(), asyncio.Event()

    async def open_rooms() -> None:
        # One task enters and leaves what the apps keep running: task groups can't be left from another.
        # With a loop in the thread: Gradio makes one for each Blocks where it finds none, and closes none of them.
        await asyncio.to_thread(lambda: asyncio.run(furnish(rooms, apps, folders, metrics)))
        async with rooms.router.lifespan_context(rooms):
            opened.set()
            print("Loaded:", ", ".join(app.name for app in apps if app.module) or "none", flush=True)
            await closing.wait()

    @contextlib.asynccontextmanager
    async def lifespan(server) -> AsyncIterator[None]:
        task = asyncio.create_task(open_rooms())
        task.add_done_callback(lambda task: opened.set())  # a failure is raised below, and nobody waits for ever
        yield
        closing.set()
        await task

    server = FastAPI(title="Start page", docs_url=None, redoc_url=None, openapi_url=None, lifespan=lifespan)
    server.state.rooms, server.state.opened = rooms, opened
    server.add_middleware(Doors, names={app.name for app in apps}, rooms=rooms, opened=opened)

    @server.get("/", response_class=HTMLResponse)
    async def start() -> str:
        # Mostly the apps are there by then: better a whole page than one that reloads itself.
        with contextlib.suppress(asyncio.TimeoutError):
            await asyncio.wait_for(opened.wait(), PATIENCE)
        return page.start(apps)

    @server.get("/favicon.ico")
    def icon() -> Response:
        return Response(page.ICON, media_type="image/svg+xml")

    # Plain functions: FastAPI runs them in threads, where finding a GPU may take its time.
    @server.get("/health")
    def health() -> dict:
        return report(apps)

    @server.get("/metrics")
    def measured() -> Response:
        return PlainTextResponse(metrics.text(), media_type="text/plain; version=0.0.4; charset=utf-8")

    return server


class Doors:
    """Middleware that leads a request for /<name> and below to the app, and lets it wait until the app is there."""

    def __init__(self, outside, names: set[str], rooms, opened: asyncio.Event):
        self.outside, self.names, self.rooms, self.opened = outside, names, rooms, opened

    async def __call__(self, scope, receive, send) -> None:
        if scope["type"] != "lifespan" and scope["path"].split("/")[1] in self.names:
            await self.opened.wait()
            await self.rooms(scope, receive, send)
        else:
            await self.outside(scope, receive, send)


async def furnish(rooms, apps: Sequence[App], folders: Sequence[Path], metrics) -> None:
    """Import every app and mount it on `rooms` at /<name>, or its error page."""
    import gradio as gr

    for app, folder in zip(apps, folders, strict=True):
        load(app, folder)
        if app.module is not None:
            metrics.watch(app.name, app.module.demo)
            try:
                if http := getattr(app.module, "http", None):  # before the page, which takes every address below it
                    rooms.mount(f"/{app.name}/http", http)
                gr.mount_gradio_app(rooms, app.module.demo, f"/{app.name}", **getattr(app.module, "options", {}))
            except Exception:
                app.module, app.error = None, traceback.format_exc()
        if app.module is None:
            print(f"{app.name} could not be loaded:\n{app.error}", file=sys.stderr)
            add_error_page(rooms, app)
        metrics.up.labels(app.name).set(app.module is not None)


def add_error_page(rooms, app: App) -> None:
    """Answer at /<name> and below with what went wrong."""
    from fastapi.responses import HTMLResponse

    from common import page

    @rooms.get(f"/{app.name}", response_class=HTMLResponse, status_code=503)
    @rooms.get(f"/{app.name}/{{rest:path}}", response_class=HTMLResponse, status_code=503)
    def broken() -> str:
        return page.failed(app)


def report(apps: Sequence[App]) -> dict:
    """What /health says: every app, every model and where its files are, the device and why it was chosen."""
    from common import device
    from common.errors import UserError
    from common.weights import Registry

    registry = Registry()
    try:
        chosen = asdict(device.choose())
    except UserError as error:  # an unknown or missing DEVICE
        chosen = {"error": str(error)}
    states = {app.state for app in apps}
    return {
        "status": "degraded" if "failed" in states else "starting" if "starting" in states else "ok",
        "apps": {app.name: {"loaded": app.state == "loaded", "error": app.reason or None} for app in apps},
        "models": {name: registry.where(name) for name in registry.models},
        "device": chosen,
    }


def listen(host: str, port: int) -> socket.socket:
    """A socket bound before anything heavy is imported, so that a taken port is said at once.

    Raises SystemExit with the next free port when `port` is taken.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family)
    except OSError as error:
        if error.errno not in (48, 98, 10048):  # address in use: macOS, Linux, Windows
            raise SystemExit(f"Can't listen on {host} port {port}: {error.strerror}.") from None
    for free in range(port + 1, min(port + 100, 65536)):
        with contextlib.suppress(OSError), socket.create_server((host, free), family=family):
            raise SystemExit(f"Port {port} is taken by another program. Free: --port {free}")
    raise SystemExit(f"Port {port} is taken by another program. Give another one with --port.")


def share(host: str, port: int) -> None:
    """Open Gradio's public tunnel to this server and print its address, or say why there is none."""
    from gradio.networking import setup_tunnel

    try:
        address = setup_tunnel(host, port, secrets.token_urlsafe(32), None, None)
    except Exception as error:
        cause = error.__cause__ or error
        print(f"No public link: {error} ({cause}). The tunnel needs the internet. The local address works.", flush=True)
    else:
        print(f"Public link, for a week at most: {address}", flush=True)


def serve(application, sock: socket.socket, public: bool) -> None:
    """Serve until Ctrl-C or SIGTERM; running work is stopped and open pages are given two seconds to close."""
    import uvicorn

    host, port = sock.getsockname()[:2]
    shown = "localhost" if host in ("127.0.0.1", "0.0.0.0", "::", "::1") else host

    class Server(uvicorn.Server):
        async def startup(self, sockets=None):
            await super().startup(sockets)
            print(f"Open http://{shown}:{port}  (Ctrl-C ends)", flush=True)
            if public:
                self.sharing = asyncio.create_task(self.share())

        async def share(self):
            await application.state.opened.wait()  # two threads that import gradio at once break it
            local = "127.0.0.1" if host in ("0.0.0.0", "::") else host
            threading.Thread(target=share, args=(local, port), daemon=True).start()

        async def shutdown(self, sockets=None):
            # Open pages hold a connection that Gradio ends only when it is told to; what is still cut off by
            # the time limit is cut off on purpose and needs no traceback.
            logging.getLogger("uvicorn.error").setLevel(logging.CRITICAL)
            for route in application.state.rooms.routes:
                if stop := getattr(getattr(route, "app", None), "stop_event", None):
                    stop.set()
            await super().shutdown(sockets)

    config = uvicorn.Config(application, log_level="warning", timeout_graceful_shutdown=2)
    with contextlib.suppress(KeyboardInterrupt):
        Server(config).run(sockets=[sock])


def main(argv: Sequence[str] | None = None) -> None:
    folders = find()
    names = [folder.name for folder in folders]
    parser = argparse.ArgumentParser(description="Serve every app of this project on one local address.")
    parser.add_argument("--only", nargs="+", choices=names, metavar="NAME", help=f"of {', '.join(names)}")
    parser.add_argument("--host", default="127.0.0.1", help="0.0.0.0 lets other machines in (default %(default)s)")
    parser.add_argument("--port", type=int, default=7860, help="default %(default)s; 0 takes any free one")
    parser.add_argument("--share", action="store_true", help="a public link through Gradio's tunnel")
    args = parser.parse_args(argv)
    with listen(args.host, args.port) as sock:
        serve(build([folder for folder in folders if folder.name in (args.only or names)]), sock, args.share)


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell may start a background job with it ignored
    main()
