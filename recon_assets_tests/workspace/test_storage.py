"""DBFS, volumes and the workspace's tree through the SDK."""

import base64
import io

import pytest
from databricks.sdk.errors import AlreadyExists, BadRequest, InvalidParameterValue, NotFound, ResourceAlreadyExists
from databricks.sdk.service.workspace import ImportFormat, Language, ObjectType

LANDING = "/Volumes/main/recon/landing"


def in_base64(content: bytes) -> str:
    return base64.b64encode(content).decode()


def test_dbfs_keeps_what_is_put(workspace, client):
    client.dbfs.put("/a/b.txt", contents=in_base64(b"hello"))
    assert workspace.place("dbfs:/a/b.txt").read_bytes() == workspace.place("/dbfs/a/b.txt").read_bytes() == b"hello"
    read = client.dbfs.read("/a/b.txt", offset=1, length=3)
    assert (read.bytes_read, read.data) == (3, in_base64(b"ell"))
    status = client.dbfs.get_status("dbfs:/a/b.txt")
    assert (status.path, status.is_dir, status.file_size) == ("/a/b.txt", False, 5)
    assert [entry.path for entry in client.dbfs.list("/a")] == ["/a/b.txt"]


def test_dbfs_refuses_to_overwrite_unasked(client):
    client.dbfs.put("/a", contents="")
    with pytest.raises(ResourceAlreadyExists):
        client.dbfs.put("/a", contents="")
    client.dbfs.put("/a", contents=in_base64(b"x"), overwrite=True)


def test_dbfs_takes_large_files_in_blocks(workspace, client):
    content = bytes(range(256)) * 10_000
    client.dbfs.upload("/large", io.BytesIO(content))
    assert workspace.place("dbfs:/large").read_bytes() == content
    assert len(workspace.called("POST", "/api/2.0/dbfs/add-block")) == 3
    assert client.dbfs.download("/large").read() == content


def test_dbfs_reads_half_a_megabyte_where_no_length_is_given(client):
    client.dbfs.upload("/large", io.BytesIO(b"x" * 600_000))
    assert client.dbfs.read("/large").bytes_read == 512 * 1024
    with pytest.raises(BadRequest, match="1MB"):
        client.dbfs.read("/large", length=2**20 + 1)


def test_dbfs_deletes_folders_only_when_told_to(client):
    client.dbfs.put("/folder/file", contents="")
    with pytest.raises(BadRequest, match="non-empty"):
        client.api_client.do("POST", "/api/2.0/dbfs/delete", body={"path": "/folder"})
    client.dbfs.delete("/folder", recursive=True)
    with pytest.raises(NotFound, match="No file or directory exists on path /folder"):
        client.dbfs.get_status("/folder")


def test_a_volume_keeps_what_is_uploaded(workspace, client):
    client.files.upload(f"{LANDING}/a b/ü.bin", io.BytesIO(b"\x00\xff"))
    assert workspace.place(f"{LANDING}/a b/ü.bin").read_bytes() == b"\x00\xff"
    assert client.files.download(f"{LANDING}/a b/ü.bin").contents.read() == b"\x00\xff"
    assert client.files.get_metadata(f"{LANDING}/a b/ü.bin").content_length == 2


def test_a_volume_refuses_to_overwrite_unasked(client):
    client.files.upload(f"{LANDING}/x", io.BytesIO(b"1"))
    with pytest.raises(AlreadyExists):
        client.files.upload(f"{LANDING}/x", io.BytesIO(b"2"))
    client.files.upload(f"{LANDING}/x", io.BytesIO(b"2"), overwrite=True)
    assert client.files.download(f"{LANDING}/x").contents.read() == b"2"


