import csv
import io


def as_csv(books) -> str:
    out = io.StringIO()
    writer = csv.writer(out)
    for book in books:
        writer.writerow([book.id, book.title])
    return out.getvalue()
