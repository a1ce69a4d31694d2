from app.models import Card, Cash, Transfer

Payment = Card | Transfer | Cash