def test_a_volumes_folders_are_listed_in_pages(workspace, client):
    workspace.volumes.page_size = 2
    for name in "abc":
        client.files.upload(f"{LANDING}/in/{name}", io.BytesIO(name.encode()))
    client.files.create_directory(f"{LANDING}/in/d/e")
    entries = list(client.files.list_directory_contents(f"{LANDING}/in"))
    assert [(entry.name, entry.path, entry.is_directory) for entry in entries] == [
        ("a", f"{LANDING}/in/a", False),
        ("b", f"{LANDING}/in/b", False),
        ("c", f"{LANDING}/in/c", False),
        ("d", f"{LANDING}/in/d", True),
    ]
    assert len(workspace.called("GET", "/api/2.0/fs/directories")) == 2


def test_a_volumes_folders_are_deleted_only_when_empty(client):
    client.files.upload(f"{LANDING}/in/a", io.BytesIO(b""))
    client.files.get_directory_metadata(f"{LANDING}/in")
    with pytest.raises(BadRequest, match="not empty"):
        client.files.delete_directory(f"{LANDING}/in")
    client.files.delete(f"{LANDING}/in/a")
    client.files.delete_directory(f"{LANDING}/in")
    with pytest.raises(NotFound):
        client.files.get_directory_metadata(f"{LANDING}/in")
    with pytest.raises(NotFound, match="file being accessed is not found"):
        client.files.download(f"{LANDING}/in/a")


def test_there_are_no_volumes_but_those_created(workspace, client):
    with pytest.raises(NotFound, match=r"Volume 'main\.recon\.other' does not exist"):
        client.files.upload("/Volumes/main/recon/other/x", io.BytesIO(b""))
    workspace.volumes.create("main.recon.other")
    client.files.upload("/Volumes/main/recon/other/x", io.BytesIO(b""))


def test_a_python_file_is_imported_as_a_file(workspace, client):
    client.workspace.upload("/Shared/job.py", b"print()", format=ImportFormat.AUTO)
    status = client.workspace.get_status("/Workspace/Shared/job.py")
    assert (status.object_type, status.path) == (ObjectType.FILE, "/Shared/job.py")
    assert workspace.place("/Workspace/Shared/job.py").read_bytes() == b"print()"


def test_source_of_a_notebook_is_imported_as_a_notebook_without_extension(client):
    client.workspace.mkdirs("/Users/me/jobs")
    text = b"# Databricks notebook source\nprint()"
    client.workspace.upload("/Users/me/jobs/n.py", text, format=ImportFormat.AUTO)
    [entry] = client.workspace.list("/Users/me/jobs")
    assert (entry.object_type, entry.language, entry.path) == (
        ObjectType.NOTEBOOK,
        Language.PYTHON,
        "/Users/me/jobs/n",
    )
    assert client.workspace.download("/Users/me/jobs/n").read() == text


def test_an_import_as_json_needs_a_language_for_source(client):
    with pytest.raises(InvalidParameterValue, match="language"):
        client.workspace.import_("/Shared/n", content=in_base64(b"1"), format=ImportFormat.SOURCE)
    client.workspace.import_("/Shared/n", content=in_base64(b"1"), format=ImportFormat.SOURCE, language=Language.PYTHON)
    assert base64.b64decode(client.workspace.export("/Shared/n").content) == b"1"


def test_the_tree_refuses_to_overwrite_and_to_invent_folders(client):
    with pytest.raises(NotFound, match=r"The parent folder \(/Users/nobody\) does not exist"):
        client.workspace.upload("/Users/nobody/x", b"", format=ImportFormat.AUTO)
    client.workspace.upload("/Shared/x", b"", format=ImportFormat.AUTO)
    with pytest.raises(ResourceAlreadyExists, match="already exists"):
        client.workspace.upload("/Shared/x", b"", format=ImportFormat.AUTO)
    with pytest.raises(BadRequest, match="not empty"):
        client.workspace.delete("/Shared")
    client.workspace.delete("/Shared/x")
    with pytest.raises(NotFound, match="doesn't exist"):
        client.workspace.get_status("/Shared/x")
