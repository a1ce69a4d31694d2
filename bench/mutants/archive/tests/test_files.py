from tests.conftest import ANN, BEN, put


def test_a_file_is_put(client):
    answer = put(client, "hello world.txt", b"hello", title="Greeting")
    assert answer.status_code == 201
    assert answer.json()["name"] == "hello_world.txt"
    client.get("/files/hello_world.txt")
    put(client, "../../x.pdf", b"%PDF-1.7")
    put(client, "hello_world.txt", b"again", headers=BEN)
    put(client, "DATA.CSV", b"")
    client.get("/files")


def test_a_file_may_be_so_large(client):
    assert put(client, "a", b"a" * 4_096).status_code == 201
    assert put(client, "b", b"b" * 4_097).status_code == 413


def test_who_puts_is_known(client):
    assert put(client, "a", b"a", headers={}).status_code == 401
    put(client, "a", b"a", headers={"X-Token": "t-x"})
    client.post("/files", headers=ANN)


def test_files_have_pages(full):
    assert full.get("/files").json() == {"names": ["a_b.csv", "image.bin"], "pages": 2}
    full.get("/files?page=2")
    full.get("/files?page=3")
    full.get("/files?prefix=n")
    full.get("/files?prefix=x")


def test_files_are_sent(full):
    assert full.get("/files/image.bin").headers["content-type"] == "image/png"
    full.get("/files/notes.txt?inline=true")
    full.get("/files/a_b.csv")
    full.get("/files/journal.txt")
    assert full.get("/files/none").status_code == 404
    full.get("/files/notes.txt", headers={"Range": "bytes=3-9"})
    full.get("/files/notes.txt", headers={"Range": "bytes=900-"})


def test_lines(full):
    assert full.get("/files/notes.txt/lines").text.startswith("1: first line\n2: second line\n3: \n")
    full.get("/files/notes.txt/lines?start=3")
    full.get("/files/notes.txt/lines?start=30")
    full.get("/files/notes.txt/lines?start=0")


def test_pieces(full):
    assert len(full.get("/files/image.bin/pieces").content) == 48
    full.get("/files/notes.txt/pieces")


def test_files_grow(full):
    tag = full.post("/files/notes.txt/append", content=b"fifth\n", headers=ANN).json()["tag"]
    answer = full.post("/files/notes.txt/append", content=b"sixth\n", headers={**ANN, "If-Match": tag})
    assert answer.status_code == 200
    full.post("/files/notes.txt/append", content=b"x", headers={**ANN, "If-Match": tag})
    full.post("/files/notes.txt/append", content=b"", headers=ANN)
    full.post("/files/notes.txt/append", content=b"x", headers=BEN)
    full.post("/files/notes.txt/append", content=b"x")
    full.get("/files/notes.txt/lines?start=4")


def test_files_go(full):
    assert full.delete("/files/notes.txt", headers=BEN).status_code == 403
    assert full.delete("/files/notes.txt", headers=ANN).status_code == 204
    full.delete("/files/notes.txt", headers=ANN)
    full.get("/files/notes.txt")
    full.get("/files")
    put(full, "notes.txt", b"new", headers=BEN)


def test_the_feed(full):
    full.delete("/files/image.bin", headers=BEN)
    assert full.get("/feed").text.endswith(": end\n\n")
    full.get("/feed", headers={"Last-Event-ID": "3"})
    full.get("/feed?what=drop")
    full.get("/feed?what=nothing")
    full.get("/log.ndjson")
    full.get("/log.ndjson?limit=2")
    full.get("/log.ndjson?limit=20")
    full.get("/log.ndjson?limit=0")
