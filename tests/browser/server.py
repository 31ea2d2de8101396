"""A JupyterLab that has nothing to do with that of whoever runs the tests."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import threading
from queue import Queue
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["Server"]

_TOKEN = "browser-tests"
_ADDRESS = re.compile(r"http://127\.0\.0\.1:\d+(?=/lab\?)")
_START_SECONDS = 60
_STOP_SECONDS = 20
_OVERRIDES = {
    # By default what the kernel offers a second after Tab is thrown away.
    "@jupyterlab/completer-extension:manager": {"providerTimeout": 20_000},
    # Dark or light as the browser wishes, which a test can change.
    "@jupyterlab/apputils-extension:themes": {"adaptive-theme": True},
    # Nothing is asked of the network, and nothing pops up over the page.
    "@jupyterlab/apputils-extension:notification": {
        "checkForUpdates": False,
        "doNotDisturbMode": True,
        "fetchNews": "false",
    },
}


class Server:
    """A server process with a port, settings, data and notebooks of its own."""

    def __init__(self, directory: Path) -> None:
        self.notebooks = directory / "notebooks"
        self.notebooks.mkdir()
        settings = directory / "config" / "labconfig"
        settings.mkdir(parents=True)
        overrides = settings / "default_setting_overrides.json"
        overrides.write_text(json.dumps(_OVERRIDES))
        self._process = subprocess.Popen(
            [
                *(sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root"),
                *(
                    "--ip=127.0.0.1",
                    "--port=0",
                    f"--ServerApp.root_dir={self.notebooks}",
                ),
                f"--IdentityProvider.token={_TOKEN}",
                # The page's ``jupyterapp``, by which the tests open notebooks.
                "--LabApp.expose_app_in_browser=True",
            ],
            env={
                **os.environ,
                "IPYTHONDIR": str(directory / "ipython"),
                "JUPYTER_CONFIG_DIR": str(directory / "config"),
                "JUPYTER_DATA_DIR": str(directory / "data"),
                "JUPYTER_RUNTIME_DIR": str(directory / "runtime"),
                # The kernel that came with the package, not another one of the machine.
                "JUPYTER_PREFER_ENV_PATH": "1",
            },
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )
        self._log: list[str] = []
        found: Queue[str | None] = Queue()
        self._reader = threading.Thread(target=self._read, args=[found], daemon=True)
        self._reader.start()
        try:
            address = found.get(timeout=_START_SECONDS)
            assert address is not None, f"JupyterLab did not start:\n{self.log}"
        except BaseException:
            self.close()
            raise
        self.url = f"{address}/lab?token={_TOKEN}&reset"

    @property
    def log(self) -> str:
        """What the server and its kernels have written."""
        return "".join(self._log)

    def _read(self, found: Queue[str | None]) -> None:
        assert self._process.stderr is not None
        with self._process.stderr as stderr:
            for line in stderr:
                self._log.append(line)
                if address := _ADDRESS.search(line):
                    found.put(address[0])
        found.put(None)

    def close(self) -> None:
        """End the server and its kernels."""
        self._process.terminate()
        self._process.wait(_STOP_SECONDS)
        self._reader.join()
