"""Files of any size go to the lake and back in the memory of a few blocks, measured in a process of its own."""

import hashlib
import os
import resource
import subprocess
import sys
from pathlib import Path

from recon_assets_tests.azurite.server import HOST, KEY

CHUNK = 8 * 1024**2
CHUNKS = 32
ALLOWED = 64 * 1024**2  # four blocks on their way, what the client needs for them, and its modules


def send_and_fetch(url: str, container: str, file: Path) -> None:
    from dagster_azure.blob import AzureBlobStorageKeyCredential

    from recon_assets.io_managers.adls import AdlsStorage
    from recon_assets.io_managers.storage import StoredFile

    storage = AdlsStorage(account_url=url, credential=AzureBlobStorageKeyCredential(key=KEY))
    folder = storage.folder(f"abfss://{container}@{HOST}/tables")
    folder.replace_text("current.json", "{}")  # connected, with all modules in
    digest = hashlib.md5()
    with file.open("wb") as stream:
        for _ in range(CHUNKS):
            chunk = os.urandom(CHUNK)
            digest.update(chunk)
            stream.write(chunk)
    stored = StoredFile("large", CHUNKS * CHUNK, digest.hexdigest())
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    folder.take(file, stored)
    assert folder.read_back("large") == stored
    folder.filesystem.get_file(folder.location("large"), file.with_name("fetched"))
    assert file.with_name("fetched").stat().st_size == stored.size
    print(before * 1024, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024)


def test_a_file_of_256_megabytes_goes_there_and_back_in_bounded_memory(lake, tmp_path):
    place = [lake.proxy.azurite.url, lake.container.container_name, str(tmp_path / "large")]
    done = subprocess.run([sys.executable, "-m", __name__, *place], capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    before, after = map(int, done.stdout.split())
    assert after - before < ALLOWED


if __name__ == "__main__":
    send_and_fetch(sys.argv[1], sys.argv[2], Path(sys.argv[3]))
