import hashlib

import pytest

CATALOGUE = bytes(range(256)) * 48 * 1024


def put(client, headers, name="a.bin", data=b"hello", **params):
    return client.post("/uploads", files={"file": (name, data, "text/plain")}, headers=headers, params=params)


def test_a_file_comes_back_as_it_went(client, member):
    answer = put(client, member.headers, name="note.txt", data=b"as it was")
    assert answer.status_code == 201
    back = client.get(f"/uploads/{answer.json()['id']}", headers=member.headers)
    assert back.content == b"as it was"
    assert 'filename="note.txt"' in back.headers["content-disposition"]


def test_a_whole_catalogue_is_kept(client, member, settings):
    made = put(client, member.headers, name="catalogue.pdf", data=CATALOGUE).json()
    assert (made["size"], made["filename"]) == (len(CATALOGUE), "catalogue.pdf")
    assert made["sha256"] == hashlib.sha256(CATALOGUE).hexdigest()
    (stored,) = settings.upload_dir.glob("*.pdf")
    assert stored.stat().st_size == len(CATALOGUE)


def test_a_file_belongs_to_a_product(client, member):
    assert put(client, member.headers, product_id=120).json()["product_id"] == 120
    assert put(client, member.headers, product_id=2_000_000).status_code == 404


def test_a_large_file_is_refused(client, member, settings, monkeypatch):
    monkeypatch.setattr(settings, "max_upload_bytes", 10)
    assert put(client, member.headers, data=b"x" * 11).status_code == 413
    answer = client.put("/uploads/avatar", files={"file": ("me.png", b"x" * 11)}, headers=member.headers)
    assert answer.status_code == 413


def test_my_files_newest_first(client, member):
    numbers = [put(client, member.headers, name=f"{n}.txt").json()["id"] for n in range(3)]
    answer = client.get("/uploads", headers=member.headers).json()
    assert [row["id"] for row in answer] == numbers[::-1]


def test_a_checksum_shows_a_changed_file(client, member, settings):
    before = set(settings.upload_dir.glob("*.bin"))
    number = put(client, member.headers, data=b"as it was").json()["id"]
    (path,) = set(settings.upload_dir.glob("*.bin")) - before
    assert client.get(f"/uploads/{number}/checksum", headers=member.headers).json()["intact"] is True
    path.write_bytes(b"changed")
    answer = client.get(f"/uploads/{number}/checksum", headers=member.headers).json()
    assert answer == {"id": number, "sha256": hashlib.sha256(b"changed").hexdigest(), "intact": False}


def test_a_file_is_removed(client, member):
    number = put(client, member.headers).json()["id"]
    assert client.delete(f"/uploads/{number}", headers=member.headers).status_code == 204
    assert client.get(f"/uploads/{number}", headers=member.headers).status_code == 404
    assert client.get("/uploads", headers=member.headers).json() == []


@pytest.mark.parametrize(("method", "path"), [("GET", ""), ("GET", "/checksum"), ("DELETE", "")])
def test_files_of_others_are_hidden(client, member, customer, method, path):
    number = put(client, member.headers).json()["id"]
    assert client.request(method, f"/uploads/{number}{path}", headers=customer).status_code == 404


def test_a_lost_file_is_missing(client, admin):
    assert client.get("/uploads/1", headers=admin).json() == {"detail": "The file is gone"}


def test_an_avatar(client, member, settings):
    answer = client.put("/uploads/avatar", files={"file": ("me.png", b"picture")}, headers=member.headers)
    assert answer.json()["id"] == member.id
    (stored,) = settings.upload_dir.glob(f"avatar-{member.id}-*")
    assert stored.read_bytes() == b"picture"
