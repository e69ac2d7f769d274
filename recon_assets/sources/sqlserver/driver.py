"""Which ODBC driver speaks to the server.

Belongs here: finding an installed driver, and saying what to install where there is none. Does not belong here:
connecting (`connection`).
"""

from importlib.util import find_spec
from pathlib import Path
from platform import freedesktop_os_release, machine
from types import ModuleType

from recon_assets.sources.base import SourceError

MICROSOFT = "ODBC Driver 18 for SQL Server"
FREETDS = "FreeTDS"


def load_pyodbc() -> ModuleType:
    """pyodbc, which needs the system's unixODBC. Raises SourceError, naming what to install."""
    try:
        import pyodbc
    except ModuleNotFoundError as error:
        raise SourceError("pyodbc is not installed: install recon-assets[azure]") from error
    except ImportError as error:  # its wheel links to a library that only the system has
        raise SourceError(
            f"pyodbc can't be loaded ({error}): install unixODBC (Debian's package libodbc2, elsewhere unixODBC)"
        ) from error
    pyodbc.pooling = False  # a pooled connection lives on after it is closed, and its locks with it
    return pyodbc


def find_driver(wanted: str | None = None) -> str:
    """The driver's name or the path of its library: the one asked for (a path, or a name in odbcinst.ini such as
    `FreeTDS`), else Microsoft's as the system has it, else as the package `mssql-python-odbc` has it.

    Raises SourceError where it is not installed.
    """
    installed = load_pyodbc().drivers()
    if wanted is not None:
        if wanted in installed or Path(wanted).is_file():
            return wanted
        known = ", ".join(installed) or "none"
        raise SourceError(
            f"the ODBC driver {wanted!r} is neither a file nor an installed driver (installed: {known}): correct the"
            " name, or install it"
        )
    if MICROSOFT in installed:
        return MICROSOFT
    packaged = _packaged()
    if packaged is None:
        raise SourceError(
            f"no {MICROSOFT} is installed: install recon-assets[azure], which brings it, or Microsoft's msodbcsql18;"
            f" for another driver, set RECON_SOURCE_DRIVER, such as {FREETDS}"
        )
    return str(packaged)


def _packaged() -> Path | None:
    """The library in the wheel that fits this system: the wheel has one per family of distributions."""
    found = find_spec("mssql_python_odbc")
    if found is None or found.origin is None:
        return None
    try:
        system = freedesktop_os_release()
    except OSError:  # no Linux, or one that doesn't say which
        return None
    family = f"{system.get('ID', '')} {system.get('ID_LIKE', '')}"
    folder = next((name for word, name in _FAMILIES if word in family), _FAMILIES[0][1])
    architecture = {"aarch64": "arm64"}.get(machine(), machine())
    libraries = Path(found.origin).parent.glob(f"libs/linux/{folder}/{architecture}/lib/libmsodbcsql-*.so.*")
    return next(libraries, None)


_FAMILIES = (
    ("debian", "debian_ubuntu"),
    ("ubuntu", "debian_ubuntu"),
    ("alpine", "alpine"),
    ("suse", "suse"),
    ("rhel", "rhel"),
    ("fedora", "rhel"),
)
