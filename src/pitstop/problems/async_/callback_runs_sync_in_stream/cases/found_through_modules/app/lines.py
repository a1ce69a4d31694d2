import json


def lines(orders):
    for number, order in enumerate(orders):
        yield json.dumps({"number": number, "id": order.id}) + "\n"
